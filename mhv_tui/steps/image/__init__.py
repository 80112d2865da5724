"""The page of the image: one image that vCenter can boot, converted if needed and uploaded; existing ones are checked.

A file is judged by its bytes, never by its name, and no property is written that contradicts the bytes.
"""
