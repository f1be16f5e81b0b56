"""Pages for a terminal, in Unicode or plain ASCII."""
