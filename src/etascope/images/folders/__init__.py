"""A folder with a directory per class: its tree, what of it is a class or a part, and what is refused."""
