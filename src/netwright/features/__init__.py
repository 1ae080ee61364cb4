"""Engineered features: typed columns become a matrix of numbers, the same way every time."""
