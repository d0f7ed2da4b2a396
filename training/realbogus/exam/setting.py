"""The exam a trained network sits: sources and artefacts drawn by code that its training never ran.

Each stamp is a real one whose detection was taken out, and something drawn on a quiet place of
it (`site`): a source for half of them, for half an artefact (`sky`, `detector`).
What is measured on them is called simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from classifiers.realbogus import STAMP_PIXELS
from schemas.errors import GueststarError
from schemas.resampling import resample
from training.arrays import Columns, Floats, Ints, Mask
from training.realbogus.alerts.examples import Examples
from training.realbogus.exam import detector, sky
from training.realbogus.exam.optics import TYPICAL_FWHM, Psf, measured_psf, moffat_psf
from training.realbogus.exam.site import Drawing, Site, opened
from training.realbogus.exam.strength import Peak, drawn, peak, scene, strength_for
from training.realbogus.labels import (
    BAD_PIXEL,
    BAD_SUBTRACTION,
    COSMIC_RAY,
    REAL,
    SATELLITE_TRAIL,
)

Drawer = Callable[[Site, np.random.Generator], Drawing]

SNR_RANGE = (5.0, 100.0)
"""In the difference, drawn evenly in its logarithm, for sources and artefacts alike,"""
SNR_RANGE_OF = {"ghost": (5.0, 20.0)}
"""but for reflections, which are faint."""
TRIES = 60
"""Rows tried for one stamp before giving up: nearly every real stamp has a quiet place."""
PEAK_REACH = 3
"""Pixels about the place in which a detection's peak is looked for,"""
WIDE_REACH = frozenset({"saturated", "misaligned", "noise"})
"""but for these, whose peak may lie as far off as the site reaches."""
AS_DRAWN = {"extreme_pixel": np.inf, "noise": 5.0}
"""Kinds that have a strength of their own, and the S/N that they stay below: a higher peak of mere
noise would be a neighbour's light."""
REDRAWS = 12
"""Of what cannot be as strong as it should, before its stamp is given up: a stamp given up for
some kinds only would tell them from the others."""
NEIGHBOURS = 6
"""Rows asked for a star, of the same night and then of the survey, where a row shows none."""
KINDS: Mapping[int, Mapping[str, Drawer]] = MappingProxyType(
    {
        REAL: {
            "source": sky.source,
            "variable_star": sky.variable_star,
            "supernova": sky.supernova,
        },
        BAD_SUBTRACTION: {
            "dipole": sky.dipole,
            "misaligned": sky.misaligned,
            "ring": sky.ring,
            "saturated": sky.saturated,
            "ghost": sky.ghost,
            "noise": sky.nothing,
        },
        COSMIC_RAY: {
            "cosmic_hit": detector.cosmic_hit,
            "cosmic_track": detector.cosmic_track,
            "cosmic_worm": detector.cosmic_worm,
        },
        BAD_PIXEL: {
            "hot_pixel": detector.hot_pixel,
            "dead_pixel": detector.dead_pixel,
            "bad_column": detector.bad_column,
            "masked_block": detector.masked_block,
            "detector_edge": detector.detector_edge,
            "extreme_pixel": detector.extreme_pixel,
        },
        SATELLITE_TRAIL: {"trail": sky.trail, "glints": sky.glints},
    }
)
"""What is drawn, by label; the kinds of one label evenly."""


@dataclass(frozen=True)
class ExamSet(Columns):
    """m drawn stamps and what was drawn."""

    stamps: NDArray[np.float32]
    """(m, 3, 63, 63): science, template, difference; NaN where there is no pixel."""
    label: Ints
    """(m,) place in LABELS."""
    kind: NDArray[np.str_]
    """(m,) name in KINDS."""
    snr: Floats
    """(m,) of what was drawn, as a point-source filter over the difference sees it at its peak."""
    negative: Mask
    """(m,) whether the difference is template minus science."""
    survey: NDArray[np.str_]
    """(m,)."""
    row: Ints
    """(m,) the example that it is drawn on."""

    def __len__(self) -> int:
        return len(self.label)


def exam(examples: Examples, rows: Ints, random: np.random.Generator, count: int) -> ExamSet:
    """`count` stamps drawn on those rows: half sources, half artefacts, a quarter of it a label.

    Raises GueststarError where no stamp of the rows has a place to draw on.
    """
    if not count:
        return _none(examples)
    profiles = _Profiles(examples, rows)
    parts = [
        _one(examples, profiles, KINDS[label][kind], kind, random) for label, kind in _plan(count)
    ]
    labels, kinds = (np.array(column) for column in zip(*_plan(count), strict=True))
    order = random.permutation(count)
    stamps, snr, negative, row = (np.array(column)[order] for column in zip(*parts, strict=True))
    return ExamSet(stamps, labels[order], kinds[order], snr, negative, examples.survey[row], row)


