"""Engines: a split, a recipe and a plan in, a history out."""
