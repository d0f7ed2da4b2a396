"""How fast objects like one are found among a million, and how many of the ten likest:
`python -m benchmarks.likeness [COUNT]`.

The vectors are drawn: a thousand kinds, each a cloud about a direction, of unlike sizes.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from lake.likeness.faiss_index import Exact, Inverted
from lake.likeness.search import Likeness
from schemas.vector_records import Vectors

COUNT, WIDTH, KINDS, ASKED, NEAREST = 1_000_000, 64, 1_000, 200, 10


def drawn(count: int, seed: int = 0) -> np.ndarray:
    """(count, WIDTH) of length 1."""
    random = np.random.default_rng(seed)
    means = random.normal(size=(KINDS, WIDTH)).astype(np.float32)
    spread = random.uniform(0.3, 1.2, KINDS).astype(np.float32)
    kind = random.integers(KINDS, size=count)
    found = means[kind] + spread[kind, None] * random.standard_normal((count, WIDTH), np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def main(count: int) -> None:
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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
