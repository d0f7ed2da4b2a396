"""What a broker and its readers call things where nobody says otherwise."""

from __future__ import annotations

from typing import Final

BOOTSTRAP: Final = "localhost:9092"
"""Kafka's address."""
GROUP: Final = "gueststar"
"""The workers' consumer group."""
ENRICHED: Final = "gueststar.enriched"
DEAD_LETTERS: Final = "gueststar.dead-letters"
LEDGER: Final = "gueststar.ledger"
POSITIONS: Final = "gueststar.positions"
"""How far a survey's own Kafka was read."""
REPLAYED: Final = "gueststar.replayed"
"""Dead letters' packets, sent again."""
DEPLOYED: Final = "gueststar.filters"
"""The records of deployed filters."""
FILTER_PREFIX: Final = "gueststar.filter."
"""How the topics of deployed filters begin that have one of their own."""
SHARED: Final = "gueststar.selected"
"""How the topics are called that deployed filters share, up to the form of their records."""
