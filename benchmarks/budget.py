"""The budget of an alert: by step what it must take, what it took when it last landed, what it may.

Floors are worked out on the spot: bytes over the rate at which this machine copies, operations over
the rate at which it does them. Targets are for the machine that docs/speed.md names.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from math import prod
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import deflate
import numpy as np
import onnx
from rich.table import Table

from benchmarks.cases import Case
from broker.assembly import build
from classifiers.realbogus import STAMP_PIXELS
from classifiers.served import BUILT_IN
from schemas.batch import PLANES, AlertBatch
from schemas.decode import Decoder
from schemas.schema_folder import SchemaFolder

OVER_MAX: Final = 0.1
"""What a step may take above its target before it is named."""
LANDED: Final = Path(__file__).with_name("landed.json")
"""By case and step, µs an alert: `benchmarks.stretch --page` writes it."""
WEIGHTS: Final = Path(__file__).resolve().parents[1] / "classifiers"
SAMPLE: Final = 200
"""Packets that sizes are the mean of."""
BLOCK: Final = 64 << 20
"""Bytes that are copied at once: more than any cache of one core holds."""
SIDE: Final = 64
"""Of the square matrices by which multiply-adds are timed; larger ones take all cores."""
TIMES: Final = 1_000
ROUNDS: Final = 5
GZIP: Final = b"\x1f\x8b"


class Load(NamedTuple):
    """What an alert of a case brings, on the mean, and what this machine does in a µs."""

    packet: float
    """Bytes in."""
    published: float
    """Bytes out, of all topics."""
    stamps: float
    """Bytes of pixels as the network reads them, float32."""
    inflate_us: float
    clauses: float
    products: float
    """Multiply-adds of all networks."""
    copies: float
    """Bytes a µs."""
    multiply_adds: float
    """A µs."""


class Line(NamedTuple):
    """A step."""

    step: str
    floor: Callable[[Load], float]
    """µs an alert."""
    reason: str
    """Of the floor."""
    target_us: Mapping[str, float]
    """By survey, of lite records."""


BUDGET: Final = (
    Line(
        "poll",
        lambda load: 2 * load.packet / load.copies,
        "the packet is copied out of the socket, and once more to become Python's",
        {"ZTF": 15, "Rubin": 25},
    ),
    Line(
        "decode",
        lambda load: load.packet / load.copies,
        "the batch's packets are joined, one copy; to walk through their fields adds to that",
        {"ZTF": 30, "Rubin": 45},
    ),
    Line(
        "stamps",
        lambda load: load.inflate_us + 2 * load.stamps / load.copies,
        "libdeflate over these very stamps and nothing else, where they are packed; each pixel is"
        " read once and written once",
        {"ZTF": 150, "Rubin": 60},
    ),
    Line(
        "networks",
        lambda load: load.products / load.multiply_adds,
        "multiply-adds of all networks, as fast as this core multiplies matrices of 64 by 64",
        {"ZTF": 65, "Rubin": 65},
    ),
    Line(
        "select",
        lambda load: load.clauses * 8 / load.copies,
        "each clause of each filter reads one number of eight bytes",
        {"ZTF": 10, "Rubin": 10},
    ),
    Line(
        "encode",
        lambda load: load.published / load.copies,
        "what is published is written once",
        {"ZTF": 20, "Rubin": 25},
    ),
    Line(
        "publish",
        lambda load: 3 * load.published / load.copies,
        "what is published is copied to Kafka's client and to the socket, and a checksum reads it",
        {"ZTF": 100, "Rubin": 100},
    ),
)
"""The targets sum up to the goals: 390 µs of ZTF's alerts, 330 of Rubin's."""


def load_of(case: Case, published: float) -> Load:
    """Of a case of which so many bytes an alert are published."""
    packets = list(dict.fromkeys(case.packets))[:SAMPLE]
    batch = Decoder(schemas=SchemaFolder(case.schemas) if case.schemas else None).decode(packets)
    return Load(
        packet=sum(map(len, packets)) / len(packets),
        published=published,
        stamps=len(PLANES) * STAMP_PIXELS**2 * 4,
        inflate_us=_inflate_us(list(_packed(batch)), len(packets)),
        clauses=_clauses(case),
        products=sum(multiply_adds(onnx.load(WEIGHTS / f"{name}.onnx")) for name in BUILT_IN),
        copies=_copies(),
        multiply_adds=_rate_of_multiply_adds(),
    )


def _packed(batch: AlertBatch) -> Iterator[bytes]:
    """The stamps that are packed."""
    whole = batch.buffer.data
    for begin, end in batch.spans.stamp.reshape(-1, 2).tolist():
        packed = bytes(whole[begin:end]) if 0 <= begin < end else b""
        if packed.startswith(GZIP):
            yield packed


def _inflate_us(packed: Sequence[bytes], alerts: int) -> float:
    sizes = [int.from_bytes(each[-4:], "little") for each in packed]

    def all_of_them() -> None:
        for each, size in zip(packed, sizes, strict=True):
            deflate.gzip_decompress(each, size)

    return _us(all_of_them) / alerts


def _clauses(case: Case) -> float:
    """Of all filters that a worker of the case has."""
    return float(sum(len(each.clauses) for each in build(case.settings("", "")).filters.active))


@cache
def _copies() -> float:
    """Bytes that memory copies in a µs."""
    source, into = np.ones(BLOCK, np.uint8), np.empty(BLOCK, np.uint8)
    return BLOCK / _us(lambda: np.copyto(into, source))


@cache
def _rate_of_multiply_adds() -> float:
    """In a µs."""
    one = np.ones((SIDE, SIDE), np.float32)

    def often() -> None:
        for _ in range(TIMES):
            one @ one

    return float(TIMES * SIDE**3 / _us(often))


def _us(asked: Callable[[], object]) -> float:
    """The CPU time of a call, the median of rounds after the first."""
    asked()
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        asked()
        took.append(time.process_time() - began)
    return median(took) * 1e6


def multiply_adds(model: Any) -> int:  # noqa: ANN401 - onnx has no types
    """Of a network's convolutions and products of matrices, for one row."""
    for each in model.graph.input:
        for side in each.type.tensor_type.shape.dim:
            side.dim_value = side.dim_value or 1
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {each.name: list(each.dims) for each in graph.initializer}
    for each in (*graph.value_info, *graph.input, *graph.output):
        shapes[each.name] = [side.dim_value for side in each.type.tensor_type.shape.dim]
    return sum(_products(node, shapes) for node in graph.node)


