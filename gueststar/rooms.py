"""The rooms of the house, layer by layer: one list, which the checks and the guard go by."""

LAYERS = (
    ("gueststar",),
    ("services",),
    ("replay", "telescope"),
    ("broker",),
    ("filters", "classifiers"),
    ("lake",),
    ("sky",),
    ("schemas",),
)
"""From the top. A room imports those below its own layer; two of one layer do not know each other.

pyproject.toml says the same where it must, and `tests/test_tidy.py` holds it to that.
"""

ROOMS = tuple(room for layer in LAYERS for room in layer)
