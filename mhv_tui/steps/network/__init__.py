"""The page of the port group: what the servers' adapters are attached to, on every host of the cluster.

An existing port group is never changed: it is adopted as it is, or it is a failure.
"""
