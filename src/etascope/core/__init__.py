"""The shared words: records that cross the seams, and the seams themselves. NumPy and nothing else of weight."""
