"""The unknown groups of a lake, a row a member, beside it: which there are, and since when.

    LAKE/groups/members.parquet

Written as a whole and replaced by a rename. A group keeps its name from run to run while half of
its members, or half of those that it had, are the same; it is named after its most typical member.
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, get_type_hints

import numpy as np

from lake.likeness.gathering import of_version, vectors_of
from lake.likeness.groups import LIMITS, Group, GroupLimits, Known, groups_of
from lake.reading import Lake
from lake.saving import replace_parquet
from schemas.errors import QuestionError
from schemas.vector_records import Vectors

GROUPS: Final = "groups"
FILE: Final = "members.parquet"


class Member(NamedTuple):
    """An object of a group."""

    group: str
    since_night: int
    """The last night of the lake when the group was first found."""
    survey: str
    object_id: str
    alert_id: int
    """Its newest that has an embedding."""
    mjd: float
    first_night: int
    """Of its first alert in the lake."""
    known_class: str
    """Of most of the known objects that are nearest to the group."""
    cosine: float
    """To these: the members' median."""


class Found(NamedTuple):
    """A group as it stands now."""

    members: list[Member]
    """The most typical first."""
    is_new: bool
    """Whether the run before had none of its name."""

    @property
    def growth(self) -> dict[int, int]:
        """How many of its members came in each night, nights in order."""
        return dict(sorted(Counter(one.first_night for one in self.members).items()))


def update_groups(
    path: Path,
    types: Mapping[str, str],
    nights: tuple[str, ...] = (),
    limits: GroupLimits = LIMITS,
) -> list[Found]:
    """Find the groups of some nights' objects, apart from those with a type, and write them.

    types: by object. The largest first. Raises ArchiveError, QuestionError.
    """
    lake = Lake(path, nights)
    vectors, known = _known(of_version(vectors_of(Lake(path))), types)
    if nights:
        vectors = _among(vectors, of_version(vectors_of(lake), vectors.version))
    groups, _ = groups_of(vectors.vector, known, limits)
    before, first = read_groups(path).to_pylist(), _first_nights(lake)
    since = {one["group"]: one["since_night"] for one in before}
    found = []
    for group, name in _named(groups, vectors, before):
        night = since.get(name, int(max(lake.nights)))
        members = [_member(group, (name, night), vectors, row, first) for row in group.rows]
        found.append(Found(members, name not in since))
    rows = [one._asdict() for each in found for one in each.members]
    replace_parquet(_table(rows), path / GROUPS / FILE)
    return found


def read_groups(path: Path) -> Any:  # noqa: ANN401 - an Arrow table
    """All rows of the table; none where it was never made."""
    import pyarrow.parquet as pq

    file = path / GROUPS / FILE
    return pq.read_table(file) if file.exists() else _table([])


def _known(vectors: Vectors, types: Mapping[str, str]) -> tuple[Vectors, Known]:
    """Those without a type, and those with one."""
    label = np.array([types.get(one, "") for one in vectors.object_id.tolist()], np.str_)
    if not (label != "").any():
        raise QuestionError("no object of the lake with an embedding is in the table of labels")
    rows = label != ""
    return vectors.take(~rows), Known(vectors.vector[rows], label[rows])


def _among(vectors: Vectors, some: Vectors) -> Vectors:
    """Of some nights, those that are among others."""
    return some.take(np.isin(some.object_id, vectors.object_id))


def _named(
    groups: list[Group], vectors: Vectors, before: list[dict[str, Any]]
) -> list[tuple[Group, str]]:
    """Each with the name of the group that it was, or of its most typical member."""
    former = {(one["survey"], one["object_id"]): one["group"] for one in before}
    sizes, taken = Counter(former.values()), set[str]()
    found = []
    for group in groups:
        own = [_name(vectors, row) for row in group.rows.tolist()]
        kept = Counter(former[one] for one in own if one in former and former[one] not in taken)
        name, shared = kept.most_common(1)[0] if kept else ("", 0)
        if 2 * shared < min(len(own), sizes[name]) or not shared:
            name = own[0][1]
        taken.add(name)
        found.append((group, name))
    return found


def _member(
    group: Group,
    named: tuple[str, int],
    vectors: Vectors,
    row: int,
    first: Mapping[tuple[str, str], int],
) -> Member:
    own = _name(vectors, row)
    newest = int(vectors.alert_id[row]), float(vectors.place[row, 2])
    return Member(*named, *own, *newest, first[own], group.known_class, group.cosine)


def _name(vectors: Vectors, row: int) -> tuple[str, str]:
    return str(vectors.survey[row]), str(vectors.object_id[row])


def _first_nights(lake: Lake) -> dict[tuple[str, str], int]:
    """Of every object, its first night of these."""
    found = dict[tuple[str, str], int]()
    for rows in lake.tables():  # nights in order
        names = zip(*(rows.column(one).tolist() for one in ("survey", "object_id")), strict=True)
        for name in names:
            found.setdefault(name, int(rows.night))
    return found


def _table(rows: list[dict[str, Any]]) -> Any:  # noqa: ANN401
    import pyarrow as pa

    kinds = {int: pa.int64(), str: pa.string(), float: pa.float64()}
    fields = [(name, kinds[kind]) for name, kind in get_type_hints(Member).items()]
    return pa.Table.from_pylist(rows, pa.schema(fields))
