"""What a candidate is: the word of own telescopes' real/bogus network, on stamps as it wants."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.realbogus import STAMP_PIXELS, WEIGHTS, RealBogus
from schemas.prior import in_order, rescaled, reweighed, shares_of
from schemas.resampling import resample
from telescope.detect import Candidates
from telescope.frame import Frame
from telescope.subtract import Difference

Floats = NDArray[np.float64]
OWN_WEIGHTS = WEIGHTS.with_name("telescope_realbogus.onnx")
"""Taught on elongated and differently sampled stars, which the surveys' network is not."""
FWHM_MAX = 5.0
"""Pixels. Where stars are wider, more of the sky is cut out and made smaller: the network was
taught on stamps of ZTF and Rubin, whose stars are 2 to 8 pixels wide there, and on simulated frames
it keeps most of what is real where nothing is resized."""
SIDE_MAX = 189
REAL_MIN = 0.8
EVEN = 0.5


class Told(NamedTuple):
    """The network's word on n candidates."""

    probabilities: NDArray[np.float32]
    """(n, labels), at the prior that was asked for."""
    labels: tuple[str, ...]
    stamps: NDArray[np.float32]
    """(n, 3, 63, 63) at the frame's own pixels: science, template, difference, positive."""

    @property
    def real(self) -> NDArray[np.float32]:
        """Probability of being real."""
        return self.probabilities[:, self.labels.index("real")]


@lru_cache(maxsize=2)
def network(path: Path = OWN_WEIGHTS) -> RealBogus:
    """The network of a file, opened once."""
    return RealBogus(path)


def told(frame: Frame, difference: Difference, found: Candidates, real_share: float = EVEN) -> Told:
    """What each candidate is, where `real_share` of a frame's candidates are taken to be real."""
    model = network()
    native = stamps(frame, difference, found, STAMP_PIXELS)
    if not len(found):
        return Told(np.zeros((0, len(model.labels)), np.float32), model.labels, native)
    even = model.score_stamps(network_stamps(frame, difference, found))
    shares = shares_of("realbogus", model.labels, "even")
    wanted = shares
    if real_share != EVEN:
        given = {label: 1.0 / len(model.labels) for label in model.labels}
        given = {**given, "real": 1.0, **{k: 0.25 for k in model.labels if k != "real"}}
        asked = rescaled(given, {"real"}, real_share)
        wanted = in_order(model.labels, asked)
    values = reweighed("realbogus", model.labels, even, shares, wanted)
    return Told(values.astype(np.float32), model.labels, native)


def network_stamps(frame: Frame, difference: Difference, found: Candidates) -> NDArray[np.float32]:
    """What the network is shown of each candidate, (n, 3, 63, 63).

    Where something has faded the two frames change places: then all that is real is a source in
    the first plane that the second lacks, and one sign teaches the other.
    """
    cut = stamps(frame, difference, found, stamp_side(difference.psf.fwhm))
    return _resized(exchanged(cut, found.flux < 0))


def exchanged(stamps: NDArray[np.float32], rows: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Stamps (n, 3, side, side), science and template exchanged in some rows."""
    return np.where(rows[:, None, None, None], stamps[:, [1, 0, 2]], stamps)


def stamp_side(fwhm: float) -> int:
    """The side, odd pixels, of what is cut out for the network."""
    side = int(STAMP_PIXELS * max(fwhm / FWHM_MAX, 1.0))
    return min(side + (side % 2 == 0), SIDE_MAX)


def stamps(
    frame: Frame, difference: Difference, found: Candidates, side: int
) -> NDArray[np.float32]:
    """Science, template and difference about each candidate, (n, 3, side, side).

    NaN beyond the frame and where nothing is to be said. The difference is positive where the
    detection is, as the house has it (`schemas.batch.PLANES`).
    """
    half = side // 2
    planes = [_padded(one, half) for one in _planes(frame, difference)]
    out = np.empty((len(found), 3, side, side), np.float32)
    for at in range(len(found)):
        row, column = round(found.y[at]), round(found.x[at])
        for plane, image in enumerate(planes):
            out[at, plane] = image[row : row + side, column : column + side]
        out[at, 2] *= np.sign(found.flux[at])
    return out


def _planes(frame: Frame, difference: Difference) -> tuple[NDArray[np.float32], ...]:
    lost = frame.unusable
    blank = np.where(lost, np.float32(np.nan), np.float32(0))
    return frame.pixels + blank, difference.template, difference.pixels + blank


def _padded(image: NDArray[np.float32], half: int) -> NDArray[np.float32]:
    return np.pad(image, half, constant_values=np.nan)


def _resized(cube: NDArray[np.float32]) -> NDArray[np.float32]:
    """Stamps of any side at the network's own."""
    side = cube.shape[-1]
    if side == STAMP_PIXELS:
        return cube
    flat = resample(np.ascontiguousarray(cube.reshape(-1, side, side)), STAMP_PIXELS)
    return flat.reshape(-1, 3, STAMP_PIXELS, STAMP_PIXELS)
