"""The page of the registration: the new host is mapped to its cell, its availability zone exists, images are tagged.

An image that more than one hypervisor of this cloud could boot is not tagged: the operator decides.
"""
