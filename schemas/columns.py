"""The table of columns: what an alert holds once decoded, in one place for all who ask by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, get_type_hints

import numpy as np

BANDS = ("u", "g", "r", "i", "z", "y", "Y", "J", "H", "K")
"""Band names by code: `batch.band` holds indices into this tuple, -1 where unknown.

Lakes hold the codes, so names are only ever appended. A network says itself which it knows.
"""

SYSTEMS = ("ztf", "lsst", "winter", "telescope")
"""Photometric systems by code: the passbands and the depth that fluxes were measured in.

`batch.photometric_system` holds indices into this tuple, -1 where unknown; names are only ever
appended. A network that was taught fluxes of one system reads no others.
"""

Text = TypeVar("Text")
Identifier = TypeVar("Identifier")
Count = TypeVar("Count")
Night = TypeVar("Night")
Code = TypeVar("Code")
Number = TypeVar("Number")


class Kind(NamedTuple):
    """What the values of a column are."""

    name: str
    dtype: type[np.generic]
    none: Any
    """What stands where a survey says nothing."""


TEXT = Kind("text", np.str_, "")
IDENTIFIER = Kind("identifier", np.int64, 0)
"""Of 64 bits, of which a float64 holds 53."""
COUNT = Kind("count", np.int64, 0)
NIGHT = Kind("night", np.int32, 0)
CODE = Kind("code", np.int8, -1)
NUMBER = Kind("number", np.float64, math.nan)
KINDS = {
    Text: TEXT,
    Identifier: IDENTIFIER,
    Count: COUNT,
    Night: NIGHT,
    Code: CODE,
    Number: NUMBER,
}


class About(NamedTuple):
    """What the table says of a column beside its name and kind."""

    sentence: str
    unit: str = ""
    """As astropy writes it; none where it has no dimension."""
    missing: str = "not measured"
    """What it means that there is no value."""
    between: tuple[float, float] = (0.0, 1.0)
    """What most values lie between, for alerts that are drawn at random."""
    names: tuple[str, ...] = ()
    """What codes stand for."""


class Column(NamedTuple):
    """A line of the table."""

    name: str
    kind: Kind
    about: About


NOTHING_NEAR = "not looked for; +inf where nothing was found"


@dataclass(frozen=True, slots=True)
class Columns(Generic[Text, Identifier, Count, Night, Code, Number]):
    """The columns by name and kind: of many alerts arrays, of one alert values.

    What is no number but stands for something, as a band, is its code in arrays, its name in one
    alert. Which field of a survey's records each comes from stands in the survey's adapter.
    """

    survey: Annotated[Text, About("The survey.")]
    alert_id: Annotated[Identifier, About("The alert, within its survey.")]
    object_id: Annotated[Text, About("What the survey takes to be one source on the sky.")]
    mjd: Annotated[
        Number, About("When, in the time scale and at the instant that its survey says.", "d")
    ]
    exposed_unix_s: Annotated[Number, About("The same instant, UTC since 1970.", "s")]
    night: Annotated[Night, About("The observing night as the survey dates it, YYYYMMDD.")]
    mjd_utc_mid: Annotated[
        Number, About("UTC, the middle of the exposure: one time scale for all surveys.", "d")
    ]
    visit: Annotated[
        Identifier, About("The exposure, or a part of one, by its survey's number; 0: unknown.")
    ]
    ra_deg: Annotated[Number, About("Right ascension, ICRS, 0 to 360.", "deg")]
    dec_deg: Annotated[Number, About("Declination, ICRS.", "deg")]
    band: Annotated[Code, About("The passband.", missing="unknown", names=BANDS)]
    photometric_system: Annotated[
        Code, About("What all its fluxes were measured in.", missing="unknown", names=SYSTEMS)
    ]
    programid: Annotated[
        Number,
        About(
            "Who may see it, as ZTF counts: 1 everybody, 2 the partnership, 3 Caltech.",
            missing="unknown",
        ),
    ]
    programid_max: Annotated[
        Number,
        About(
            "The largest programid of this exposure and of all in the packet's histories.",
            missing="one is unknown",
        ),
    ]
    flux_njy: Annotated[
        Number,
        About("Difference flux: science minus template, signed.", "nJy", between=(-1e5, 1e5)),
    ]
    flux_err_njy: Annotated[
        Number, About("One standard deviation of it.", "nJy", between=(50, 2_000))
    ]
    magnitude: Annotated[
        Number, About("AB, of the absolute difference flux.", "mag", between=(14, 24))
    ]
    magnitude_err: Annotated[
        Number, About("One standard deviation of it.", "mag", between=(0.02, 0.3))
    ]
    limit_mag: Annotated[
        Number, About("The exposure's five-sigma limit, AB.", "mag", between=(18, 24))
    ]
    age_days: Annotated[
        Number,
        About("Since the object's first detection; 0 for a first one.", "d", between=(0, 40)),
    ]
    history_age_days: Annotated[
        Number,
        About(
            "Since the first detection that the packet itself holds.",
            "d",
            "it holds none",
            between=(0, 40),
        ),
    ]
    detections: Annotated[Count, About("Of the object so far, this one included.", between=(1, 60))]
    star_distance_arcsec: Annotated[
        Number,
        About(
            "To the nearest source of the survey's star catalogue.",
            "arcsec",
            NOTHING_NEAR,
            between=(0, 15),
        ),
    ]
    star_galaxy_score: Annotated[Number, About("Of that source: 1 a star, 0 a galaxy.")]
    asteroid_distance_arcsec: Annotated[
        Number,
        About("To the nearest known solar-system object.", "arcsec", NOTHING_NEAR, between=(0, 15)),
    ]
    survey_real_score: Annotated[Number, About("The survey's own real/bogus score, 0 to 1.")]
    survey_real_version: Annotated[Text, About("Of the survey's model that gave it.")]
    signal_to_noise: Annotated[
        Number, About("Of the detection, in the difference image.", between=(3, 60))
    ]
    fwhm_pixels: Annotated[
        Number, About("Full width at half maximum of the source.", "pix", between=(1, 6))
    ]
    elongation: Annotated[Number, About("The source's long axis by its short one.", between=(1, 3))]
    motion_arcsec_hour: Annotated[
        Number,
        About(
            "How fast it moves on the sky, where its survey linked it with others of the night.",
            "arcsec / h",
            "not linked as moving",
            between=(5, 100),
        ),
    ]
    template_flux_njy: Annotated[
        Number,
        About(
            "Of what the template holds at this place.",
            "nJy",
            "the survey names no source there",
            between=(1e3, 1e6),
        ),
    ]
    apparent_magnitude: Annotated[
        Number,
        About(
            "AB, of template and difference flux together: for variable stars.",
            "mag",
            "the template's flux is unknown, or together they have no light",
            between=(14, 24),
        ),
    ]
    extinction_ebv: Annotated[
        Number,
        About(
            "E(B-V) of all dust of our Galaxy in its line of sight, by a map of 0.92 degrees.",
            "mag",
            "no position",
            between=(0.01, 1),
        ),
    ]
    host_photoz: Annotated[
        Number,
        About(
            "Photometric redshift of the host galaxy, above 0.",
            missing="no host, as in our own Galaxy",
            between=(0.01, 1),
        ),
    ]
    host_photoz_err: Annotated[Number, About("One standard deviation of it.", between=(0.01, 0.2))]
    distance_modulus: Annotated[
        Number, About("To the host, by its photometric redshift.", "mag", between=(33, 44))
    ]
    seen_before: Annotated[
        Count,
        About(
            "1 where the broker's worker had the same alert before, from another offset.",
            missing="0 before a broker had it",
            between=(0, 1),
        ),
    ]


def _lines() -> dict[str, Column]:
    hints = get_type_hints(Columns, include_extras=True)
    return {
        name: Column(name, KINDS[hint.__origin__], hint.__metadata__[0])
        for name, hint in hints.items()
    }


COLUMNS: Mapping[str, Column] = _lines()
"""The table, by name: what filters read, lakes keep and subscribers get of an alert."""

CODES: Mapping[str, tuple[str, ...]] = {
    name: column.about.names for name, column in COLUMNS.items() if column.kind is CODE
}
"""What the codes of a column stand for."""


def unit_of(name: str) -> str | None:
    """A column's unit as astropy writes it; None where it has none, or there is no such column."""
    return COLUMNS[name].about.unit or None if name in COLUMNS else None
