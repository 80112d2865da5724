"""The page `register`: maps the new host to its cell, adds it to an availability zone, and tags existing images.

mhv-tui does not tag an image that several hypervisors of this cloud could boot: the operator decides.
"""
