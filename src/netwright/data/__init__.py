"""Rows: reading them, finding out what they mean, cleaning, splitting, keeping them on disk."""
