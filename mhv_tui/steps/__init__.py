"""The road, page by page."""
