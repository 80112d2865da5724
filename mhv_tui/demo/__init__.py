"""A simulated world: a vCenter, a cloud, its machines and this machine's files, kept in one JSON file.

Touches nothing real.
"""
