"""The last page, `finish`: it has no answers and changes nothing; its screen offers the answer file and the report."""
