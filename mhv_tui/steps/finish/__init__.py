"""The last page: summary, undo, repeat."""
