"""How fast objects like one are found among a million, and how many of the ten likest:
`python -m benchmarks.likeness [COUNT] [IN_A_LAKE]`.

The vectors are drawn: a thousand kinds, each a cloud about a direction, of unlike sizes. In a lake
of so many alerts (100,000), ten nights of it, an object is asked for by its id.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from gueststar.open_lake import OpenLake
from gueststar.testing.crowd import crowd
from lake.likeness.faiss_index import Exact, Inverted
from lake.likeness.search import Likeness, build
from lake.reading import Lake
from lake.writing import LakeWriter
from schemas.learned import Learned
from schemas.nights import dates
from schemas.vector_records import Vectors

COUNT, WIDTH, KINDS, ASKED, NEAREST = 1_000_000, 64, 1_000, 200, 10
IN_A_LAKE, NIGHTS, AT_ONCE = 100_000, 10, 1_000


def drawn(count: int, seed: int = 0) -> np.ndarray:
    """(count, WIDTH) of length 1."""
    random = np.random.default_rng(seed)
    means = random.normal(size=(KINDS, WIDTH)).astype(np.float32)
    spread = random.uniform(0.3, 1.2, KINDS).astype(np.float32)
    kind = random.integers(KINDS, size=count)
    found = means[kind] + spread[kind, None] * random.standard_normal((count, WIDTH), np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def write_lake(path: Path, count: int) -> None:
    """Alerts of objects that come again each night, with vectors."""
    some, vectors = crowd(AT_ONCE), drawn(count)
    with LakeWriter(path, version="benchmark", with_packets=False) as writer:
        for begin in range(0, count, AT_ONCE):
            number = np.arange(begin, begin + AT_ONCE)
            mjd = some.mjd + number // (count // NIGHTS)
            names = np.array([f"object{one % (count // NIGHTS)}" for one in number])
            batch = replace(some, alert_id=number, object_id=names, mjd=mjd, night=dates(mjd))
            columns = tuple(map(str, range(WIDTH)))
            batch.learned["embedding"] = Learned("vector", columns, vectors[number])
            writer.add(batch)


def ask_lake(count: int) -> None:
    """Print milliseconds of CPU a question to a lake that is open."""
    with tempfile.TemporaryDirectory() as folder:
        path, index = Path(folder) / "lake", Path(folder) / "index"
        write_lake(path, count)
        build(Lake(path), index)
        began = time.process_time()
        opened = OpenLake(path)
        took_ms = []
        for one in range(ASKED):
            opened.similar(f"object{one}", index=index)
            took_ms.append((time.process_time() - began) * 1e3)
            began = time.process_time()
    sys.stdout.write(
        f"of a lake of {count:,} alerts: {median(took_ms[1:]):.1f} ms, with opening lake and index "
        f"{took_ms[0]:.0f} ms\n"
    )


def main(count: int, in_a_lake: int) -> None:
    """Print seconds to build, recall and milliseconds a question."""
    vectors = drawn(count)
    asked = vectors[:: count // ASKED][:ASKED]
    exact = np.concatenate([Exact(vectors).nearest(one[None], NEAREST)[1] for one in asked])
    began = time.process_time()
    index = Inverted.built(vectors)
    sys.stdout.write(f"built in {time.process_time() - began:.1f} s of CPU\n")
    began = time.process_time()
    found = [index.nearest(one[None], NEAREST)[1][0] for one in asked]
    asking_ms = (time.process_time() - began) / len(asked) * 1e3
    recall = np.mean([len({*a} & {*b}) / NEAREST for a, b in zip(found, exact, strict=True)])
    sys.stdout.write(f"index alone {asking_ms:.2f} ms, recall@{NEAREST} {recall:.3f}\n")
    names = np.arange(count).astype(np.str_)
    columns = (np.full(count, "ztf"), np.arange(count), names, np.zeros((count, 3)), vectors)
    held = Vectors("", *columns)
    whole = Likeness(held, index, held.take(np.arange(min(3_000, count))))
    began = time.process_time()
    for one in asked:
        whole.similar(one, NEAREST)
    whole_ms = (time.process_time() - began) / len(asked) * 1e3
    sys.stdout.write(f"with 3,000 that came since, and names: {whole_ms:.2f} ms\n")
    ask_lake(in_a_lake)


if __name__ == "__main__":
    counts = [int(one) for one in sys.argv[1:]]
    main(*counts, *(COUNT, IN_A_LAKE)[len(counts) :])
