"""Field-neutral torch parts: blocks, embeddings and the one training loop."""
