"""Tables of path and label: their columns, their parts, and images that are not there."""
