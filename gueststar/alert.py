"""One alert, as a subscriber holds it: a read-only row of a batch that can be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gueststar.row import Row, Scores
from schemas.annotation import SelectedBy
from schemas.batch import AlertBatch
from schemas.columns import CODES, COLUMNS
from schemas.prior import by_label

if TYPE_CHECKING:
    from classifiers.labelled_set import Labelled
    from gueststar.pictures.alert import Picture
    from gueststar.tables import AstropyTable


class Alert(Row):
    """A `Row` that makes its own table and picture."""

    __slots__ = ()

    def light_curve_table(self) -> AstropyTable:
        """Its history, this detection and its forced photometry as an astropy Table with units."""
        from gueststar.tables import light_curve_table  # noqa: PLC0415 - loads astropy

        return light_curve_table(self)

    def neighbours(self, labelled: str | PathLike[str] | None = None) -> list[Labelled]:
        """Its nearest objects of known class, by the stage "neighbours"; none where that was not.

        labelled: the set that was searched, where it was not the one that is shipped. Raises
        ModelError where it was another.
        """
        from classifiers.neighbours import LABELLED, NAME, named  # noqa: PLC0415 - loads numba

        return named(self.values.get(NAME, {}), Path(labelled) if labelled else LABELLED)

    def plot(self, *, path: str | PathLike[str] | None = None) -> Picture:
        """Its stamps, light curve and class bars as a matplotlib Figure, which needs no display.

        A notebook shows it by itself. With a `path` it is saved there too, in the form that the
        name's ending says (.png, .svg, .pdf).
        """
        # Loading matplotlib takes a second, which who draws nothing need not wait.
        from gueststar.pictures.alert import draw, save  # noqa: PLC0415

        figure = draw(self)
        if path is not None:
            save(figure, path)
        return figure


def rows(
    batch: AlertBatch,
    scores: Sequence[Scores],
    filters: Sequence[tuple[str, ...]],
    selected_by: Sequence[tuple[SelectedBy, ...]] = (),
    priors: Sequence[Scores] = (),
) -> Iterator[Alert]:
    """The batch's alerts one by one; `scores` and `filters` have one entry a row.

    So has `selected_by`, where the filters' versions are known, and `priors`, where the scores are
    for others than the batch's.
    """
    assert len(scores) == len(filters) == len(batch)
    versions = selected_by or [()] * len(batch)
    known = priors or [_priors(batch)] * len(batch)
    columns = [_values(batch, name) for name in COLUMNS]
    for row, row_values in enumerate(zip(*columns, strict=True)):
        named = dict(zip(COLUMNS, row_values, strict=True))
        yield Alert(
            **named,
            scores=scores[row],
            priors=known[row],
            filters=filters[row],
            selected_by=versions[row],
            batch=batch,
            row=row,
        )


def _priors(batch: AlertBatch) -> Scores:
    learned = batch.learned.items()
    return {name: by_label(each.columns, each.prior) for name, each in learned if each.is_scores}


def _values(batch: AlertBatch, name: str) -> list[Any]:
    """A column as Python's own values; one of codes by its names."""
    column: list[Any] = getattr(batch, name).tolist()
    if name in CODES:
        return [CODES[name][code] if code >= 0 else "" for code in column]
    return column
