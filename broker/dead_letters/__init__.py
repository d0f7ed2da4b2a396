"""What becomes of messages that cannot be published.

letters.py    what is kept of one, written and read
bound.py      when a worker stops instead
log.py        what is said of them in its log
replay.py     how they are sent again, once each
"""

from broker.dead_letters.bound import DeadLetterBound
from broker.dead_letters.letters import (
    NOT_PUBLIC,
    DeadLetter,
    Identity,
    Letter,
    Mark,
    read,
)

__all__ = [
    "NOT_PUBLIC",
    "DeadLetter",
    "DeadLetterBound",
    "Identity",
    "Letter",
    "Mark",
    "read",
]
