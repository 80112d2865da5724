"""Faults between mhv-tui and the systems that it calls."""
