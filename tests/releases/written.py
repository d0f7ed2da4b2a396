"""`python -m tests.releases.written`: what the present version writes, kept for the next ones.

A folder a version: enriched records, ledger entries, positions, records of the control topic, the
settings' example and a lake, and beside them in plain JSON what must be read there.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from broker.deployments.records import State
from broker.ports import Message
from filters.handmade import Epoch, handmade
from lake.writing import LakeWriter
from schemas.annotation import Annotations, SelectedBy
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.form import Form
from schemas.learned import Learned
from tests.broker.deployments.test_records import status_of, version_of
from tests.broker.elsewhere import POSITIONS
from tests.broker.fakes import TOPICS
from tests.broker.world import Setup, World
from tests.schemas import golden

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).parent
FORMS: Final[tuple[Form, ...]] = ("full", "lite")
ALERTS: Final = 2
SCORES: Final = {"real": 0.75, "bogus": 0.25}


class Kept(NamedTuple):
    """A record of a topic."""

    key: bytes
    value: bytes


def version() -> str:
    """The present one."""
    text = (ROOT / "pyproject.toml").read_text()
    return str(tomllib.loads(text)["project"]["version"])


def folders() -> list[Path]:
    """One for each version that is kept."""
    return sorted(each.parent for each in HERE.glob("*/expected.json"))


def read_records(path: Path) -> Iterator[Kept]:
    """Of a file of records."""
    for line in path.read_text().splitlines():
        kept = json.loads(line)
        yield Kept(kept["key"].encode(), kept["value"].encode())


def enriched(form: Form) -> list[bytes]:
    """Records of two alerts, whose stamps are left out: they are the survey's, and large."""
    none: dict[str, Any] = dict.fromkeys(golden.ZTF_CUTOUTS)
    batch = Decoder().decode([golden.ztf_packet(seed, **none) for seed in range(ALERTS)])
    scores = np.tile(np.array([*SCORES.values()], np.float32), (ALERTS, 1))
    annotations = Annotations(
        broker_version=version(),
        models=[("realbogus", "1", "abc")],
        ingest_unix_us=np.zeros(ALERTS, np.int64),
        publish_unix_us=0,
        learned={"realbogus": Learned.probabilities(tuple(SCORES), scores)},
        filters=[("young",), ()],
        selected_by=[(SelectedBy("young", "3", "abc", ()),), ()],
    )
    return Enricher().encode(batch, annotations, form)


def night() -> World:
    """Twenty alerts of a survey elsewhere, read by one worker."""
    world = World(setup=Setup(elsewhere=True))
    for number in range(20):
        world.send(world.setup.job.message(number, "bad" if number == 3 else "good"))
    world.drain()
    return world


def rows() -> AlertBatch:
    """What the lake holds."""
    curve = [Epoch(60_000.0, "r", 500.0, 50.0), Epoch(60_001.0, "g", 700.0, 50.0)]
    return handmade(
        alert_id=[2**60 + 1, 1],
        object_id=["SN1", "SN2"],
        night=[20260302, 20260301],
        mjd=[60_001.0, 60_000.0],
        ra_deg=[353.66, 10.0],
        dec_deg=[46.65, -20.0],
        magnitude=[18.5, np.nan],
        light_curve=[curve, []],
        scores={"realbogus": {"real": [0.75, 0.25], "bogus": [0.25, 0.75]}},
    )


def write(folder: Path) -> None:
    """All of it, in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for form in FORMS:
        for number, record in enumerate(enriched(form)):
            (folder / f"enriched-{form}-{number}.avro").write_bytes(record)
    world, deployed = night(), version_of()
    paused = status_of(deployed, State.PAUSED, State.LIVE)
    _records(folder / "ledger.jsonl", _kept(world.kafka.read(TOPICS.ledger)))
    _records(folder / "positions.jsonl", _kept(world.kafka.read(POSITIONS)))
    control = [Kept(each.key, each.encode()) for each in (deployed, paused)]
    _records(folder / "control.jsonl", control)
    shutil.copy(ROOT / "examples" / "gueststar.toml", folder / "gueststar.toml")
    with LakeWriter(folder / "lake", version=version(), with_packets=False) as writer:
        writer.add(rows())
    ends = {str(each.number): at.offset for each, at in world.committed().items()}
    sums = world.balance()
    told = {"consumed": sums.consumed, "dead": sums.dead, "positions": ends}
    (folder / "expected.json").write_text(json.dumps(told, indent=1) + "\n")


def _kept(messages: Iterable[Message]) -> Iterator[Kept]:
    return (Kept(each.key or b"", each.value) for each in messages)


def _records(path: Path, records: Iterable[Kept]) -> None:
    lines = (json.dumps({"key": k.decode(), "value": v.decode()}) for k, v in records)
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write(HERE / version())
