"""Pages of HTML that need nothing else, and what a notebook shows."""
