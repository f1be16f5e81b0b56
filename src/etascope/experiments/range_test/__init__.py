"""The learning rate range test: what published rules would have suggested, beside what is measured."""
