"""Rows that people have already: any common file and shape in, rows of Nova out, with a report of what was lost."""
