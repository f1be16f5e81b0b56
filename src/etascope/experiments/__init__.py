"""Experiments beside a search: what a range test says, why the wall stands, what moves the best rate."""
