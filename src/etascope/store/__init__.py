"""Runs last: a `Store` in SQLite or PostgreSQL, with every record's codec and numbered migrations."""
