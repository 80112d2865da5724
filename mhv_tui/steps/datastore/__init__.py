"""The datastores for instance disks."""
