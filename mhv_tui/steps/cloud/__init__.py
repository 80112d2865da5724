"""The page `cloud`: the login to the OpenStack cloud, its release and its networking service.

If the API fits several releases, the operator names the right one.
"""
