"""The engine checks, plans, applies, verifies and undoes; it knows no step by name."""
