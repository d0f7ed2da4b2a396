"""A lake asked from Python: places, objects, SQL, nights, in the words of `gueststar lake`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gueststar.alert import Alert, rows
from gueststar.answer import Answer
from gueststar.cluster import run_on
from gueststar.filtering.sources import decoder_of
from gueststar.similar import COUNT, Similar
from gueststar.tables import light_curve_columns
from lake.finding import Finder, Found
from lake.layout import PLACE
from lake.likeness.search import Neighbour
from lake.partitions import FarFinder, Run, applied, count_by
from lake.patterns.table import read_variability
from lake.reading import Lake, LakeRows
from lake.revisions import read_revisions
from lake.saving import arrow_table, in_rising
from lake.sql import SqlLimits, ask
from schemas.batch import AlertBatch, Floats, LightCurves
from schemas.errors import ArchiveError, QuestionError
from schemas.light_curves import united
from sky.cones import Cone, radius_arcsec

Result = TypeVar("Result")

APART = "separation_arcsec"
"""How far an alert is from the middle of the cone that was asked for."""


@dataclass(frozen=True)
class ObjectAnswer(Answer):
    """An object's alerts, by time."""

    found: Found = field(kw_only=True, repr=False)

    def light_curve(self) -> Answer:
        """Its points, each exposure once, of all its alerts: the newest alert's word stands.

        Columns are those of `Alert.light_curve_table`.
        """
        return Answer(arrow_table(light_curve_columns(*self._curves)))

    def newest(self) -> Alert:
        """Its newest alert, with the light curve of all. Raises QuestionError where it has none.

        It has stamps where its packet was kept, and can be decoded.
        """
        if not len(self):
            raise QuestionError("there is no alert of this object")
        batch = _batch(self.found.row(int(np.argmax(self._times))))
        light_curve, forced = self._curves
        return _alert(replace(batch, light_curve=light_curve, forced_photometry=forced))

    def alert(self, alert_id: int) -> Alert:
        """One of its alerts as it came, with its own light curve alone.

        Raises QuestionError where it has none of that id.
        """
        ids = self.found.table(["alert_id"]).column(0).to_numpy()
        places = np.flatnonzero(ids == alert_id)
        if not len(places):
            raise QuestionError(f"there is no alert {alert_id} of this object")
        return _alert(_batch(self.found.row(int(places[-1]))))

    @cached_property
    def _times(self) -> Any:  # noqa: ANN401
        return self.found.table(["mjd"]).column(0).to_numpy()

    @cached_property
    def _curves(self) -> tuple[LightCurves, LightCurves]:
        newest_first = np.argsort(-self._times, kind="stable")
        light_curve, forced = (
            united(self.found.curves(kind).take(newest_first))
            for kind in ("light_curve", "forced_photometry")
        )
        return light_curve, forced


def _batch(row: LakeRows) -> AlertBatch:
    """A row in memory, decoded from its packet where that was kept and can be read."""
    try:
        return row.batch()
    except ArchiveError:
        return row.batch(with_packets=False)


def _alert(batch: AlertBatch) -> Alert:
    """The one alert of a batch, with what scored it."""
    scores = {
        name: dict(zip(each.columns, each.values[0].tolist(), strict=True))
        for name, each in batch.learned.items()
        if each.is_scores and np.isfinite(each.values[0]).all()
    }
    return next(rows(batch, [scores], [()]))


