"""Frames of several sites or visits as one image, better than any of them, and what disagrees.

Each frame goes through its own PSF on its own pixels, weighed by its noise, and what comes out is
summed on the first's pixels: the best that can be said of a point source at each place. That is
brought back to an image of white noise, which is searched and subtracted as any frame is (Zackay &
Ofek 2017, ApJ 836, 188). What one frame shows and the others together do not is named as its, and
left out of the sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telescope.align import Aligned, aligned
from telescope.asterism import affine
from telescope.compiled import grown, lanczos_table, warp
from telescope.convolving import convolved, embedded, filtered
from telescope.frame import Bit, Bits, Frame, FrameError, Pixels
from telescope.pipeline import Prepared, bright_stars, prepared, throughputs
from telescope.psf import Psf
from telescope.sky_grid import GRID_PIXELS, grid
from telescope.sources import aperture, regions, stars
from telescope.subtract import CELL_PIXELS, Side, subtracted

Floats = NDArray[np.float64]
STARS_MIN = 5
"""That a frame shares with the first, for its light to be brought to the first's."""
FAULT_SIGMA = 6.0
EDGE_REACHES = 3
"""Half sides of a PSF's image from the edge on, nothing is named."""
STAR_SHARE = 0.05
"""Of the light about a place: frames of other PSFs agree no better."""
LIGHT_SIGMA = 3.0
"""From which a pixel's light counts as a source's."""
WORTH_MIN = 0.1
"""Of the usual: where the frames together say less, nothing is said."""
POWER_MIN = 1e-3
"""Of a PSF's squares, by spatial frequency: below it noise is left fainter than white."""
STAMP = 64
WEIGHT_MIN = 1e-3
"""A weight below is none."""


class Share(NamedTuple):
    """What one frame says of point sources, on the first's pixels and in its counts."""

    name: str
    plain: Prepared
    """The frame itself there, its counts its own."""
    onto: Aligned
    signal: Pixels
    """Its light through its PSF, by variance."""
    worth: Pixels
    """One by the variance of a point source's flux; the flux is the signal by it."""
    source: Floats
    """(STAMP, STAMP): the signal of a point source of flux 1 where all pixels are sound."""
    photons: float
    """A pixel's variance by the light in it."""

    def without(self, where: NDArray[np.bool_], reach: int) -> Share:
        """The same, which says nothing there, and more and more from `reach` pixels away on.

        A sharp end would ring: frames of other PSFs do not agree on a source's flanks.
        """
        bell = np.hanning(2 * reach + 3)[1:-1]
        wide = np.pad(grown(where, reach).astype(np.float32), reach, mode="edge")
        shade = filtered(wide, np.outer(bell, bell) / bell.sum() ** 2)
        weight = 1 - shade[reach:-reach, reach:-reach]
        weight[weight < WEIGHT_MIN] = 0
        return self._replace(signal=self.signal * weight, worth=self.worth * weight)


class Fault(NamedTuple):
    """A place where one frame shows what the others together do not, or lacks what they show."""

    frame: str
    x: float
    y: float
    sigma: float
    """Signed: positive where that frame shows more."""
    pixels: int


class Fused(NamedTuple):
    """Frames as one."""

    frame: Frame
    """On the first's pixels and in its counts, without its sky."""
    names: list[str]
    """Of the frames in it."""
    faults: list[Fault]
    """The strongest first."""
    disagreement: Bits
    """By pixel: which of `names`, counted from 1, disagrees there; 0 where none does."""
    left_out: list[str]
    """Why frames are not in it, a line each."""


def fused(frames: Sequence[Frame]) -> Fused:
    """Frames of one field as one image on the first's pixels.

    Those that cannot be brought there are left out. Of two frames the one that shows more is the
    one that disagrees. Raises FrameError where the first cannot be used.
    """
    first, shares, left_out = prepared(frames[0]), list[Share](), list[str]()
    for frame in frames:
        try:
            shares.append(_share(first if frame is frames[0] else prepared(frame), first))
        except FrameError as error:
            left_out.append(str(error))
    if not shares:
        raise FrameError(left_out[0])
    faults, where = _compared(shares, first)
    reach = first.psf.half
    clean = [
        share.without(grown(where == number, reach), reach)
        for number, share in enumerate(shares, 1)
    ]
    frame = _on_scale(_image(clean, first), first)
    return Fused(frame, [one.name for one in shares], faults, where, left_out)


