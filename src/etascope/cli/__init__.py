"""The command line: the only place that chooses engines and talks to the terminal."""
