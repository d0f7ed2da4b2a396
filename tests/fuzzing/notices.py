"""Hostile notices of other messengers: JSON and VOEvents struck, odd values, sky maps struck."""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from numpy.random import Generator, default_rng

from schemas.errors import NoticeError
from sky.messengers.notices import read_notice
from tests.fuzzing.enduring import RESULT, Kind, refusal
from tests.fuzzing.strikes import struck
from tests.sky.messengers.said import burst, said
from tests.sky.messengers.test_voevents import voevent

Json = Any
VALUES: Final[tuple[Json, ...]] = (
    *(None, True, 0, -1, 1e308, 10**400, "", "nan", "inf", "\0", "x" * 5_000, [], {}, [[]], "é"),
    *(["a", 1], {"a": {}}, "2024-04-22", "0000-00-00T00:00:00", "9999-12-31T23:59:59Z", -273.15),
    *("S240422ed", "RETRACTION", "2024-04-22T22:00:00+99:99", float("nan"), "\u202e", "a\nb"),
)
ENTITIES: Final = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;&c;</x>',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    b"<a>" * 50_000,
    b"[" * 100_000,
    b'{"a":' * 50_000,
)


@cache
def sky_map() -> bytes:
    """A small map of many sizes, as LVK's notices have it."""
    from astropy.io import fits

    cells = [4 + at for at in range(12)]
    columns = [
        fits.Column("UNIQ", "K", array=cells),
        fits.Column("PROBDENSITY", "D", array=[0.0796] * 12),
        *(fits.Column(name, "D", array=[50.0] * 12) for name in ("DISTMU", "DISTSIGMA")),
        fits.Column("DISTNORM", "D", array=[1e-4] * 12),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    table.header.update(ORDERING="NUNIQ", PIXTYPE="HEALPIX", COORDSYS="C", MOCORDER=0)
    written = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(written)
    return written.getvalue()


def with_map(content: bytes) -> bytes:
    """A notice of a map's bytes."""
    document = json.loads(said())
    document["event"]["skymap"] = base64.b64encode(content).decode()
    return json.dumps(document).encode()


@cache
def sound() -> tuple[bytes, ...]:
    """Notices of every kind at hand, real small ones among them."""
    made = (said(), said(kind="RETRACTION"), burst(), burst(kind="update"), voevent())
    data = Path(os.environ.get("GUESTSTAR_DATA", "")) / "messengers"
    real = [each for each in sorted(data.rglob("*")) if each.suffix in {".json", ".xml"}]
    small = [each.read_bytes() for each in real if each.stat().st_size < 50_000]
    return (*made, with_map(sky_map()), *filter(None, small))


def _odd(document: Json, draw: random.Random) -> Json:
    """One value, somewhere, in the place of another."""
    if isinstance(document, dict) and document and draw.random() < 0.85:
        key = draw.choice(sorted(document))
        return {**document, key: _odd(document[key], draw)}
    if isinstance(document, list) and document and draw.random() < 0.7:
        at = draw.randrange(len(document))
        return [*document[:at], _odd(document[at], draw), *document[at + 1 :]]
    return draw.choice(VALUES)


def _notice(draw: random.Random, rng: Generator) -> tuple[str, bytes]:
    chance = draw.random()
    if chance < 0.01:
        return "nested and named", draw.choice(ENTITIES)
    if chance < 0.2:
        name, content = struck(sky_map(), rng)
        return f"sky map: {name}", with_map(content)
    raw = draw.choice(sound())
    if chance < 0.6 and raw.lstrip()[:1] == b"{":
        return "odd values", json.dumps(_odd(json.loads(raw), draw)).encode()
    return struck(raw, rng)


def drawn(cases: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many notices."""
    draw, rng = random.Random(seed), default_rng(seed)
    for _ in range(cases):
        yield _notice(draw, rng)


def _end(_: str, raw: bytes) -> str:
    try:
        read_notice(raw).localisation()
    except NoticeError as error:
        return refusal(error)
    return RESULT


NOTICES: Final = Kind(drawn, _end, cpu_ms_max=1_000, growth_mb_max=60)
