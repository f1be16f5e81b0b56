"""What every form of a report says, in sentences."""
