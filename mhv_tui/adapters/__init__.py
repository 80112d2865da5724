"""The only modules that speak to a vendor's library; nothing but our own words and errors leaves them."""
