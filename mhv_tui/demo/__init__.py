"""A simulated world in one file: for --demo, for pictures and for fast tests."""
