"""A light curve as the row of numbers that a network reads."""
