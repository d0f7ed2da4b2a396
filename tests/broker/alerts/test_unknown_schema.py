"""An alert of an unknown schema stops the worker where that is set, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.errors import TooManyDead
from schemas.batch import AlertBatch, Reason
from tests.broker.alerts.test_pipeline import processed
from tests.broker.fakes import FakeDecoder, packet

PACKETS = [packet(0, bad=True), *(packet(number) for number in range(1, 4)), packet(4, bad=True)]


class Unknowing(FakeDecoder):
    """Knows the schema of no bad packet but the first."""

    def decode(self, packets: Sequence[bytes]) -> AlertBatch:
        batch = super().decode(packets)
        first, *others = batch.rejected
        unknown = [one._replace(reason=Reason.UNKNOWN_SCHEMA, detail="id 7") for one in others]
        return replace(batch, rejected=(first, *unknown))


def test_it_stops_at_the_first_of_them_where_that_is_set() -> None:
    with pytest.raises(TooManyDead) as raised:
        processed(PACKETS, decoder=Unknowing(), unknown_schema="stop")
    assert str(raised.value) == (
        "1 alerts of a schema that is not known, the first at survey/0 offset 4 (id 7);"
        " bring the schema and start again, which begins there, or set [limits] unknown_schema ="
        ' "dead-letter"'
    )


def test_alerts_that_died_of_something_else_do_not_stop_it() -> None:
    assert len(processed(PACKETS, unknown_schema="stop").dead) == 2


def test_it_is_a_dead_letter_unless_set() -> None:
    assert len(processed(PACKETS, decoder=Unknowing()).dead) == 2
