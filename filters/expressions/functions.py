"""The functions of the expression language: there are these, and no others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters import clauses, curves, dust
from filters.alerts import Alerts
from filters.expressions.tree import Call, Column, Constant, Kind, Node, Operation
from schemas.columns import BANDS
from sky.catalogues import EVENT_COLUMNS

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Band = str
"""A name in quotes that is one of BANDS."""
EventColumn = str
"""A name in quotes that is one of EVENT_COLUMNS."""

ARCSEC_PER_DEGREE = 3600.0


class Works(Enum):
    """What a function works on, and so how its `run` is called."""

    VALUES = "values"
    """`run(*operands)`: values by values, of any shape; it knows of no alerts."""
    ALERTS = "alerts"
    """`run(alerts, *names, *operands)`: its operands are Constants' values."""
    TREES = "trees"
    """`run(*operands)`: it stands for an expression, and no Call of it is in a tree."""


@dataclass(frozen=True)
class Function:
    """One function: what it takes, what it gives, and the code that does it."""

    name: str
    works: Works
    names: tuple[str, ...]
    """What its arguments in quotes are called; they come first."""
    operands: tuple[str, ...]
    """What its numbers are called."""
    kind: Kind
    run: Callable[..., Any]

    @property
    def signature(self) -> str:
        """As it is written."""
        quoted = [f'"{name}"' for name in self.names]
        return f"{self.name}({', '.join([*quoted, *self.operands])})"

    @property
    def document(self) -> str:
        """What it gives, its units, and the source of its formula."""
        return inspect.getdoc(self.run) or ""

    def known(self, argument: str) -> Known | None:
        """What an argument in quotes may say; None where only the configuration knows."""
        return _KNOWN.get(self.run.__annotations__[argument])


class Known(NamedTuple):
    """What some arguments in quotes may say."""

    what: str
    names: tuple[str, ...]


_KNOWN = {"Band": Known("band", BANDS), "EventColumn": Known("column", EVENT_COLUMNS)}
"""By annotation."""
FUNCTIONS: dict[str, Function] = {}
"""By name."""

Run = Callable[..., Any]


def listed(name: str, works: Works, kind: Kind = Kind.NUMBER) -> Callable[[Run], Run]:
    """Put a function on the list, by the arguments that it takes."""

    def put(run: Run) -> Run:
        takes = {key: of for key, of in run.__annotations__.items() if key not in _NO_ARGUMENTS}
        names = tuple(key for key, of in takes.items() if of in {"str", *_KNOWN})
        operands = tuple(key for key in takes if key not in names)
        FUNCTIONS[name] = Function(name, works, names, operands, kind, run)
        return run

    return put


_NO_ARGUMENTS = {"alerts", "return"}


@listed("abs", Works.VALUES)
def _abs(x: Floats) -> Floats:
    """The size of x, without its sign."""
    return np.abs(x)


@listed("sqrt", Works.VALUES)
def _sqrt(x: Floats) -> Floats:
    """The square root; NaN below 0."""
    return np.sqrt(x)


@listed("log10", Works.VALUES)
def _log10(x: Floats) -> Floats:
    """The decimal logarithm; -inf at 0, NaN below."""
    return np.log10(x)


@listed("exp", Works.VALUES)
def _exp(x: Floats) -> Floats:
    """e to the power of x; +inf where that is too large for a float64."""
    return np.exp(x)


@listed("minimum", Works.VALUES)
def _minimum(x: Floats, y: Floats) -> Floats:
    """The smaller of both; NaN where either is."""
    return np.minimum(x, y)


@listed("maximum", Works.VALUES)
def _maximum(x: Floats, y: Floats) -> Floats:
    """The larger of both; NaN where either is."""
    return np.maximum(x, y)


@listed("is_missing", Works.VALUES, Kind.TRUTH)
def _is_missing(x: Floats) -> Truths:
    """Whether x was not measured (NaN); a distance where nothing was found is +inf, not missing."""
    return np.isnan(x)


