"""Another engine on the machines of a Ray cluster."""
