"""Fields of research, each a slice of the same shape; none imports another."""
