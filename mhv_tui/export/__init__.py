"""Exports of a session: for people, and for other tools."""
