"""Smaller forms of a network, and what they cost."""
