"""The commands, a module each or a group of them."""
