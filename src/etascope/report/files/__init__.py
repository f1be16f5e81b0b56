"""Runs in files: JSON documents, Markdown, locks, and how a file is written."""
