"""Whether the best learning rate moves with epochs, batch size or width."""
