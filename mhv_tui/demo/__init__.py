"""Implements core.ports with a simulated vCenter, cloud, machines and files, stored in one JSON file.

Opens no connection and reads no other file of the user.
"""
