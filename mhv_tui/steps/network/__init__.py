"""The page `network`: the port group to which nova attaches servers, on every host of the cluster.

mhv-tui never changes an existing port group: it uses a suitable one and reports a failure for any other.
"""
