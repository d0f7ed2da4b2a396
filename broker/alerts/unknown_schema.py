"""Whether an alert of a schema that is not known stops the worker, or becomes a dead letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from broker.dead_letters import DeadLetter
from broker.errors import TooManyDead
from schemas.batch import Reason

OnUnknownSchema = Literal["dead-letter", "stop"]


def check_schemas(dead: Sequence[DeadLetter]) -> None:
    """Raises TooManyDead where one died of its schema: its batch stays uncommitted."""
    unknown = [each for each in dead if each.reason == Reason.UNKNOWN_SCHEMA]
    if unknown:
        first = unknown[0].message
        raise TooManyDead(
            f"{len(unknown)} alerts of a schema that is not known, the first at"
            f" {first.topic}/{first.partition} offset {first.offset} ({unknown[0].detail});"
            " bring the schema and start again, which begins there, or set [limits]"
            ' unknown_schema = "dead-letter"'
        )
