"""Smaller forms of a network, and what each step saves and costs."""
