"""Searches over trainings that are not ours: a command, or a loop in Python."""
