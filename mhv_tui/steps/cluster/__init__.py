"""The page `cluster`: which cluster nova uses, and whether its DRS, hosts and guests suit nova.

If another cluster has the same name, nova could use the wrong one; that is a failure.
"""
