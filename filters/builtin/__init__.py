"""Filters that the field uses, one idea in one file: file, function and name are the same word."""