def _products(node: Any, shapes: Mapping[str, Sequence[int]]) -> int:  # noqa: ANN401
    """Each number that comes out is a sum of so many products."""
    if node.op_type == "Conv":
        return prod(shapes[node.output[0]]) * prod(shapes[node.input[1]][1:])
    if node.op_type in ("Gemm", "MatMul"):
        turned = any(each.name == "transA" and each.i for each in node.attribute)
        return prod(shapes[node.output[0]]) * shapes[node.input[0]][0 if turned else -1]
    return 0


Took = Mapping[str, float]
"""By step, µs an alert."""


def landed() -> dict[str, dict[str, float]]:
    """By case and step, when the page was last written."""
    return json.loads(LANDED.read_text()) if LANDED.exists() else {}


def land(took: Mapping[str, Took]) -> None:
    """Keep what cases took."""
    rounded = {case: {step: round(us) for step, us in by.items()} for case, by in took.items()}
    LANDED.write_text(json.dumps(rounded, indent=2) + "\n")


def table(case: Case, load: Load, took: Took) -> Table:
    """A case's budget."""
    shown = Table(title=f"Budget of {case.title}: µs an alert", title_justify="left")
    for column in ("step", "floor", "last landed", "now", "target", "floor is that"):
        shown.add_column(column, justify="left" if column in ("step", "floor is that") else "right")
    before = landed().get(case.title, {})
    for line in BUDGET:
        last = f"{before[line.step]:,.0f}" if line.step in before else "–"
        floor, now = f"{line.floor(load):,.1f}", f"{took[line.step]:,.0f}"
        target = f"{line.target_us[case.survey]:,.0f}"
        shown.add_row(line.step, floor, last, now, target, line.reason)
    return shown


def verdict(case: Case, took: Took) -> str:
    """Which steps are over their budget, in a sentence."""
    over = [
        f"{line.step} ({took[line.step]:,.0f} of {line.target_us[case.survey]:,.0f})"
        for line in BUDGET
        if took[line.step] > (1 + OVER_MAX) * line.target_us[case.survey]
    ]
    named = ", ".join(over) if over else "none"
    return f"{case.title}: steps over their budget by more than {100 * OVER_MAX:.0f} %: {named}."
