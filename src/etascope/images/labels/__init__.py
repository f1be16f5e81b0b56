"""Labels to classes, and labels that may name several."""
