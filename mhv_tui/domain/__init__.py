"""The knowledge about nova, Glance and vSphere: tables and pure functions.

Nothing here opens a file of the user or a connection.
"""
