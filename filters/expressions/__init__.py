"""Filters as text: an allow-listed language over columns, for who may not run code here."""
