"""Advisers on learning rates, etascope among them, and the referee that scores their advice."""
