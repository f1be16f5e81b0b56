"""What the numbers of pixels mean: extents, ranges, outliers, transparency, size and colour."""
