"""The real/bogus network of own telescopes, whose stars are as their optics have them."""

ROUND_MAX = 0.1
"""Ellipticity up to which a frame's stars are called round."""
