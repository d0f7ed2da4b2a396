"""Watchlists and regions that are deployed while workers run: records beside those of filters.

A list has one key on the control topic, `list:NAME`, and its newest record stands; an empty value
takes it back. A name has a colon there as no filter's has, so neither is read as the other.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Self

from broker.json_records import RecordError, document_of, encoded, read, require
from broker.ports import Message
from broker.versions import SHA256, check_time
from schemas.errors import FilterError
from sky.catalogues import Region, Sky, Watchlist
from sky.listed import ROWS_MAX, Kind, Packed, Shape, unpacked
from sky.watchlists import PositionList

LOG: Final = logging.getLogger("gueststar.filters")

PREFIX: Final = b"list:"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


class Of(StrEnum):
    """What a list is."""

    WATCHLIST = "watchlist"
    REGION = "region"


class As(StrEnum):
    """What its rows are."""

    CIRCLES = "circles"
    CELLS = "cells"


@dataclass(frozen=True)
class SkyList:
    """A watchlist or region as it was deployed."""

    name: str
    kind: Of
    shape: As
    rows: int
    sha256: str
    """Of its numbers; published alerts carry it."""
    data: str
    """`sky.listed`"""
    about: str
    by: str
    deployed_unix_s: float

    def __post_init__(self) -> None:
        """Raises RecordError for what no deployment writes."""
        require(NAME.fullmatch(self.name) is not None, f"{self.name!r:.70} is no name of a list")
        require(SHA256.fullmatch(self.sha256) is not None, f"{self.sha256!r:.70} is no sha256")
        require(0 < self.rows <= ROWS_MAX, f"{self.rows} rows are none, or too many")
        check_time(self.deployed_unix_s, "deployed")

    @property
    def key(self) -> bytes:
        return key_of(self.name)

    @property
    def packed(self) -> Packed:
        shape: Shape = "cells" if self.shape is As.CELLS else "circles"
        return Packed(shape, self.rows, self.sha256, self.data)

    @property
    def kind_named(self) -> Kind:
        return "region" if self.kind is Of.REGION else "watchlist"

    def encode(self) -> bytes:
        return encoded(self)


def key_of(name: str) -> bytes:
    """Of a list's record."""
    return PREFIX + name.encode()


def is_of_list(message: Message) -> bool:
    """Whether a message of the control topic is about a list."""
    return message.key is not None and message.key.startswith(PREFIX)


@dataclass(frozen=True)
class Lists:
    """The lists that stand, by name. Never changed."""

    known: Mapping[str, SkyList] = field(default_factory=dict)

    def after(self, messages: Iterable[Message]) -> Self:
        """With what messages say of lists; what is no record is logged and passed over."""
        known = dict(self.known)
        for message in filter(is_of_list, messages):
            name = (message.key or b"")[len(PREFIX) :].decode("utf-8", "replace")
            try:
                found = _read(name, message.value) if message.value else None
            except RecordError as error:
                place = f"{message.topic} offset {message.offset}"
                LOG.warning("no record of a list, passed over: %s: %s", place, error)
                continue
            known.pop(name, None)
            if found is not None:
                known[name] = found
        return replace(self, known=known)

    def changed_since(self, before: Lists) -> set[str]:
        """The names that came, went, or say something else."""
        names = self.known.keys() | before.known.keys()
        return {each for each in names if self.known.get(each) != before.known.get(each)}


def _read(name: str, value: bytes) -> SkyList:
    found: SkyList = read(SkyList, document_of(value))
    require(found.name == name, f"the record of list {name!r:.70} calls itself {found.name!r}")
    return found


def sky_with(sky: Sky, lists: Lists) -> Sky:
    """A configuration's sky with the lists beside; a name that the configuration has stays its."""
    regions: list[Region] = []
    watchlists: list[Watchlist] = []
    taken = sky.regions.keys() | sky.watchlists.keys()
    for each in lists.known.values():
        try:
            if each.name in taken:
                raise FilterError("the configuration has one of that name")
            found = unpacked(each.name, each.kind_named, each.packed)
        except FilterError as error:
            LOG.warning("list %s, deployed by %s, is not used: %s", each.name, each.by, error)
            continue
        if each.kind is Of.REGION:
            regions.append(found)
        elif isinstance(found, PositionList):
            watchlists.append(found)
    return sky.with_more(regions, watchlists)
