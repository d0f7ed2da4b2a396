"""Why an alert that was decoded is dead-lettered; all other reasons are the decoder's."""

from __future__ import annotations

OUTPUT_TOO_LARGE = "output too large"
"""It is larger than its topics accept."""

NOT_ENRICHABLE = "no room for our field"
"""We cannot add a field to its writer schema."""

AFTER_DECODING = (OUTPUT_TOO_LARGE, NOT_ENRICHABLE)
"""The filters have seen these."""