def _on_scale(frame: Frame, first: Prepared) -> Frame:
    """With stars as bright as in the first: what PSFs leave out at their edges is put right."""
    rows = stars(first.frame, first.found)
    x, y, radius = first.found.x[rows], first.found.y[rows], first.psf.half + 2.0
    light = aperture(first.frame, x, y, radius)[0] / aperture(frame, x, y, radius)[0]
    light = light[np.isfinite(light) & (light > 0)]
    unit = np.float32(np.median(light)) if len(light) else np.float32(1)
    facts = frame.facts._replace(gain=frame.facts.gain / float(unit))
    pixels, variance = frame.pixels * unit, frame.variance * unit**2
    return replace(frame, pixels=pixels, variance=variance, facts=facts)


def _share(one: Prepared, first: Prepared) -> Share:
    onto = aligned(first.frame, first.found, one.frame, one.found)
    found = throughputs(first, onto, one)
    facts, name = one.frame.facts, one.frame.facts.name
    if len(found) < STARS_MIN:
        raise FrameError(f"{name} shares {len(found)} stars; {STARS_MIN} are needed")
    ratio = float(np.median(found[:, 2]))
    signal, worth = _through_psf(one.frame, one.psf)
    through = replace(one.frame, pixels=signal, variance=worth, mask=np.zeros_like(one.frame.mask))
    there = aligned(first.frame, first.found, through, one.found).frame
    plain = prepared(onto.frame)
    share = Share(
        name, plain, onto._replace(frame=plain.frame),
        there.pixels / np.float32(ratio), there.variance / np.float32(ratio**2),
        _source(one, onto) / ratio**2, ratio / facts.gain if math.isfinite(facts.gain) else 0.0,
    )  # fmt: skip
    return share.without((there.mask & np.uint16(Bit.EDGE)) != 0, first.psf.half)


def _through_psf(frame: Frame, psf: Psf) -> tuple[Pixels, Pixels]:
    """A frame's signal and worth on its own pixels; those that are unusable weigh nothing."""
    weight = np.where(frame.unusable, np.float32(0), 1 / frame.background_variance)
    turned = psf.cells(CELL_PIXELS)[:, :, ::-1, ::-1]
    signal = convolved(frame.pixels * weight, turned, CELL_PIXELS)
    return signal, convolved(weight, turned**2, CELL_PIXELS)


