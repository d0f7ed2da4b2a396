"""What becomes of alerts that cannot be published.

letters.py    what is kept of one, written and read
bound.py      when a worker stops instead
log.py        what is said of them in its log
replay.py     how they are sent again, once each
"""

from broker.dead_letters.bound import DeadLetterBound, OnUnknownSchema
from broker.dead_letters.letters import (
    AFTER_DECODING,
    NOT_ENRICHABLE,
    OUTPUT_TOO_LARGE,
    DeadLetter,
    Identity,
    Letter,
    Mark,
    read,
)

__all__ = [
    "AFTER_DECODING",
    "NOT_ENRICHABLE",
    "OUTPUT_TOO_LARGE",
    "DeadLetter",
    "DeadLetterBound",
    "Identity",
    "Letter",
    "Mark",
    "OnUnknownSchema",
    "read",
]
