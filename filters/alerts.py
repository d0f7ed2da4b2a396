"""What a filter sees of a batch: its columns, read-only, and a note of each one read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from schemas.batch import LightCurves
from schemas.columns import COLUMNS
from schemas.cutouts import Stamps
from schemas.distances import luminosity_distance_mpc
from schemas.errors import FilterError, ModelError
from schemas.learned import Given, labels_of
from schemas.prior import Prior, reweighed, shares_of
from schemas.suggestion import nearest
from sky.catalogues import NO_SKY, AskedOf, CatalogueIdentity, Sky

WHOLES = frozenset({"light_curve", "forced_photometry", "stamps"})
"""What a filter may read that is no plain column."""


HOST_REDSHIFT = ("host", "redshift")
"""Stage and column by which an alert's distance is known, where such a stage runs."""

MESSENGER_PROBABILITY = "messenger_probability()"


class Table(Protocol):
    """Alerts as columns: a live batch (`AlertBatch`), hand-made ones, or rows of an archive."""

    def __len__(self) -> int:
        """How many alerts there are."""
        ...

    def column(self, name: str) -> NDArray[Any]:
        """A plain column of COLUMNS, (n,)."""
        ...

    @property
    def light_curve(self) -> LightCurves:
        """History and this detection."""
        ...

    @property
    def forced_photometry(self) -> LightCurves:
        """Forced photometry at the object's position."""
        ...

    @property
    def stamps(self) -> Stamps:
        """The three cutouts of every row."""
        ...

    @property
    def given(self) -> Mapping[str, Given]:
        """What stages gave, by its name."""
        ...

    def learned_column(self, name: str, column: str) -> NDArray[np.floating[Any]]:
        """One column of that, (n,)."""
        ...

    def take(self, rows: NDArray[np.int64], /) -> Self:
        """The same of some rows, in the order given."""
        ...


class Reading(NamedTuple):
    """One thing that a clause read: what it is called, and its values (n,)."""

    name: str
    values: NDArray[Any]


class UnknownColumn(FilterError, AttributeError):  # noqa: N818 - named for what was asked
    """A filter asked for a column that no alert has."""