def _none(examples: Examples) -> ExamSet:
    stamps, rows = examples.stamps[:0], np.zeros(0, np.int64)
    kinds, flags = np.zeros(0, np.str_), np.zeros(0, np.bool_)
    return ExamSet(stamps, rows, kinds, np.zeros(0), flags, examples.survey[:0], rows)


def _plan(count: int) -> Iterator[tuple[int, str]]:
    """Labels and kinds in turn: every second one a source, the bogus labels one after another."""
    bogus = [label for label in KINDS if label != REAL]
    for place in range(count):
        turn, odd = divmod(place, 2)
        label = bogus[turn % len(bogus)] if odd else REAL
        kinds = tuple(KINDS[label])
        yield label, kinds[(turn // len(bogus) if odd else turn) % len(kinds)]


def _one(
    examples: Examples, profiles: _Profiles, drawer: Drawer, kind: str, random: np.random.Generator
) -> tuple[NDArray[np.float32], float, bool, int]:
    """A stamp as the network reads it, its S/N, whether it is negative, and its row."""
    for _ in range(TRIES):
        row = int(random.choice(profiles.rows))
        survey = str(examples.survey[row])
        psf = profiles.of(row, random)
        site = opened(examples.native[row], bool(examples.negative[row]), psf, survey, random)
        if site is not None and (detected := _detected(site, drawer, kind, random)) is not None:
            planes, found = detected
            return _as_read(planes, found, site.stamp_side, random), found.snr, site.sign < 0, row
    raise GueststarError(
        f"no place to draw {kind!r} on in {TRIES} of {len(profiles.rows)} stamps: "
        "give the exam rows whose middle has pixels"
    )


def _detected(
    site: Site, drawer: Drawer, kind: str, random: np.random.Generator
) -> tuple[Floats, Peak] | None:
    """The drawn planes and where a survey would have detected it; None where it would not."""
    reach = site.reach if kind in WIDE_REACH else min(PEAK_REACH, site.reach)
    if kind in AS_DRAWN:
        found = _as_drawn(site, drawer(site, random), reach, random)
        return found if found is not None and found[1].snr < AS_DRAWN[kind] else None
    for _ in range(REDRAWS):
        snr = float(np.exp(random.uniform(*np.log(SNR_RANGE_OF.get(kind, SNR_RANGE)))))
        drawing = drawer(site, random)
        scaled = strength_for(site, drawing, snr, reach)
        if scaled is not None:
            return drawn(site, drawing, scaled[0], random), scaled[1]
    return None


def _as_drawn(
    site: Site, drawing: Drawing, reach: int, random: np.random.Generator
) -> tuple[Floats, Peak] | None:
    """The same at strength 1: the peak is that of all the difference shows."""
    planes = drawn(site, drawing, 1.0, random)
    signal = planes[2] - np.nanmedian(planes[2])
    found = peak(site, scene(site, drawing, reach, signal), reach)
    return None if found is None else (planes, found)


def _as_read(
    planes: Floats, found: Peak, side: int, random: np.random.Generator
) -> NDArray[np.float32]:
    """The stamp around the peak; turned at random; 63 wide."""
    top, left = (place - side // 2 for place in found.at)
    moved = planes[:, top : top + side, left : left + side]
    turned = np.rot90(moved, int(random.integers(4)), (1, 2))
    if random.random() < 0.5:
        turned = turned.swapaxes(1, 2)
    read = np.ascontiguousarray(turned, np.float32)
    return read if side == STAMP_PIXELS else resample(read, STAMP_PIXELS)


class _Profiles:
    """Each row's point-spread function, measured once."""

    def __init__(self, examples: Examples, rows: Ints) -> None:
        self.rows = rows
        self._examples = examples
        self._measured: dict[int, Psf | None] = {}

    def of(self, row: int, random: np.random.Generator) -> Psf:
        """The row's own, or one of its night's, or its survey's, or a typical one."""
        same_survey = self.rows[self._examples.survey[self.rows] == self._examples.survey[row]]
        same_night = same_survey[self._examples.night[same_survey] == self._examples.night[row]]
        asked = [np.array([row])]
        asked += [random.permutation(some)[:NEIGHBOURS] for some in (same_night, same_survey)]
        for other in np.concatenate(asked):
            if (psf := self._psf(int(other))) is not None:
                return psf
        survey = str(self._examples.survey[row])
        return moffat_psf(TYPICAL_FWHM[survey], survey)

    def _psf(self, row: int) -> Psf | None:
        if row not in self._measured:
            survey, fwhm = str(self._examples.survey[row]), self._examples.psf_fwhm_pixels[row]
            science, template, _ = self._examples.native[row].astype(np.float64)
            own = measured_psf(science, template, survey)
            told = moffat_psf(float(fwhm), survey) if fwhm > 0.0 else None
            self._measured[row] = own or told
        return self._measured[row]
