"""Hostile settings: the example's text struck, values of other kinds, unknown keys, deep tables."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from numpy.random import default_rng

from broker.errors import SettingsError
from broker.settings import read_settings
from schemas.errors import GueststarError
from tests.fuzzing.enduring import RESULT, Kind, refusal
from tests.fuzzing.strikes import struck

EXAMPLE: Final = (Path(__file__).resolve().parents[2] / "examples/gueststar.toml").read_text()
VALUES: Final = (
    *("0", "-1", "1", "true", "false", '""', "[]", "{}", "nan", "inf", "-inf", "1e308", "0.5"),
    *(
        "9" * 400,
        "9" * 5_000,
        "-" + "9" * 400,
        "9" * 5_000,
        "0x7fffffffffffffff",
        '"$HOME"',
        '"$NO_SUCH"',
        '"$"',
        "'\\'",
    ),
    *("[1, 'a', [2]]", "{a = {b = 1}}", '["survey", ""]', "1979-05-27T07:32:00Z", "07:32:00"),
    *('"a\\nb"', '"\\u0000"', '"' + "x" * 5_000 + '"', '"^("', '"^(a+)+$"', '"../../x"', '"é"'),
    *('"localhost:9092"', '"exactly-once"', '"full"', '"a b"', '"\\u202e"', '"host:99999999"'),
)
DEPTHS: Final = (10, 100, 1_000, 3_000)
"""Python's own reader of TOML takes the square of it for dotted keys."""
DEEP: Final = ("a = " + "[" * 7, "[" + "a." * 7 + "b]", "a" + ".b" * 7 + " = 1", "x = " + "{a=" * 7)
KEYS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(table) if isinstance(table, dict) else ()
    for name, table in tomllib.loads(EXAMPLE).items()
}
"""By section, those that the example has."""
NAMES: Final = ("x", "limit", "toString", "__class__", "bootstrap", "password", "1", "é", "token")


def _other_values(draw: random.Random) -> str:
    """Known keys, and unknown ones, of any value."""
    lines = []
    for section in draw.sample(sorted(KEYS), draw.randint(1, 4)):
        keys = [*KEYS[section], draw.choice(NAMES)]
        chosen = draw.sample(keys, draw.randint(0, min(3, len(keys))))
        lines += [f"[{section}]", *(f'"{key}" = {draw.choice(VALUES)}' for key in chosen)]
    return "\n".join(lines)


def _one_changed(draw: random.Random) -> str:
    """The example with one value in the place of another."""
    lines = EXAMPLE.splitlines()
    at = draw.choice([n for n, line in enumerate(lines) if " = " in line])
    lines[at] = f"{lines[at].lstrip('# ').partition(' = ')[0]} = {draw.choice(VALUES)}"
    return "\n".join(lines)


def _deep(draw: random.Random) -> str:
    """Much of one thing in another."""
    shape, depth = draw.choice(DEEP), draw.choice(DEPTHS)
    opened = "[" if shape.endswith("[") else "{a=" if shape.endswith("{a=") else "a." * 1
    return shape.replace(opened * 7, opened * depth).replace(".b" * 7, ".b" * depth)


def drawn(cases: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many files."""
    draw, rng = random.Random(seed), default_rng(seed)
    others = {"other values": _other_values, "one changed": _one_changed, "deep": _deep}
    for _ in range(cases):
        if draw.random() < 0.4:
            name, content = struck(EXAMPLE.encode(), rng)
        else:
            name = draw.choices(tuple(others), (5, 5, 1))[0]
            content = others[name](draw).encode()
        yield name, content


def _end(_: str, content: bytes) -> str:
    # In memory where there is such a folder: what is tried is reading, not the disk.
    memory = Path("/dev/shm")
    path = (memory if memory.is_dir() else Path(gettempdir())) / "gueststar-hostile.toml"
    path.write_bytes(content)
    try:
        read_settings(path)
    except (SettingsError, GueststarError) as error:
        return refusal(error)
    return RESULT


SETTINGS: Final = Kind(drawn, _end, cpu_ms_max=400)
