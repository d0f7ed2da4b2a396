"""Tests of the built-in filters, one file each."""
