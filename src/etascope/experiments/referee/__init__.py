"""What following each adviser on learning rates would have lost."""
