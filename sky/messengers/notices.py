"""What other messengers' observatories publish of an event, read leniently.

LIGO/Virgo/KAGRA's alerts (superevent_id, event.skymap) and GCN's unified schema (id, ra, dec,
ra_dec_error, healpix_file: IceCube, Fermi, Swift, Einstein Probe, SVOM, KM3NeT, Super-Kamiokande)
are JSON; classic notices, VOEvents, are brought to that schema (voevents.py).
A key that is missing is not known, one that is new is passed over, and one key's odd value costs
that key alone; only what has no name or no time is no notice. The raw text is kept.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from schemas.errors import NoticeError
from sky.messengers.circle import Circle
from sky.messengers.fits_maps import read_map
from sky.messengers.localisation import Localisation
from sky.messengers.voevents import unified

Json = Mapping[str, Any]
State = Literal["known", "retracted"]

NOTICE_BYTES_MAX: Final = 64 * 2**20
CONTAINMENT: Final = 0.9
"""What an error radius holds where nothing is said (GCN's core/Localization)."""
UNIX_MJD: Final = 40_587.0
DAY_S: Final = 86_400.0

NAME_CHARACTERS_MAX: Final = 128
MOCK: Final = re.compile(r"M[SG]\d{6}|TS\d{6}")
"""GraceDB's superevents of the category MDC, and of tests."""
ALIAS_CHARACTERS_MIN: Final = 6
"""Of an observatory's own number, to be a name by itself: KM3NeT's "1" is none."""


@dataclass(frozen=True)
class Notice:
    """One notice of one event."""

    event: str
    """S240422ed; of what has no name for all, instrument and number: "GBM 745121685"."""
    aliases: tuple[str, ...]
    source: str
    """Who says so: LVK, IceCube, GBM."""
    kind: str
    """initial, update, retraction, early warning, …; lower case."""
    created_unix_s: float
    mjd: float
    """Of the event, UTC; NaN where the notice has none, as a retraction."""
    significant: bool
    """False only where the notice says so."""
    mock: bool
    far_hz: float | None
    about: str | None
    """The event that this one was found in the search for."""
    place: Json
    """What of the notice says where."""
    raw: bytes

    @property
    def state(self) -> State:
        return "retracted" if self.kind == "retraction" else "known"

    def localisation(self) -> Localisation | None:
        """Its map, else its circle; None where it has neither. Raises NoticeError."""
        if content := self.place.get("map"):
            try:
                return read_map(base64.b64decode(content, validate=True))
            except (binascii.Error, ValueError) as error:
                raise NoticeError(f"{self.event}: its sky map is no base64: {error}") from error
        if "circle" not in self.place:
            return None
        return Circle(*self.place["circle"])


def read_notice(raw: bytes) -> Notice:
    """A notice of its JSON or VOEvent. Raises NoticeError, one line, for what is none."""
    if len(raw) > NOTICE_BYTES_MAX:
        raise NoticeError(f"the notice has {len(raw):,} bytes; the most is {NOTICE_BYTES_MAX:,}")
    if raw.lstrip()[:1] == b"<":
        return _of_unified(unified(raw), raw)
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NoticeError(f"the notice is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise NoticeError("the notice is no JSON object")
    if "superevent_id" in document:
        return _of_superevent(document, raw)
    return _of_unified(document, raw)


def _of_superevent(document: Json, raw: bytes) -> Notice:
    """LVK's (emfollow.docs.ligo.org, "Notice contents")."""
    name = _name(document["superevent_id"])
    event = _table(document.get("event"))
    kind = _kind(document)
    return Notice(
        event=name,
        aliases=(),
        source="LVK",
        kind=kind,
        created_unix_s=_created(document, event, name),
        mjd=_mjd(event.get("time")),
        significant=event.get("significant") is not False,
        mock=bool(MOCK.match(name)) or event.get("search") == "MDC",
        far_hz=_number(event.get("far")),
        about=None,
        place={"map": event["skymap"]} if isinstance(event.get("skymap"), str) else {},
        raw=raw,
    )


def _of_unified(document: Json, raw: bytes) -> Notice:
    source = _source(document)
    names = [*_texts(document.get("id")), *_texts(document.get("event_name"))]
    about = next(_texts(document.get("ref_ID") or document.get("follow_up_event")), None)
    if not names and about is None:
        raise NoticeError("the notice names no event: no superevent_id, id, event_name or ref_ID")
    name = _name(f"{source} {names[0] if names else about}")
    return Notice(
        event=name,
        aliases=tuple(one for one in names if len(one) >= ALIAS_CHARACTERS_MIN),
        source=source,
        kind=_kind(document),
        created_unix_s=_created(document, document, name),
        mjd=_first_time(document),
        significant=True,
        mock=document.get("alert_tense") in ("test", "injection"),  # it may be a list
        far_hz=_number(document.get("far")),
        about=about,
        place=_place(document),
        raw=raw,
    )


def _place(document: Json) -> Json:
    content = document.get("healpix_file")
    if isinstance(content, str) and content:
        return {"map": content}
    for said in (document, *_tables(document.get("coincident_events"))):
        own = {**said, **_table(said.get("localization"))}
        error = own.get("ra_dec_error")
        # Of an ellipse the circle around it: it leaves nothing out.
        sizes = error if isinstance(error, list) and error else [error]
        circle = [_number(each) for each in (own.get("ra"), own.get("dec"), sizes[0])]
        held = _number(own.get("containment_probability")) or CONTAINMENT
        if all(each is not None for each in circle):
            return {"circle": (*circle, held)}
    return {}


def _source(document: Json) -> str:
    for key in ("instrument", "mission"):
        for said in _texts(document.get(key)):
            return "IceCube" if said.startswith("IC") and said[2:].isdigit() else said
    schema = document.get("$schema")
    found = re.search(r"/notices/([^/]+)/", schema) if isinstance(schema, str) else None
    return found[1] if found else "unknown"


def _kind(document: Json) -> str:
    said = document.get("alert_type")
    kind = next(_texts(said), "initial").lower().replace("_", " ")[:NAME_CHARACTERS_MAX]
    return {"earlywarning": "early warning"}.get(kind, kind)


def _created(document: Json, event: Json, name: str) -> float:
    for said in (document.get("time_created"), document.get("alert_datetime")):
        if (found := _unix_s(said)) is not None:
            return found
    mjd = _first_time(event) if event is document else _mjd(event.get("time"))
    if mjd == mjd:  # noqa: PLR0124 - not NaN
        return (mjd - UNIX_MJD) * DAY_S
    raise NoticeError(f"{name}: the notice says neither when it was made nor when the event was")


def _first_time(document: Json) -> float:
    keys = ("trigger_time", "observation_start", "alert_datetime")
    times = [_mjd(document.get(key)) for key in keys]
    return next((each for each in times if each == each), float("nan"))  # noqa: PLR0124


def _unix_s(said: object) -> float | None:
    """ISO 8601, UTC where no zone is said."""
    if not isinstance(said, str):
        return None
    try:
        time = datetime.fromisoformat(re.sub(r"\.(\d{1,6})\d*", _six_digits, said.strip()))
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):  # the latter of what is no year of a calendar in UTC
        return None


def _six_digits(fraction: re.Match[str]) -> str:
    return f".{fraction[1]:0<6}"


def _mjd(said: object) -> float:
    unix_s = _unix_s(said)
    return float("nan") if unix_s is None else UNIX_MJD + unix_s / DAY_S


def _name(said: object) -> str:
    name = " ".join(str(said).split()) if isinstance(said, str | int) else ""
    if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable() or '"' in name:
        raise NoticeError(f"{str(said)[:40]!r} is no name of an event")
    return name


def _number(said: object) -> float | None:
    if isinstance(said, bool) or not isinstance(said, int | float) or abs(said) > 1e300:
        return None
    return float(said) if said == said else None  # noqa: PLR0124 - not NaN


def _texts(said: object) -> Iterator[str]:
    """What is a text or a number, or a list of them."""
    for each in said if isinstance(said, list) else [said]:
        text = "" if isinstance(each, bool) else " ".join(str(each).split())
        if isinstance(each, str | int) and text and text.isprintable():
            yield text


def _table(said: object) -> Json:
    return said if isinstance(said, dict) else {}


def _tables(said: object) -> list[Json]:
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
