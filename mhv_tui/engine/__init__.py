"""The one engine that looks, plans, applies, verifies and undoes; it knows no step by name."""
