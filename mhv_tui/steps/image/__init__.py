"""The page `image`: converts and uploads one image that vCenter can boot, and checks the existing images.

mhv-tui detects a file's format by its content, never by its name, and writes no property that contradicts the content.
"""
