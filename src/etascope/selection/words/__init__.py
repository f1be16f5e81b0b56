"""What methods say of their choice."""
