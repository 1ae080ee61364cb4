"""The commands of few-shot learning, one a file."""
