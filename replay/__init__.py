"""Nights past and invented, sent again."""
