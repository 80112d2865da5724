"""The page `datastore`: which datastores nova's regular expression matches, and whether nova can use them.

The page reports no failure for what nova accepts without harm. It shows which datastore nova will use.
"""
