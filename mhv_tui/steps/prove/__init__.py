"""The page `prove`: two test servers, one through vCenter and one on an existing hypervisor; both are deleted again.

A flavor that is too small or too large is reported before anything boots.
"""
