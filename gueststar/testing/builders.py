"""Alerts made by hand, in a line: what is not given is not measured, what follows is worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from filters.handmade import GIVEN_WHERE_ABSENT, Epoch, handmade
from schemas.batch import AlertBatch, Floats
from schemas.columns import COLUMNS, SYSTEMS
from schemas.errors import FilterError
from schemas.photometry import FLUX_ERR_PER_MAG, ab_magnitude, njy, unix_s
from schemas.suggestion import nearest

LABELS: Mapping[str, tuple[str, ...]] = {
    "realbogus": ("real", "bad_subtraction", "cosmic_ray", "bad_pixel", "satellite_trail"),
    "lightcurve": (
        *("SNIa", "SNIa-91bg", "SNIax", "SNII", "SNIbc", "SLSN-I", "TDE", "KN", "AGN", "RRL"),
        *("M-dwarf", "EB", "Mira", "uLens-Single"),
    ),
    "supernova": ("SNIa", "SNII", "SNIIn", "SLSN-I", "SNIbc", "TDE", "AGN", "star"),
}
"""Of the classifiers that come along; a test holds them to the served ones."""

MJD = float(GIVEN_WHERE_ABSENT["mjd"])
"""When a hand-made alert is, unless its author says otherwise."""

MAGNITUDE_ERR = 0.1
"""Of a point of a light curve whose author gives none."""

Values = Any
"""One value for every alert, or a list of one value each."""
Point = Sequence[Any]
"""Days from the alert, band, AB magnitude, and its error, which may be left out."""


def alerts(
    *,
    light_curve: Sequence[Any] | None = None,
    scores: Mapping[str, Mapping[str, Values]] | None = None,
    values: Mapping[str, Mapping[str, Values]] | None = None,
    rows: int | None = None,
    **given: Values,
) -> AlertBatch:
    """A batch of alerts with these columns; one value goes for all of them.

        alerts(magnitude=[18.2, 20.1], age_days=3, realbogus={"real": [0.9, 0.2]})

    A keyword is a column of `AlertBatch` or a classifier that comes along, whose other labels
    share what is left of 1 evenly; they are at its natural prior. `scores` is for other
    classifiers, {name: {label: values}}, `values` the same of other stages.
    `light_curve` is one (made by `light_curve`) for a single alert, else a list of one each; by
    default the detection alone.

    A column that is not given is not measured (NaN), and a classifier has declined. Worked out of
    what is given: flux of a magnitude and the other way round, with their errors, and the UTC of
    mjd. Raises FilterError for a name that is neither, with the nearest.
    """
    columns, by_classifier = _sorted_out(given)
    by_classifier |= {name: dict(labels) for name, labels in (scores or {}).items()}
    by_stage = values or {}
    learned = [*_each(by_classifier), *_each(by_stage)]
    count = _rows(rows, [*columns.values(), *learned], light_curve)
    plain = _spreads(columns, count)
    _work_out(plain)
    return handmade(
        light_curve=None if light_curve is None else _curves(light_curve, count),
        scores=_filled(by_classifier, count),
        values={name: _spreads(each, count) for name, each in by_stage.items()},
        rows=count,
        **plain,
    )


def light_curve(
    points: Iterable[Point], *, limits: Iterable[Point] = (), mjd: float = MJD
) -> list[Epoch]:
    """A light curve of detections and upper limits, by days from the alert, which is at `mjd`.

        light_curve([(-3, "g", 20.1), (0, "g", 19.2, 0.05)], limits=[(-6, "g", 20.5)])

    A point is (days, band, AB magnitude) and an error of that, 0.1 where there is none. The
    alert's own detection is one of the points.
    """
    epochs = [_detection(mjd, *point) for point in points]
    epochs += [Epoch(mjd + days, band, limit_mag=limit) for days, band, limit in limits]
    return sorted(epochs, key=lambda epoch: epoch.mjd)


def _detection(
    mjd: float, days: float, band: str, magnitude: float, error: float = MAGNITUDE_ERR
) -> Epoch:
    flux = float(njy(np.array(magnitude, dtype=np.float64)))
    return Epoch(mjd + days, band, flux, flux * error * FLUX_ERR_PER_MAG)


def _sorted_out(given: Mapping[str, Values]) -> tuple[dict[str, Values], dict[str, dict[str, Any]]]:
    """Columns, and scores by classifier."""
    columns, scores = {}, {}
    for name, values in given.items():
        if name in COLUMNS:
            columns[name] = values
        elif name in LABELS and isinstance(values, Mapping):
            scores[name] = _known_labels(name, values)
        elif name in LABELS:
            raise FilterError(f"{name} takes probabilities by label, as {name}={{'real': 0.9}}")
        else:
            raise FilterError(f"alerts have no column {name!r}{nearest(name, {*COLUMNS, *LABELS})}")
    return columns, scores


def _known_labels(name: str, values: Mapping[str, Values]) -> dict[str, Values]:
    for label in values:
        if label not in LABELS[name]:
            hint = nearest(label, LABELS[name])
            raise FilterError(f"classifier {name!r} has no label {label!r}{hint}")
    return dict(values)


def _each(scores: Mapping[str, Mapping[str, Values]]) -> list[Values]:
    return [values for labels in scores.values() for values in labels.values()]


def _rows(rows: int | None, values: list[Values], curves: Sequence[Any] | None) -> int:
    """How many alerts: as many as the longest list has."""
    lengths = [len(one) for one in values if _is_list(one)]
    if curves is not None and not (curves and isinstance(curves[0], Epoch)):
        lengths.append(len(curves))
    if rows is not None:
        return rows
    return max(lengths, default=1)


def _is_list(values: Values) -> bool:
    return hasattr(values, "__len__") and not isinstance(values, str)


def _spread(name: str, values: Values, rows: int) -> list[Any]:
    """One value an alert; a photometric system by its code."""
    listed = list(values) if _is_list(values) else [values] * rows
    if name == "photometric_system":
        return [SYSTEMS.index(one) if isinstance(one, str) else one for one in listed]
    return listed


def _spreads(columns: Mapping[str, Values], rows: int) -> dict[str, list[Any]]:
    return {name: _spread(name, values, rows) for name, values in columns.items()}


def _curves(curves: Sequence[Any], rows: int) -> list[Sequence[Epoch]]:
    """One light curve an alert."""
    if curves and isinstance(curves[0], Epoch):
        return [curves] * rows
    if len(curves) != rows:
        raise FilterError(f"light_curve has {len(curves)} light curves; the batch has {rows} rows")
    return list(curves)


def _work_out(plain: dict[str, list[Any]]) -> None:
    """Add what follows from what is given, where it is not given itself."""
    _follow(plain, "flux_njy", njy, "magnitude")
    _follow(plain, "magnitude", ab_magnitude, "flux_njy")
    _follow(plain, "flux_err_njy", _flux_err, "magnitude_err", "flux_njy")
    _follow(plain, "magnitude_err", _magnitude_err, "flux_err_njy", "flux_njy")
    _follow(plain, "exposed_unix_s", unix_s, "mjd")


def _follow(
    plain: dict[str, list[Any]], name: str, formula: Callable[..., Floats], *needs: str
) -> None:
    if name not in plain and all(one in plain for one in needs):
        known = (np.array(plain[one], dtype=np.float64) for one in needs)
        plain[name] = formula(*known).tolist()


def _flux_err(magnitude_err: Floats, flux: Floats) -> Floats:
    return magnitude_err * np.abs(flux) * FLUX_ERR_PER_MAG


def _magnitude_err(flux_err: Floats, flux: Floats) -> Floats:
    return flux_err / np.abs(flux) / FLUX_ERR_PER_MAG


def _filled(
    scores: Mapping[str, Mapping[str, Values]], rows: int
) -> dict[str, dict[str, list[float]]]:
    """Every classifier that comes along, and those given, with all their labels."""
    found = {}
    for name in {**LABELS, **scores}:
        given = {label: _floats(values, rows) for label, values in scores.get(name, {}).items()}
        labels = LABELS.get(name, tuple(given))
        spare = [label for label in labels if label not in given]
        left = 1 - np.sum([*given.values()], axis=0) if given else np.full(rows, np.nan)
        share = np.maximum(left, 0) / max(len(spare), 1)
        found[name] = {label: list(given.get(label, share)) for label in labels}
    return found


def _floats(values: Values, rows: int) -> Any:  # noqa: ANN401 - an array of either kind
    return np.array(values if _is_list(values) else [values] * rows, dtype=np.float64)
