"""Exports a session for people and for other tools."""
