"""What a lake says of a night, survey by survey: what filters found, how late, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gueststar.anomalies.nights import one_in
from lake.layout import PACKET_AT, PLACE
from lake.reading import Lake, LakeRows
from lake.unread import unread_parts

US: Final = 1e6
SHOWN_MAX: Final = 3
"""Objects of a filter that are pictured."""
ODD_MAX: Final = 8
"""Objects that are the night's oddest."""


class Pick(NamedTuple):
    """An alert that a filter selected."""

    magnitude: float
    """AB; inf where it is not known, so that it comes last."""
    object_id: str
    alert_id: int


@dataclass
class Found:
    """What one filter selected."""

    alerts: int = 0
    objects: Counter[str] = field(default_factory=Counter)
    brightest: dict[str, Pick] = field(default_factory=dict)
    """Of each object."""

    def add(self, pick: Pick) -> None:
        self.alerts += 1
        self.objects[pick.object_id] += 1
        self.brightest[pick.object_id] = min(pick, self.brightest.get(pick.object_id, pick))

    @property
    def shown(self) -> list[Pick]:
        """The brightest alerts, one an object."""
        return sorted(self.brightest.values())[:SHOWN_MAX]


@dataclass
class SurveyFacts:
    """One survey's alerts of the nights."""

    survey: str
    alerts: int = 0
    nights: Counter[str] = field(default_factory=Counter)
    objects: set[str] = field(default_factory=set)
    new_objects: set[str] = field(default_factory=set)
    """Those whose first detection an alert is."""
    visits: set[int] = field(default_factory=set)
    seen_before: int = 0
    without_packet: int = 0
    filters: dict[str, Found] = field(default_factory=dict)
    odd: dict[str, tuple[float, Pick]] = field(default_factory=dict)
    """Of the oddest objects: of one in how many alerts that is said, and which it is."""
    models: Counter[str] = field(default_factory=Counter)
    """Alerts by "name version sha256"."""
    asked: Counter[str] = field(default_factory=Counter)
    declined: Counter[str] = field(default_factory=Counter)
    """By stage: alerts of which it was asked, and of which it gave nothing."""
    is_live: bool = False
    """Whether any of the rows tells when it was published, and what selected it."""
    places: list[NDArray[np.float64]] = field(default_factory=list)
    times: list[NDArray[np.float64]] = field(default_factory=list)
    """Of rows that tell these: exposure, receipt and publication, s since 1970, (n, 3)."""
    mjd: tuple[float, float] = (np.inf, -np.inf)

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """ICRS degrees, (2, n)."""
        return np.concatenate(self.places, axis=1)

    @cached_property
    def moments(self) -> NDArray[np.float64]:
        return np.concatenate([np.zeros((0, 3)), *self.times])

    def rarest(self) -> list[tuple[str, Found]]:
        """The filters, what fewest alerts passed first."""
        return sorted(self.filters.items(), key=lambda one: (one[1].alerts, one[0]))


class Facts(NamedTuple):
    """What a lake says of the nights."""

    lake: Path
    nights: tuple[str, ...]
    surveys: tuple[SurveyFacts, ...]
    unread: int
    """Messages of any night that the lake could not read as alerts."""

    @property
    def hours(self) -> tuple[float, float] | None:
        """When these alerts came and went, s since 1970; None where no row says it."""
        moments = np.concatenate([each.moments for each in self.surveys])
        return (moments[:, 1].min(), moments[:, 2].max()) if len(moments) else None


def facts_of(path: Path, nights: Sequence[str]) -> Facts:
    """Read the nights, "20231018" or "20231001:20231007". Raises ArchiveError."""
    lake = Lake(path, nights)
    found: dict[str, SurveyFacts] = {}
    for rows in lake.tables():
        surveys = rows.column("survey")
        for survey in np.unique(surveys).tolist():
            facts = found.setdefault(survey, SurveyFacts(survey))
            _add(facts, rows.take(np.flatnonzero(surveys == survey)))
    unread = sum(each.alerts for each in unread_parts(path))
    ordered = tuple(sorted(found.values(), key=lambda each: -each.alerts))
    return Facts(path, tuple(sorted(lake.nights)), ordered, unread)


def _add(facts: SurveyFacts, rows: LakeRows) -> None:
    facts.alerts += len(rows)
    facts.nights[rows.night] += len(rows)
    objects = rows.column("object_id")
    facts.objects.update(objects.tolist())
    facts.new_objects.update(objects[rows.column("detections") == 1].tolist())
    facts.visits.update(rows.column("visit").tolist())
    facts.places.append(np.stack([rows.column(name) for name in PLACE]))
    mjd = rows.column("mjd")
    low, high = float(np.fmin.reduce(mjd)), float(np.fmax.reduce(mjd))
    facts.mjd = min(low, facts.mjd[0]), max(high, facts.mjd[1])
    if PACKET_AT in rows.part.schema.names:
        facts.without_packet += int((rows.column(PACKET_AT) < 0).sum())
    _add_learned(facts, rows)
    if "filters" in rows.part.schema.names:
        _add_published(facts, rows)


def _add_learned(facts: SurveyFacts, rows: LakeRows) -> None:
    for name, given in rows.given.items():
        values = [rows.learned_column(name, column) for column in given.columns]
        facts.asked[name] += len(rows)
        facts.declined[name] += int(np.isnan(np.stack(values)).all(axis=0).sum())
    if (odd := one_in(rows)) is not None:
        _add_odd(facts, rows, odd)


def _add_odd(facts: SurveyFacts, rows: LakeRows, odd: NDArray[np.float64]) -> None:
    told = zip(odd.tolist(), _picks(rows), strict=True)
    every = [*facts.odd.values(), *((value, pick) for value, pick in told if value > 0)]
    facts.odd.clear()
    for value, pick in sorted(every, key=lambda one: -one[0]):
        if len(facts.odd) == ODD_MAX:
            break
        facts.odd.setdefault(pick.object_id, (value, pick))


def _picks(rows: LakeRows) -> Iterator[Pick]:
    magnitude = np.nan_to_num(rows.column("magnitude"), nan=np.inf).tolist()
    told = (rows.column(name).tolist() for name in ("object_id", "alert_id"))
    return map(Pick, magnitude, *told)


def _add_published(facts: SurveyFacts, rows: LakeRows) -> None:
    facts.is_live = True
    facts.seen_before += int((rows.column("seen_before") == 1).sum())
    exposure_s = (rows.column("mjd") - 40_587) * 86_400
    told = [rows.column(name) / US for name in ("ingest_unix_us", "publish_unix_us")]
    moments = np.stack([exposure_s, *told], axis=1)
    facts.times.append(moments[(moments[:, 1:] > 0).all(axis=1)])
    for models, count in Counter(rows.column("models").tolist()).items():
        for model in _each_model(models):
            facts.models[model] += count
    for pick, filters in zip(_picks(rows), rows.column("filters"), strict=True):
        for name in filters:
            facts.filters.setdefault(name, Found()).add(pick)


def _each_model(text: str) -> Iterator[str]:
    """Each model of a row's word on them: name, version, and the checksum's beginning."""
    for one in filter(None, text.split(", ")):
        *named, sha256 = one.split(" ")
        yield " ".join((*named, sha256[:12]))
