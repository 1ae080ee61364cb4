"""Nets and predictors as files that other runtimes read, checked against the original."""
