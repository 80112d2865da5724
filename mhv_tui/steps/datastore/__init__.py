"""The page of the datastores: which ones nova's expression matches, and whether nova can use them.

What nova itself accepts without harm is no failure; the page shows which datastore nova will really pick.
"""
