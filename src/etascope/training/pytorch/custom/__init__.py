"""A training of one's own: its model, loaders, loss, optimizer and step, as trials need them."""