@listed("angular_separation", Works.VALUES)
def angular_separation(
    ra_deg: Floats, dec_deg: Floats, other_ra_deg: Floats, other_dec_deg: Floats
) -> Floats:
    """Arcseconds on the sky between two positions in degrees.

    Vincenty's formula for a sphere (Vincenty 1975, Survey Review 23, 88), which loses no digits
    for near, far and opposite positions, as astropy's `angular_separation` does.
    """
    between = np.radians(other_ra_deg - ra_deg)
    dec, other = np.radians(dec_deg), np.radians(other_dec_deg)
    across = np.cos(other) * np.sin(between)
    along = np.cos(dec) * np.sin(other) - np.sin(dec) * np.cos(other) * np.cos(between)
    inward = np.sin(dec) * np.sin(other) + np.cos(dec) * np.cos(other) * np.cos(between)
    radians = np.arctan2(np.hypot(across, along), inward)
    return np.asarray(np.degrees(radians) * ARCSEC_PER_DEGREE)


@listed("in_cone", Works.TREES, Kind.TRUTH)
def _in_cone(ra_deg: Node, dec_deg: Node, radius_deg: Node) -> Node:
    """Whether the alert lies within a radius of a position; all in degrees."""
    columns = (Column("ra_deg", Kind.NUMBER), Column("dec_deg", Kind.NUMBER))
    away = Call("angular_separation", (), (*columns, ra_deg, dec_deg), Kind.NUMBER)
    radius = Operation("*", (radius_deg, Constant(ARCSEC_PER_DEGREE, Kind.NUMBER)), Kind.NUMBER)
    return Operation("<=", (away, radius), Kind.TRUTH)


@listed("days_since", Works.TREES)
def _days_since(mjd: Node) -> Node:
    """Days from an MJD to the alert, in the survey's own time scale; below 0 where it is later."""
    return Operation("-", (Column("mjd", Kind.NUMBER), mjd), Kind.NUMBER)


@listed("score", Works.ALERTS)
def _score(alerts: Alerts, classifier: str, label: str) -> Floats:
    """A label's probability by a classifier at its natural prior; NaN where it declined."""
    return alerts.score(classifier, label).astype(np.float64)


@listed("score_at_even_odds", Works.ALERTS)
def _score_at_even_odds(alerts: Alerts, classifier: str, label: str) -> Floats:
    """The same at even odds: as if all labels were equally common."""
    return alerts.score(classifier, label, "even").astype(np.float64)


@listed("value", Works.ALERTS)
def _value(alerts: Alerts, stage: str, column: str) -> Floats:
    """A value that a stage gave, as a catalogue's cross-match does; NaN where it is not known."""
    return alerts.value(stage, column)


@listed("in_region", Works.ALERTS, Kind.TRUTH)
def _in_region(alerts: Alerts, region: str) -> Truths:
    """Whether the alert lies in a region of the configuration (`[filters.regions]`)."""
    return alerts.in_region(region)


@listed("watchlist", Works.ALERTS, Kind.TRUTH)
def _watchlist(alerts: Alerts, watchlist: str) -> Truths:
    """Whether the alert is at a position of a watchlist (`[filters.watchlists]`)."""
    return alerts.watchlist(watchlist)


@listed("watchlist_distance_arcsec", Works.ALERTS)
def _watchlist_distance_arcsec(alerts: Alerts, watchlist: str) -> Floats:
    """Arcseconds to the nearest position of a watchlist whose radius reaches here; +inf: none."""
    return alerts.watchlist_distance_arcsec(watchlist)


@listed("messenger", Works.ALERTS)
def _messenger(alerts: Alerts, event: str, column: EventColumn) -> Floats:
    """What the alert is to an event of another messenger: `"credible_level"`, `"days_since"`, ….

    NaN where no event of that name is live, as before its first notice and after a retraction.
    """
    return alerts.messenger(event, column)


