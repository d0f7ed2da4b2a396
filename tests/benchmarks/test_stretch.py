"""The ceiling hands on what ours published, and Rubin's packets are Rubin's again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from benchmarks.pass_through import share
from benchmarks.rubin_night import rubin_night, schema_folder
from broker.ports import Output
from schemas.decode import Decoder
from schemas.schema_folder import SchemaFolder


@pytest.mark.parametrize("messages", [0, 3, 10, 25])
def test_batches_share_all_messages_in_order_and_none_twice(messages: int) -> None:
    ours = [[Output("topic", b"", b"%d" % number) for number in range(messages)]]
    ends = [0, 1, 4, 4, 9, 10]
    parts = [share(ours, begin, end, 10) for begin, end in pairwise(ends)]
    assert [one for part in parts for one in part] == ours[0]


@pytest.mark.data
@pytest.mark.usefixtures("data_folder")
def test_real_rubin_alerts_are_decoded_in_the_framing_that_rubin_sends() -> None:
    night = rubin_night(150)
    folder = schema_folder()
    assert night is not None
    assert folder is not None
    assert len({len(packet) for packet in night.packets}) > 20
    batch = Decoder(schemas=SchemaFolder(folder)).decode(night.packets)
    assert len(batch) == len(night.packets)
    assert not batch.stamps.missing.all(axis=1).any()
