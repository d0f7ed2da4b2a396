"""The network: a light curve's row to quantiles of what is asked, each point seen by its age."""

from __future__ import annotations

import torch
from torch import nn

from classifiers.observations import layout
from classifiers.phase_layout import DAYS, EXTRAS, QUANTILES, TARGETS
from classifiers.phase_shape import ANCHORS, FEATURES
from training.lightcurve.scaling import FLUXES_MAX, Scaling

DAYS_UNIT, UNIT = 5.0, 2.0
"""Days are told as the inverse hyperbolic sine of so many, and learnt likewise from an anchor."""
ZERO_POINT_MAG = 31.4
WIDTH, POINT_WIDTH, HIDDEN = 128, 32, 64
POINT_FEATURES = 4 + 3 + 4
CONTEXT = 6
AGES, MAGS = 4, 3
"""Knots of the calibration: in days since the first detection, and in magnitude."""
SYSTEMS = 2
MID = QUANTILES.index(0.5)


OWN = layout.ROW + len(EXTRAS)


class PhaseNet(nn.Module):
    """Rows (n, OWN + SHAPE) to (n, 3 TARGETS): low, middle and high of each."""

    age_knots: torch.Tensor
    mag_knots: torch.Tensor
    by_age: torch.Tensor
    by_mag: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.scaling = Scaling(len(EXTRAS))
        self.first = nn.Linear(POINT_FEATURES, POINT_WIDTH)
        self.second = nn.Linear(POINT_WIDTH, POINT_WIDTH)
        self.features = nn.Linear(
            self.scaling.features + CONTEXT + 2 * POINT_WIDTH + FEATURES, WIDTH
        )
        self.hidden = nn.Linear(WIDTH, HIDDEN)
        self.out = nn.Linear(HIDDEN, 3 * len(TARGETS))
        self.drop = nn.Dropout(0.1)
        self.register_buffer("age_knots", torch.zeros(SYSTEMS, AGES) + torch.arange(AGES))
        self.register_buffer("mag_knots", torch.zeros(SYSTEMS, MAGS) + torch.arange(MAGS))
        self.register_buffer("by_age", torch.ones(SYSTEMS, AGES, len(TARGETS)))
        self.register_buffer("by_mag", torch.ones(SYSTEMS, MAGS, len(TARGETS)))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """In days and magnitudes, calibrated."""
        rows, told, anchors = rows.split([OWN, FEATURES, ANCHORS], dim=1)
        middle, low, high = self.scaled(rows, told)
        factor = self.widening(rows)
        low, high = middle - low * factor, middle + high * factor
        both = torch.stack([low, middle, high], dim=2)
        days = anchors.unsqueeze(2) + UNIT * torch.sinh(both[:, : len(DAYS)].clamp(-6, 6))
        mags = both[:, len(DAYS) :] + reference(rows).unsqueeze(2)
        return torch.cat([days, mags], dim=1).flatten(1)

    def scaled(
        self, rows: torch.Tensor, told: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Middle and the widths to either side, (n, TARGETS), in what is learnt."""
        seen = self._seen(rows)
        context = torch.cat([self.scaling(rows).features, _context(rows), seen, told], dim=1)
        found = nn.functional.silu(self.features(self.drop(context)))
        found = nn.functional.silu(self.hidden(self.drop(found)))
        middle, low, high = self.out(found).chunk(3, dim=1)
        widths = (1e-3 + nn.functional.softplus(one - 1.0) for one in (low, high))
        return middle, *widths

    def _seen(self, rows: torch.Tensor) -> torch.Tensor:
        """Of all points: each through two layers alone, then their mean and their most."""
        points, there = _points(rows)
        flat = points.reshape(-1, POINT_FEATURES)
        each = nn.functional.relu(self.second(nn.functional.relu(self.first(flat))))
        each = each.reshape(-1, layout.TOKENS, POINT_WIDTH) * there
        mean = each.sum(dim=1) / there.sum(dim=1).clamp(min=1)
        return torch.cat([mean, each.amax(dim=1)], dim=1)

    def widening(self, rows: torch.Tensor) -> torch.Tensor:
        """By which widths are multiplied, (n, TARGETS): of the age times of the magnitude."""
        system = rows[:, -1:]
        age = ramp(log_age(rows), _of(self.age_knots, system))
        mag = ramp(reference(rows), _of(self.mag_knots, system))
        return _weighed(age, self.by_age, system) * _weighed(mag, self.by_mag, system)


def ramp(value: torch.Tensor, knots: torch.Tensor) -> torch.Tensor:
    """Weights (n, k) of linear interpolation between knots (n, k); held beyond the ends."""
    share = ((value - knots[:, :-1]) / (knots[:, 1:] - knots[:, :-1])).clamp(0, 1)
    ones, zeros = torch.ones_like(share[:, :1]), torch.zeros_like(share[:, :1])
    return torch.cat([ones, share], dim=1) - torch.cat([share, zeros], dim=1)


def _of(table: torch.Tensor, system: torch.Tensor) -> torch.Tensor:
    return table[0] * (1 - system) + table[1] * system


def _weighed(weight: torch.Tensor, table: torch.Tensor, system: torch.Tensor) -> torch.Tensor:
    return (weight @ table[0]) * (1 - system) + (weight @ table[1]) * system


def reference(rows: torch.Tensor) -> torch.Tensor:
    """The magnitude of the brightest point, from which magnitudes are counted, (n, 1)."""
    return ZERO_POINT_MAG - 2.5 * torch.log10(_cell(rows, "peak_flux").clamp(min=1.0))


def log_age(rows: torch.Tensor) -> torch.Tensor:
    """Logarithm of one and the days since the first detection ever, (n, 1)."""
    return torch.log1p(rows[:, layout.ROW : layout.ROW + 1].clamp(min=0))


def _cell(rows: torch.Tensor, name: str) -> torch.Tensor:
    place = layout.CONTEXT_BEGIN + layout.CONTEXT.index(name)
    return rows[:, place : place + 1]


def _context(rows: torch.Tensor) -> torch.Tensor:
    """Spans of days, as what is learnt has them, and whose row it is, (n, CONTEXT)."""
    known, system = rows[:, layout.ROW : layout.ROW + 1], rows[:, -1:]
    span = _cell(rows, "days_detected")
    since = span - _cell(rows, "days_to_peak")
    before = _cell(rows, "days_before")
    days = torch.asinh(torch.cat([known, span, since, before], dim=1) / DAYS_UNIT)
    return torch.cat([days, (reference(rows) - 20) / 2, system], dim=1)


def _points(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Features (n, TOKENS, POINT_FEATURES) and 1 where there is one, (n, TOKENS, 1)."""
    seen = rows[:, layout.TOKENS_BEGIN : layout.ROW].reshape(
        -1, layout.TOKENS, len(layout.TOKEN_COLUMNS)
    )
    days, flux, precision, band, detected = seen.split(1, dim=2)
    unit = _cell(rows, "peak_flux").clamp(min=1.0).unsqueeze(2)
    age = (_cell(rows, "days_detected").unsqueeze(2) - days).clamp(min=0)
    strength = flux * precision
    of_band = [(band == one).to(rows.dtype) for one in (1.0, 2.0)]
    columns = [
        (flux / unit).clamp(-FLUXES_MAX, FLUXES_MAX),
        torch.sign(strength) * torch.log1p(strength.abs()) / 3,
        torch.log1p(precision * unit) / 3,
        detected,
        torch.asinh(age / DAYS_UNIT),
        torch.exp(-age / 4),
        torch.exp(-age / 15),
        *of_band,
        (band < 0.5).to(rows.dtype),
        (band > 2.5).to(rows.dtype),
    ]
    return torch.cat(columns, dim=2), (precision > 0).to(rows.dtype)
