"""Images in memory and in NumPy's files: names, axes, sequences."""
