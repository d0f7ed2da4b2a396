"""The one look of all pictures, and how they become files: one picture, the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from training.arrays import Floats

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#AA4499"
"""Told apart by the colour-blind (Wong 2011, Nature Methods 8, 441)."""
INK, GREY, PALE = "#222222", "#777777", "#dddddd"
WIDTH_INCHES = 9.0
DPI = 200
"""Of PNGs: twice what a page shows, for fine screens."""
GREYS = 16
"""In a PNG, beside its colours: each level of noise costs bytes, and no eye misses these."""
STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.grid": True,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "path.simplify_threshold": 0.5,
    "svg.hashsalt": "gueststar",
}


def save_vector(figure: Figure, path: Path) -> Path:
    """No date and no version in the file."""
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    return path


def save_palette(figure: Figure, path: Path, colours: Sequence[str]) -> Path:
    """Write a PNG of a palette: GREYS greys and `colours`, each pixel in the nearest of them."""
    whole = BytesIO()
    figure.savefig(whole, format="png", dpi=DPI)
    pixels = np.asarray(Image.open(whole).convert("RGB"))
    greys = np.linspace(0, 255, GREYS).round()[:, None].repeat(3, axis=1)
    palette = np.concatenate([greys, 255 * to_rgba_array(colours)[:, :3]])
    image = Image.fromarray(_nearest(pixels, palette))
    image.putpalette(palette.round().astype(np.uint8).tobytes())
    image.save(path, optimize=True)
    return path


def _nearest(pixels: NDArray[np.uint8], palette: Floats) -> NDArray[np.uint8]:
    """Places in the palette (k, 3) of pixels (height, width, 3)."""
    packed = pixels.astype(np.int64) @ (1 << 16, 1 << 8, 1)
    values, inverse = np.unique(packed, return_inverse=True)
    colours = values[:, None] >> (16, 8, 0) & 255
    places = ((colours[:, None] - palette) ** 2).sum(axis=2).argmin(axis=1).astype(np.uint8)
    nearest: NDArray[np.uint8] = places[inverse].reshape(packed.shape)
    return nearest


def legend(figure: Figure, axes: Axes) -> None:
    """One for all panels."""
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names))


def note(figure: Figure, text: str) -> None:
    """What the marks are, below them."""
    figure.supxlabel(text, fontsize=8, color=GREY, x=0.01, ha="left")
