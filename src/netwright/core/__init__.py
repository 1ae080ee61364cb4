"""Floor 0: the words every other floor speaks.

A `Study` asks a `Strategy` for the next trial, has an `Evaluator` judge it, and remembers it.
Nothing here knows a learner, a file format or a field of research. Importing this package loads
no torch, scikit-learn, pandas or optuna.
"""