@listed("messenger_probability", Works.ALERTS)
def _messenger_probability(alerts: Alerts) -> Floats:
    """1 less the credible level, by the live event that makes it the greatest; 0 without one.

    Over 0.5 is inside an event's 50 % region, within its days.
    """
    return alerts.messenger_probability()


@listed("annotation", Works.ALERTS, Kind.TEXT)
def _annotation(alerts: Alerts, source: str, name: str) -> NDArray[np.str_]:
    """What a source said of the object, a text: `annotation("followup", "type") == "SNIa"`.

    Empty where nothing was said, as before it was (followup.md).
    """
    return alerts.annotation(source, name)


@listed("annotation_number", Works.ALERTS)
def _annotation_number(alerts: Alerts, source: str, name: str) -> Floats:
    """The same of a number, as `"redshift"`; NaN where nothing was said."""
    return alerts.annotation_number(source, name)


@listed("galactic_latitude_deg", Works.ALERTS)
def _galactic_latitude_deg(alerts: Alerts) -> Floats:
    """Galactic latitude of the alert, degrees, -90 to 90."""
    return clauses.galactic_latitude_deg(alerts)


@listed("brightening_mag", Works.ALERTS)
def _brightening_mag(alerts: Alerts) -> Floats:
    """Magnitudes by which source and template together outshine the template.

    NaN where the template names no source there.
    """
    return clauses.brightening_mag(alerts)


@listed("rate_mag_per_day", Works.ALERTS)
def _rate_mag_per_day(alerts: Alerts) -> Floats:
    """Magnitudes a day since the last earlier epoch of the same band; above 0 is brighter.

    That epoch is half a day to five days back. Where nothing was detected in it, its limiting
    magnitude stands for it, and the rate is a lower bound. NaN where there is none.
    """
    return curves.rise_mag_per_day(alerts)


@listed("fade_mag_per_day", Works.ALERTS)
def _fade_mag_per_day(alerts: Alerts) -> Floats:
    """Magnitudes a day from the band's brightest detection to this one; above 0 is fainter."""
    return curves.fade_mag_per_day(alerts)


@listed("peak_magnitude", Works.ALERTS)
def _peak_magnitude(alerts: Alerts) -> Floats:
    """AB magnitude of the brightest detection so far in any band, this one included."""
    return curves.peak_magnitude(alerts)


@listed("days_since_peak", Works.ALERTS)
def _days_since_peak(alerts: Alerts) -> Floats:
    """Days from the brightest detection so far in any band; 0 where that is this one."""
    return curves.days_since_peak(alerts)


@listed("days_since_dark", Works.ALERTS)
def _days_since_dark(alerts: Alerts) -> Floats:
    """Days since the last epoch, before the first detection, that was deep enough to show it."""
    return curves.days_since_dark(alerts)


@listed("amplitude_mag", Works.ALERTS)
def _amplitude_mag(alerts: Alerts) -> Floats:
    """Magnitudes from the faintest to the brightest detection so far in the alert's band."""
    return curves.amplitude_mag(alerts)


@listed("points_within", Works.ALERTS)
def _points_within(alerts: Alerts, days: float) -> Floats:
    """How many detections the last so many days before the alert hold, this one included."""
    return curves.detections_within(alerts, days).astype(np.float64)


@listed("colour", Works.ALERTS)
def _colour(alerts: Alerts, band: Band, other_band: Band) -> Floats:
    """Magnitude in one band less that in another, of the latest detections, a day apart at most.

    Not corrected for extinction. NaN where one is missing or they are further apart.
    """
    return curves.colour(alerts, band, other_band)


@listed("dereddened_colour", Works.ALERTS)
def _dereddened_colour(alerts: Alerts, band: Band, other_band: Band) -> Floats:
    """The same less what our Galaxy's dust makes of it, by `extinction_ebv` of the line of sight.

    NaN where the colour is, and in bands other than Rubin's and ZTF's.
    """
    return dust.dereddened_colour(alerts, band, other_band)
