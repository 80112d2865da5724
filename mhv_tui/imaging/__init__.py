"""Reads qcow2 and raw images from open files and yields the bytes of a VMDK. Opens no file by its path."""
