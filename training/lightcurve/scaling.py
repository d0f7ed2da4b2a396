"""Raw rows to what a network computes with: robust units, inside the graph that is served."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from classifiers.observations import layout
from classifiers.observations.layout import BANDS

FLUX_MIN_NJY = 1.0
"""The smallest unit of flux; fainter than any survey sees."""
FLUXES_MAX = 3.0
"""Where a flux is cut off, in an object's own unit."""
SPREAD_MIN = 1e-3
SPREADS_MAX = 6.0
"""Where a feature is cut off, in its standard deviations over the training objects."""
KNOTS_DAYS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""From which on, in the logarithm of time, an observation's encoding rises by one a decade."""
DISTANCE_MODULUS_PIVOT = 42.0
LOG_FLUX_PIVOT = 3.0
KINDS = ("flux", "precision", "days", "count", "plain")
PLAIN = frozenset({"redshift_known", "skewness", *layout.REDSHIFT})


class Scaled(NamedTuple):
    """Of n light curves."""

    features: torch.Tensor
    """(n, features)."""
    redshift: torch.Tensor
    """(n, REDSHIFT_COLUMNS), zeros where it is not known."""
    observations: torch.Tensor
    """(n, TOKENS, columns), of no meaning where there is none."""
    there: torch.Tensor
    """(n, TOKENS): 1 or 0."""


REDSHIFT_COLUMNS = 5


class Scaling(nn.Module):
    """Rows (n, ROW) in what a network computes with.

    The unit of flux is an object's own: the greater of its peak and its deepest fading. Precisions,
    times and counts go through logarithms; then features are held to the training objects' mean
    and spread, which `settle` takes.
    """

    order: torch.Tensor
    mean: torch.Tensor
    spread: torch.Tensor
    bands: torch.Tensor
    knots: torch.Tensor

    def __init__(self, history: int = 0) -> None:
        """history: numbers after a row, counts and days of what was before it."""
        super().__init__()
        kinds = [_kind(name) for name in _names()]
        begin = layout.CONTEXT.index("points")
        places = {
            one: [place for place, kind in enumerate(kinds) if kind == one and place >= begin]
            for one in KINDS
        }
        self.counts = [len(places[one]) for one in KINDS]
        order = torch.tensor([place for one in KINDS for place in places[one]])
        self.features = len(order) + 2 + history
        knots = torch.tensor(KNOTS_DAYS).log10().unsqueeze(1)
        self.columns = 4 + 3 * len(KNOTS_DAYS) + len(BANDS)
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("knots", knots, persistent=False)
        bands = torch.arange(len(BANDS)).float().unsqueeze(1)
        self.register_buffer("bands", bands, persistent=False)
        self.register_buffer("mean", torch.zeros(self.features))
        self.register_buffer("spread", torch.ones(self.features))

    def settle(self, rows: torch.Tensor) -> None:
        """Take the mean and spread of these rows' features as the scale of each."""
        with torch.no_grad():
            raw = self._raw(rows, _unit(rows))
            self.mean.copy_(raw.mean(dim=0))
            self.spread.copy_(raw.std(dim=0).clamp(min=SPREAD_MIN))

    def forward(self, rows: torch.Tensor) -> Scaled:
        """What is computed with."""
        unit = _unit(rows)
        features = (self._raw(rows, unit) - self.mean) / self.spread
        observed, there = self._observations(rows, unit)
        return Scaled(
            features.clamp(-SPREADS_MAX, SPREADS_MAX), _redshift(rows, unit), observed, there
        )

    def _raw(self, rows: torch.Tensor, unit: torch.Tensor) -> torch.Tensor:
        found = torch.index_select(rows, 1, self.order)
        flux, precision, days, count, plain = torch.split(found, self.counts, dim=1)
        strength = _cell(rows, "peak_flux") * _cell(rows, "peak_precision")
        return torch.cat(
            [
                (flux / unit).clamp(-FLUXES_MAX, FLUXES_MAX),
                torch.log1p(precision * unit),
                torch.sign(days) * torch.log1p(days.abs()),
                torch.log1p(count),
                plain.clamp(-SPREADS_MAX, SPREADS_MAX),
                torch.log10(unit),
                torch.log1p(strength.clamp(min=0)),
                torch.log1p(rows[:, layout.ROW :].clamp(min=0)),
            ],
            dim=1,
        )

    def _observations(
        self, rows: torch.Tensor, unit: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        seen = rows[:, layout.TOKENS_BEGIN : layout.ROW].reshape(
            -1, layout.TOKENS, len(layout.TOKEN_COLUMNS)
        )
        # Observations last: what is done to all of them alike is then done to long runs of memory.
        days, flux, precision, band, detected = seen.transpose(1, 2).split(1, dim=1)
        unit = unit.unsqueeze(2)
        there = (precision > 0).to(rows.dtype)
        strength = flux * precision
        since_peak = days - _cell(rows, "days_to_peak").unsqueeze(2)
        columns = [
            (flux / unit).clamp(-FLUXES_MAX, FLUXES_MAX),
            torch.sign(strength) * torch.log1p(strength.abs()) / 3,
            torch.log1p(precision * unit) / 3,
            detected,
            self._encoded(days),
            self._encoded(since_peak),
            self._encoded(-since_peak),
            (band == self.bands).to(rows.dtype),
        ]
        return torch.cat(columns, dim=1).transpose(1, 2), there.squeeze(1)

    def _encoded(self, days: torch.Tensor) -> torch.Tensor:
        """Days after something, (n, 1, t), to ramps that begin at each knot, (n, knots, t)."""
        logarithm = torch.log10(days.clamp(min=KNOTS_DAYS[0]))
        return torch.relu(logarithm - self.knots)


def _unit(rows: torch.Tensor) -> torch.Tensor:
    unit = torch.maximum(_cell(rows, "peak_flux"), -_cell(rows, "lowest_flux"))
    return unit.clamp(min=FLUX_MIN_NJY)


def _redshift(rows: torch.Tensor, unit: torch.Tensor) -> torch.Tensor:
    """Known or not, outside the Galaxy, photo-z, its error, and the unit of flux as luminosity."""
    known, photoz, error, modulus = rows[:, : 1 + len(layout.REDSHIFT)].split(1, dim=1)
    distant = (modulus > 0).to(rows.dtype)
    brightness = torch.log10(unit) - LOG_FLUX_PIVOT
    luminosity = distant * (brightness + 0.4 * (modulus - DISTANCE_MODULUS_PIVOT))
    return torch.cat([known, distant, torch.log1p(photoz.clamp(min=0)), error, luminosity], dim=1)


def _cell(rows: torch.Tensor, name: str) -> torch.Tensor:
    """One number of the context, (n, 1)."""
    place = layout.CONTEXT_BEGIN + layout.CONTEXT.index(name)
    return rows[:, place : place + 1]


def _kind(name: str) -> str:
    """How a feature is scaled, from its name in the layout."""
    if "precision" in name:
        return "precision"
    if "days" in name:
        return "days"
    if name in {"points", "detected", "pairs"}:
        return "count"
    return "plain" if name in PLAIN else "flux"


def _names() -> list[str]:
    """Of every feature of a row, in the layout's order."""
    shape = layout.BINS * len(BANDS)
    return [
        *layout.CONTEXT,
        *(layout.BAND_FEATURES * len(BANDS)),
        *(["flux"] * shape),
        *(["precision"] * shape),
        *(layout.VARIABILITY * layout.LAGS),
    ]