def _source(one: Prepared, onto: Aligned) -> Floats:
    """What a point source of flux 1 in the frame's counts is in its signal, on the first's grid."""
    rows, columns = one.frame.shape
    power = np.abs(np.fft.rfft2(embedded(one.psf.at(columns / 2, rows / 2), STAMP))) ** 2
    own = np.fft.fftshift(np.fft.irfft2(power, (STAMP, STAMP)))
    own = own / float(np.median(one.frame.background_variance[::8, ::8]))
    places = (np.stack(pair, axis=1) for pair in ((onto.x, onto.y), (one.found.x, one.found.y)))
    turn = affine(*places)[:, :2]
    x, y = (axis - STAMP // 2 for axis in grid((STAMP, STAMP)))
    at_x, at_y = (turn[axis, 0] * x + turn[axis, 1] * y + STAMP // 2 for axis in (0, 1))
    out, other, bits = (np.empty(own.shape, kind) for kind in (np.float32, np.float32, np.uint16))
    pixels = own.astype(np.float32)
    table = lanczos_table()
    warp(pixels, pixels, np.zeros_like(bits), at_x, at_y, GRID_PIXELS, table, 0, out, other, bits)
    return out.astype(np.float64)


def _image(shares: Sequence[Share], first: Prepared) -> Frame:
    """The frames' sum as an image of white noise."""
    signal = np.sum([one.signal for one in shares], axis=0)
    worth = np.sum([one.worth for one in shares], axis=0)
    usual = np.float32(np.median(worth[worth > 0]))
    seen = (worth > WORTH_MIN * usual) & _inner(worth.shape, 3 * first.psf.half // 2)
    worth = np.where(worth > WORTH_MIN * usual, worth, usual)
    source = np.sum([one.source for one in shares], axis=0)
    source *= usual / source.max()
    pixels, variance = _whitened((signal / worth * usual).astype(np.float32), source)
    parts = np.array([np.median(one.worth) for one in shares]) / usual
    photons = float(np.sum(parts**2 * [one.photons for one in shares]))
    noise = variance * usual / worth + np.float32(photons) * np.maximum(pixels, 0)
    saturated = np.any([one.plain.frame.mask & Bit.SATURATED for one in shares], axis=0)
    mask = np.where(saturated, Bit.SATURATED, 0) | np.where(seen, 0, Bit.EDGE)
    facts = first.frame.facts._replace(gain=1 / photons if photons > 0 else math.inf)
    pixels = np.where(seen, pixels, np.float32(0))
    return replace(
        first.frame, pixels=pixels, variance=noise.astype(np.float32),
        mask=mask.astype(np.uint16), facts=facts,
    )  # fmt: skip


def _inner(shape: tuple[int, ...], edge: int) -> NDArray[np.bool_]:
    """All but the edge, which is not white: there the noise of what is beyond is missing."""
    inner = np.zeros(shape, np.bool_)
    inner[edge:-edge, edge:-edge] = True
    return inner


def _whitened(signal: Pixels, source: Floats) -> tuple[Pixels, np.float32]:
    """A signal whose noise is alike where `source` is: with white noise, and the pixels' variance.

    A point source keeps its flux as the sum of its pixels.
    """
    whole = np.zeros(signal.shape)
    whole[:STAMP, :STAMP] = source
    whole = np.roll(whole, (-(STAMP // 2), -(STAMP // 2)), (0, 1))
    power = np.fft.rfft2(whole).real
    root = np.sqrt(np.maximum(power, POWER_MIN * power[0, 0]))
    pixels = np.fft.irfft2(np.fft.rfft2(signal) / root, signal.shape) / root[0, 0]
    return pixels.astype(np.float32), np.float32(1 / power[0, 0])


def _compared(shares: Sequence[Share], first: Prepared) -> tuple[list[Fault], Bits]:
    """Where which frame disagrees with the others together."""
    where = np.zeros(first.frame.shape, np.uint16)
    if len(shares) < 2:
        return [], where
    scores = np.stack([_against_the_rest(at, shares, first) for at in range(len(shares))])
    if len(shares) == 2:
        scores = np.maximum(scores, 0)
    # Near the edge what is fused without a frame ends before it does.
    inner = _inner(where.shape, EDGE_REACHES * first.psf.half)
    strength = np.where(inner, np.abs(scores).max(axis=0), np.float32(0))
    labels = regions(strength, FAULT_SIGMA)
    most = np.zeros((labels.max() + 1, len(shares)))
    for at, score in enumerate(scores):
        np.maximum.at(most[:, at], labels.ravel(), np.abs(score).ravel())
    owner = most.argmax(axis=1) + 1
    owner[0] = 0
    faults = [_fault(labels == one, scores[owner[one] - 1], shares[owner[one] - 1].name)
              for one in range(1, len(owner))]  # fmt: skip
    return sorted(faults, key=lambda one: -abs(one.sigma)), owner[labels].astype(np.uint16)


def _fault(inside: NDArray[np.bool_], score: Pixels, name: str) -> Fault:
    rows, columns = np.nonzero(inside)
    peak = int(np.argmax(np.abs(score[rows, columns])))
    row, column = int(rows[peak]), int(columns[peak])
    return Fault(name, column, row, float(score[row, column]), len(rows))


def _against_the_rest(at: int, shares: Sequence[Share], first: Prepared) -> Pixels:
    """How many sigmas of a point source a frame shows above the others together."""
    one = shares[at]
    rest = prepared(_image([*shares[:at], *shares[at + 1 :]], first))
    rows = bright_stars(rest)
    difference = subtracted(
        Side(rest.frame, rest.psf), one.onto, one.plain.psf, rest.found.x[rows], rest.found.y[rows]
    )
    light = np.where(rest.frame.pixels > LIGHT_SIGMA * np.sqrt(rest.frame.variance),
                     rest.frame.pixels, np.float32(0))  # fmt: skip
    side = 2 * math.ceil(rest.psf.fwhm) + 1
    noise = difference.flux_noise
    believed = np.hypot(noise, STAR_SHARE * filtered(light, np.ones((side, side))))
    return np.asarray(-difference.score * noise / believed, np.float32)
