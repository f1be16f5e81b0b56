"""Doors to and from other libraries, one a module; each loads its library when it is used."""
