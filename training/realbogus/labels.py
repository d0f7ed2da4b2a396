"""What the real/bogus network tells apart: a source, and four ways not to be one."""

from __future__ import annotations

LABELS = ("real", "bad_subtraction", "cosmic_ray", "bad_pixel", "satellite_trail")
"""The columns of its probabilities. Real against bogus is the first against the sum of the rest.

bad_subtraction: dipoles, rings and spikes of stars, ghosts, bleeding, and differences that hold
nothing but noise. cosmic_ray: hits and tracks. bad_pixel: hot, dead and masked pixels and columns,
detector edges. satellite_trail: trails, and trains of glints.
"""
REAL, BAD_SUBTRACTION, COSMIC_RAY, BAD_PIXEL, SATELLITE_TRAIL = range(len(LABELS))
