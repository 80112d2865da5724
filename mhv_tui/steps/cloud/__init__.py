"""The page of the OpenStack cloud: our login, its release, and what provides its networks.

If two releases fit, the operator names the right one.
"""
