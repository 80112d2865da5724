"""Measurements, which pytest does not collect."""
