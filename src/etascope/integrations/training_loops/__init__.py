"""What loops of Lightning and transformers have in common, as etascope.torch takes them."""
