"""The studio: its server, its workers, its page."""
