"""Successive halving: many rates a little, the better ones further, a few nearly to the end."""
