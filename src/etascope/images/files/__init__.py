"""Image files to pixels: decoded, damage noticed, and many of them to one array."""
