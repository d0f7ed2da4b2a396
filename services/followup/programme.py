"""A programme: which alerts are followed up, what each is worth, and what is to be observed.

It is text, as filters are: clauses and a priority in their language, and numbers. Nothing of it is
ever run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from broker.errors import SettingsError
from broker.toml_tables import read_table, table_of
from filters.alerts import Alerts, Table
from filters.expressions.evaluation import evaluate
from filters.expressions.filter import CLAUSE, NAME
from filters.expressions.parser import read
from filters.expressions.refusal import ExpressionError
from filters.expressions.tree import Call, Kind, Membership, Node, Operation
from schemas.columns import BANDS
from schemas.errors import FilterError
from services.followup.planning.visibility import Limits
from sky.catalogues import Sky

FILTER_MAX: Final = 200
"""Clauses of a programme."""


@dataclass(frozen=True)
class Observe:
    """What is to be observed of each object."""

    bands: tuple[str, ...] = ("r",)
    exposure_s: float = 120.0
    """Of each band."""
    signal_to_noise: float = 20.0
    """At which an observation is worth half of what the best is."""
    visits: int = 1
    cadence_days: float = 1.0
    """From one visit's end to the next."""
    days: float = 5.0
    """After the alert nothing more is observed."""
    halves_h: float = 24.0
    """So long a wait halves what an observation is worth."""
    airmass_max: float = 2.5
    moon_min_deg: float = 20.0
    fades_mag_per_day: str = ""
    """An expression; above 0 is fainter. Empty: as the stage `phase` foretells, where it does."""
    sites: tuple[str, ...] = ()
    """Where; empty: anywhere that has the bands."""

    @property
    def limits(self) -> Limits:
        return Limits(self.airmass_max, self.moon_min_deg)


@dataclass(frozen=True)
class Bounds:
    """What a programme may ask."""

    requests_a_night: int = 20
    """New ones, in 24 hours."""
    hours_a_night: float = 4.0
    """Of all sites together, as they are planned."""
    priority_min: float = 1e-9
    """Below it nothing is asked for, and what was asked for is withdrawn."""


@dataclass(frozen=True)
class Programme:
    """One programme; `read_programme` reads and checks one."""

    priority: str
    name: str = ""
    description: str = ""
    filter: str = ""
    """Alerts that this filter of the broker selected, and no others."""
    clauses: Mapping[str, str] = field(default_factory=dict)
    """What else an alert must be."""
    observe: Observe = Observe()
    limits: Bounds = Bounds()

    def __post_init__(self) -> None:
        """Raises SettingsError, and ExpressionError where a clause cannot be read."""
        if not NAME.fullmatch(self.name):
            raise SettingsError(f"{self.name!r:.70} is no name of a programme; use a-z, 0-9, _, -")
        if not self.filter and not self.clauses:
            raise SettingsError(
                f"programme {self.name!r} takes every alert; name a filter, or add [clauses]"
            )
        for band in self.observe.bands:
            if band not in BANDS:
                raise SettingsError(f"programme {self.name!r}: there is no band {band!r:.20}")
        if not self.observe.bands or len(self.clauses) > FILTER_MAX:
            raise SettingsError(f"programme {self.name!r} has no bands, or too many clauses")
        _ = self.nodes, self.wanted, self.fades

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The clauses' trees."""
        for name in self.clauses:
            if not CLAUSE.fullmatch(name):
                raise SettingsError(f"programme {self.name!r}: {name!r:.70} is no clause's name")
        return tuple(
            self._read(f"clause {name!r}", text, Kind.TRUTH) for name, text in self.clauses.items()
        )

    @cached_property
    def wanted(self) -> Node:
        """The priority's tree."""
        return self._read("priority", self.priority, Kind.NUMBER)

    @cached_property
    def fades(self) -> Node | None:
        """Magnitudes a day by which it grows fainter, where the programme says so."""
        said = self.observe.fades_mag_per_day
        return self._read("fades_mag_per_day", said, Kind.NUMBER) if said else None

    def _read(self, what: str, text: str, kind: Kind) -> Node:
        try:
            return read(text.strip(" "), kind=kind)
        except ExpressionError as error:
            raise error.within(f"programme {self.name!r}: {what}") from None

    @cached_property
    def events(self) -> tuple[str, ...]:
        """The events of other messengers that it names: a retraction withdraws what was asked."""
        nodes = (*self.nodes, self.wanted)
        return tuple(dict.fromkeys(name for node in nodes for name in _events(node)))

    @cached_property
    def asks_any_event(self) -> bool:
        """Whether it asks of events without naming one."""
        return any(map(_asks_any, (*self.nodes, self.wanted)))

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(self.document(), sort_keys=True).encode()).hexdigest()

    def document(self) -> dict[str, Any]:
        """What is kept of it, as JSON has it; `of` reads it back."""
        return dict(json.loads(json.dumps(asdict(self))))

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Programme:
        """Raises SettingsError, ExpressionError."""
        return table_of(cls, document)

    def priorities(
        self, batch: Table, sky: Sky, selected: Sequence[frozenset[str]]
    ) -> NDArray[np.float64]:
        """What each alert is worth, (n,); NaN where it is none of the programme's, or not known.

        selected: by which filters each was. Raises FilterError for a classifier that there is not.
        """
        alerts = Alerts(batch, sky)
        mine = np.array([not self.filter or self.filter in names for names in selected], np.bool_)
        for node in self.nodes:
            if not mine.any():
                break
            mine &= self._asked(node, alerts)
        if not mine.any():
            return np.full(len(batch), np.nan)
        return np.where(mine, self._asked(self.wanted, alerts), np.nan)

    def fading(self, batch: Table, sky: Sky) -> NDArray[np.float64]:
        """Magnitudes a day by its own expression, (n,); 0 where that is not known."""
        if self.fades is None:
            return np.zeros(len(batch))
        found = self._asked(self.fades, Alerts(batch, sky))
        return np.where(np.isfinite(found), found, 0.0)

    def _asked(self, node: Node, alerts: Alerts) -> NDArray[Any]:
        try:
            return evaluate(node, alerts)
        except FilterError as error:
            raise FilterError(f"programme {self.name!r}: {error}") from error


def read_programme(path: Path) -> Programme:
    """The programme in a TOML file, by the file's name where it gives none.

    Raises SettingsError, one line that names file and key, or ExpressionError.
    """
    return read_table(Programme, path, {"name": path.stem})


def _events(node: Node) -> Iterator[str]:
    match node:
        case Call(function="messenger", names=names):
            yield names[0]
        case Call(operands=below) | Operation(operands=below):
            for each in below:
                yield from _events(each)
        case Membership(value=value):
            yield from _events(value)


def _asks_any(node: Node) -> bool:
    match node:
        case Call(function="messenger_probability"):
            return True
        case Call(operands=below) | Operation(operands=below):
            return any(map(_asks_any, below))
        case Membership(value=value):
            return _asks_any(value)
    return False
