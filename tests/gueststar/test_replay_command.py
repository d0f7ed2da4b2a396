"""`gueststar replay` of a simulation beside a registry, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from gueststar.replay_command import SUBJECT, Wanted, registered, resend
from lake.archives import Archive
from replay.pacing import Due
from replay.replaying import Pace, Source
from schemas.decode import Decoder
from schemas.errors import ArchiveError
from schemas.lsst_schema import LSST_SCHEMA, SCHEMA_ID, frame_of
from schemas.registry import RegistrySchemas
from tests.lake.test_simulated import write
from tests.schemas.registry_server import serving

POINTS = [(7, 59_600.0 + day, 2, 10.0 + day, 1.0, day % 2) for day in range(6)]


def sent(source: Source) -> list[Due[bytes]]:
    with source.dues(0) as dues:
        return list(dues)


@pytest.mark.parametrize("pace", [Pace(), Pace(factor=1e6), Pace(rate_per_s=5)])
def test_a_simulation_s_packets_name_the_id_that_a_registry_gave(
    pace: Pace, tmp_path: Path
) -> None:
    write(tmp_path, POINTS)
    plain = sent(Source(Archive(tmp_path), pace, limit=None))
    with serving() as server:
        server.next_id = 77
        schema_id = registered(server.url)
        assert (schema_id, server.subjects) == (77, {(SUBJECT, LSST_SCHEMA): 77})
        found = sent(Source(Archive(tmp_path), pace, limit=None, schema_id=schema_id))
        decoder = Decoder(schemas=RegistrySchemas({"url": server.url}))
        batch = decoder.decode([due.item for due in found])
    assert not batch.rejected
    assert batch.object_id.tolist() == ["7"] * 3
    assert {due.item[:5] for due in plain} == {frame_of(SCHEMA_ID)}
    assert {due.item[:5] for due in found} == {frame_of(77)}
    assert [(d.due_s, d.item[5:]) for d in found] == [(d.due_s, d.item[5:]) for d in plain]


def test_what_is_no_simulation_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "one.avro").write_bytes(b"Obj\1")
    with serving() as server:
        wanted = Wanted(Pace(), registry=server.url)
        with pytest.raises(ArchiveError, match="is no simulation"):
            resend(tmp_path, wanted, topic="t", bootstrap="127.0.0.1:1", partitions=1)
        assert not server.requests
