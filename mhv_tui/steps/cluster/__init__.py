"""The page of the cluster: which one nova drives, and whether its DRS, hosts and guests fit that.

A name that nova could take for another cluster is a failure.
"""
