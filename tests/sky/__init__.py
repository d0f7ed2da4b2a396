"""Regions and watchlists: cells, the index, every file format, and what filters see."""
