"""The advisers that a referee scores."""
