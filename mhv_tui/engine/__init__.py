"""Runs the steps of the wizard: checks, plans, applies, verifies and undoes. Does not depend on a specific step."""
