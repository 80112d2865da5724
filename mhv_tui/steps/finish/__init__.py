"""The last page: it asks nothing and changes nothing; the screens offer the answers and the report here."""
