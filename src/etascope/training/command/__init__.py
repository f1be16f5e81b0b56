"""Trials of a script of your own, each in a process of its own."""