class OpenLake:
    """A lake as it stood when it was opened; open it again for what came since."""

    def __init__(
        self,
        path: str | PathLike[str],
        nights: Sequence[str] = (),
        *,
        schemas: Path | None = None,
        cluster: Any = None,  # noqa: ANN401 - Dask's types are not there without it
    ) -> None:
        """`nights`: "20231018" or "20231001:20231031"; all where none are named.

        `schemas` is the folder of writer schemas, for the stamps of bare records; `cluster` a
        client of Dask's (`distributed.Client`), whose workers then read. Raises ArchiveError where
        there is no lake, or none of the nights; SchemaError for a bad folder.
        """
        self.path = Path(path)
        self._lake = Lake(self.path, nights, decoder=decoder_of(schemas))
        self._run: Run = map if cluster is None else run_on(cluster)
        here = cluster is None
        self._finder = Finder(self._lake) if here else FarFinder(self._lake, self._run)
        self._similar = dict[str | PathLike[str] | None, Similar]()

    def __len__(self) -> int:
        """How many alerts."""
        return len(self._lake)

    @property
    def columns(self) -> list[str]:
        """Those that any night's alerts have."""
        return [*self._lake.schema.names]

    def object(self, object_id: str, *, columns: Sequence[str] | None = None) -> ObjectAnswer:
        """The alerts of an object by time, all columns or those named; none where it has none.

        Raises ArchiveError, QuestionError.
        """
        found = self._finder.object(object_id)
        wanted = columns and [*dict.fromkeys([*columns, "mjd"])]
        table = in_rising(found.table(wanted), "mjd")
        return ObjectAnswer(table.select([*columns]) if columns else table, found=found)

    def objects_of(self, alert_id: int) -> list[str]:
        """The ids of the objects that have an alert of that id; surveys may share one."""
        found = Finder(self._lake).alert(alert_id).table(["object_id"])
        return [*dict.fromkeys(found.column(0).to_pylist())]

    def similar(
        self,
        asked: str | int,
        *,
        index: str | PathLike[str] | None = None,
        night: str | None = None,
        filter_file: str | PathLike[str] | None = None,
        count: int = COUNT,
    ) -> list[Neighbour]:
        """As `gueststar.similar`, with lake and index kept open. Raises QuestionError."""
        if index not in self._similar:
            self._similar[index] = Similar(self._lake, index)
        return self._similar[index].to(asked, night=night, filter_file=filter_file, count=count)

    def cone(
        self,
        ra_deg: float,
        dec_deg: float,
        radius: str,
        *,
        columns: Sequence[str] | None = None,
        found_max: int | None = None,
    ) -> Answer:
        """The alerts within a radius ("5arcsec", "2arcmin", "1deg") of a place, ICRS, the nearest
        first; the border belongs to it.

        `separation_arcsec` stands behind the columns. Raises ArchiveError, QuestionError, where
        more than `found_max` are in it, too.
        """
        cone = Cone(ra_deg, dec_deg, radius_arcsec(radius))
        found = self._finder.cone(cone)
        if found_max is not None and len(found) > found_max:
            raise QuestionError(
                f"{len(found):,} alerts are in this cone, over {found_max:,}; ask for a smaller"
                " radius, or count them in SQL"
            )
        table = found.table(columns and [*dict.fromkeys([*columns, *PLACE])])
        apart = cone.apart_arcsec(*(table.column(name).to_numpy() for name in PLACE))
        table = (table.select([*columns]) if columns else table).append_column(APART, [apart])
        return Answer(in_rising(table, APART))

    def sql(self, text: str, limits: SqlLimits | None = None, ended: Event | None = None) -> Answer:
        """The rows of one SELECT (DuckDB's) over the views that `gueststar lake sql` has.

        What is not measured is NULL there, a band is its name. Raises QuestionError for another
        statement, one that is wrong, one that takes more than its limits, or where `ended` is set.
        """
        found = ask(self._lake, text, limits, ended)
        return Answer(found.table, found.cut_short, with_units=False)

    def count_by(self, *columns: str) -> Answer:
        """How many alerts have each value of a column, or of some together.

        A row each, sorted by these; `alerts` says how many. Raises QuestionError.
        """
        return Answer(count_by(self._lake, columns, self._run), with_units=False)

    def map(
        self, function: Callable[[Mapping[str, NDArray[Any]]], Result], columns: Sequence[str]
    ) -> list[Result]:
        """What a function gives for some columns of all alerts, a piece of a night at a time.

        It gets columns by name, (n,) each, n at most 131,072, and is called for the pieces in
        order, on a cluster on its workers. Raises QuestionError.
        """
        return applied(self._lake, function, columns, self._run)

    def revisions(self, object_id: str = "") -> Answer:
        """Verdicts that `gueststar reclassify` revised, of all or of an object: old beside new."""
        return Answer(read_revisions(self.path, object_id), with_units=False)

    def variability(self, object_id: str = "") -> Answer:
        """What `gueststar lake patterns` found, of all objects or of one: a row an object."""
        return Answer(read_variability(self.path, object_id), with_units=False)

    def positions(self) -> tuple[Floats, Floats]:
        """Right ascension and declination of every alert, (n,) each; NaN where it has none."""
        each = [[rows.column(name) for name in PLACE] for rows in self._lake.tables()]
        ra_deg, dec_deg = (np.concatenate(one) for one in zip(*each, strict=True))
        return ra_deg, dec_deg

    def nights(self) -> Answer:
        """A row each: night, alerts, how many of them with packets, files and their bytes."""
        alerts, packets, files, size = (Counter[str]() for _ in range(4))
        for part in self._lake.parts:
            alerts[part.night] += len(part)
            packets[part.night] += part.standing.with_packets
            files[part.night] += 1
            size[part.night] += part.path.stat().st_size
        counts = {"alerts": alerts, "with_packets": packets, "files": files, "bytes": size}
        nights = [*alerts]
        columns = {
            name: np.array([each[one] for one in nights], np.int64) for name, each in counts.items()
        }
        return Answer(arrow_table({"night": np.array(nights, np.int32)} | columns))


def lake(
    path: str | PathLike[str],
    nights: Sequence[str] = (),
    *,
    cluster: Any = None,  # noqa: ANN401 - as above
) -> OpenLake:
    """A lake, or some of its nights ("20231018", "20231001:20231031"), to be asked.

    `cluster` is a client of Dask's (`distributed.Client`), if its workers are to read. Raises
    ArchiveError where there is none.
    """
    return OpenLake(path, nights, cluster=cluster)
