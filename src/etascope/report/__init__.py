"""A run shown: terminal, charts and documents."""
