"""The real world behind core.ports.

Vendor libraries are imported here only, inside functions, and none of their errors get out.
"""
