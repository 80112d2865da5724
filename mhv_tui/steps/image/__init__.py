"""One image that vCenter can boot."""
