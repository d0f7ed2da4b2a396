"""Odd objects of nights, and users' answers."""