class Alerts:
    """A batch as a filter sees it: `alerts.magnitude` is that column, float64 (n,), read-only.

    Columns are those of `AlertBatch` (COLUMNS, and the light curves and stamps). A value that
    was not measured is NaN; a distance where nothing was found is +inf. Any other name raises
    UnknownColumn, which suggests the nearest. `catalogues` are the regions and watchlists asked
    so far, `columns` the names of the plain columns read so far.
    """

    __slots__ = ("_asked", "_batch", "_read", "_sky", "catalogues", "columns")

    def __init__(self, batch: Table, sky: Sky = NO_SKY) -> None:
        """A view; the batch is not copied. `sky` answers for regions and watchlists."""
        self._batch = batch
        self._sky = sky
        self._asked: AskedOf | None = None
        self._read: list[Reading] = []
        self.catalogues: dict[str, CatalogueIdentity] = {}
        self.columns: set[str] = set()

    def __len__(self) -> int:
        """How many alerts there are; a mask has as many entries."""
        return len(self._batch)

    @property
    def light_curve(self) -> LightCurves:
        """History and this detection, not to be written."""
        return _locked_curves(self._batch.light_curve)

    @property
    def forced_photometry(self) -> LightCurves:
        """Forced photometry at the object's position, not to be written."""
        return _locked_curves(self._batch.forced_photometry)

    @property
    def stamps(self) -> Stamps:
        """The three cutouts of every row."""
        return self._batch.stamps

    def __getattr__(self, name: str) -> NDArray[Any]:
        """A column by its name."""
        if name not in COLUMNS:
            raise UnknownColumn(
                f"alerts have no column {name!r}{nearest(name, COLUMNS.keys() | WHOLES)}"
            )
        self.columns.add(name)
        return self.derived(_locked(self._batch.column(name)), name)

    def score(self, classifier: str, label: str, prior: Prior = "natural") -> NDArray[np.float32]:
        """A label's probability by a classifier, float32 (n,); NaN where it declined.

        prior: the one that the filter means, "natural", "even" or a share for each label; at
        whichever the scores came.
        """
        given = self._batch.given
        scored = labels_of(given)
        if classifier not in scored:
            raise FilterError(
                f"no classifier {classifier!r} has scored{nearest(classifier, scored)}"
            )
        if label not in scored[classifier]:
            hint = nearest(label, scored[classifier])
            raise FilterError(f"classifier {classifier!r} has no label {label!r}{hint}")
        name = f'score("{classifier}", "{label}"{_said(prior)})'
        return self.derived(self._scored(given[classifier], label, prior), name)

    def _scored(self, given: Given, label: str, prior: Prior) -> NDArray[np.float32]:
        """One column as it came, or by way of all where it came at another prior."""
        try:
            wanted = shares_of(given.name, given.columns, prior)
        except ModelError as error:
            raise FilterError(str(error)) from error
        if wanted == given.prior:
            return _locked(self._batch.learned_column(given.name, label))
        columns = [self._batch.learned_column(given.name, each) for each in given.columns]
        values = np.stack(columns, axis=1)
        found = reweighed(given.name, given.columns, values, given.prior, wanted)
        return found[:, given.columns.index(label)]

    def value(self, stage: str, column: str) -> NDArray[np.float64]:
        """A value that a stage gave, float64 (n,); NaN where it is not known."""
        given = {name: each for name, each in self._batch.given.items() if each.kind == "values"}
        if stage not in given:
            raise FilterError(f"no stage {stage!r} has given values{nearest(stage, given)}")
        if column not in given[stage].columns:
            hint = nearest(column, given[stage].columns)
            raise FilterError(f"stage {stage!r} gives no value {column!r}{hint}")
        name = f'value("{stage}", "{column}")'
        return self.derived(_locked(self._batch.learned_column(stage, column)), name)

    def in_region(self, name: str) -> NDArray[np.bool_]:
        """Whether each alert lies in a region of the configuration, bool (n,)."""
        region = self._sky.region(name)
        self.catalogues[name] = region.identity
        inside = region.contains(self._batch.column("ra_deg"), self._batch.column("dec_deg"))
        return self.derived(inside, f'in_region("{name}")')

    def watchlist_distance_arcsec(self, name: str) -> NDArray[np.float64]:
        """To the nearest position of a watchlist whose radius reaches here, (n,); +inf: none."""
        watchlist = self._sky.watchlist(name)
        self.catalogues[name] = watchlist.identity
        distance = watchlist.distance_arcsec(
            self._batch.column("ra_deg"), self._batch.column("dec_deg")
        )
        return self.derived(distance, f'watchlist_distance_arcsec("{name}")')

    def watchlist(self, name: str) -> NDArray[np.bool_]:
        """Whether each alert is at a position of a watchlist, within that one's radius, (n,)."""
        return self.watchlist_distance_arcsec(name) < np.inf

    def messenger(self, event: str, column: str) -> NDArray[np.float64]:
        """What each alert is to an event of another messenger, (n,); EVENT_COLUMNS has them.

        NaN where no event of that name is live, and where its map says nothing of that.
        """
        found = self._sky.events.value(event, column, self._asked_of())
        return self.derived(found, f'messenger("{event}", "{column}")')

    def messenger_probability(self) -> NDArray[np.float64]:
        """1 - credible level by the event that makes it the greatest, (n,); 0 without one."""
        return self.derived(self._sky.events.probability(self._asked_of()), MESSENGER_PROBABILITY)

    def annotation(self, source: str, name: str) -> NDArray[np.str_]:
        """What a source said of each object by that name, a text (n,); empty: nothing."""
        found = self._sky.annotations.texts(source, name, self._batch.column("object_id"))
        return self.derived(found, f'annotation("{source}", "{name}")')

    def annotation_number(self, source: str, name: str) -> NDArray[np.float64]:
        """The same of a number, (n,); NaN: nothing was said."""
        found = self._sky.annotations.numbers(source, name, self._batch.column("object_id"))
        return self.derived(found, f'annotation_number("{source}", "{name}")')

    def _asked_of(self) -> AskedOf:
        """These alerts, made once: whoever is asked of them knows them again."""
        if self._asked is None:
            ra_deg, dec_deg, mjd = (self._batch.column(one) for one in ("ra_deg", "dec_deg", "mjd"))
            distance_mpc = luminosity_distance_mpc(self._host_redshift())
            self._asked = AskedOf(ra_deg, dec_deg, mjd, distance_mpc)
        return self._asked

    def _host_redshift(self) -> NDArray[np.float64]:
        """By the stage that finds hosts, where one runs."""
        stage, column = HOST_REDSHIFT
        given = self._batch.given.get(stage)
        if given is None or column not in given.columns:
            return np.full(len(self), np.nan)
        return self._batch.learned_column(stage, column).astype(np.float64)

    def derived(self, column: NDArray[Any], name: str = "") -> NDArray[Any]:
        """Note a column of the filter's own making (n,): a row refused at its NaN is unknown.

        By its `name` it is shown to who asks why an alert was refused.
        """
        self._read.append(Reading(name, column))
        return column

    @property
    def readings(self) -> Sequence[Reading]:
        """What was read since `forget`."""
        return tuple(self._read)

    def unmeasured(self) -> NDArray[np.bool_]:
        """The rows, bool (n,), where a column read since `forget` is NaN."""
        missing = np.zeros(len(self), dtype=np.bool_)
        for _, column in self._read:
            if column.dtype.kind == "f":
                missing |= np.isnan(column)
        return missing

    def forget(self) -> None:
        """Begin the next clause: nothing has been read for it yet."""
        self._read.clear()


def _said(prior: Prior) -> str:
    """How a prior is told to who asks why an alert was refused; nothing of the usual one."""
    return "" if prior == "natural" else f", prior={prior if prior == 'even' else 'its own'}"


def _locked(column: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written: survey fields are never changed, by a filter least of all."""
    view = column.view()
    view.flags.writeable = False
    return view


def _locked_curves(curves: LightCurves) -> LightCurves:
    """The same light curves, not to be written."""
    return LightCurves(*(_locked(getattr(curves, column.name)) for column in fields(curves)))
