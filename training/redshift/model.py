"""The network: magnitudes with errors to a mixture of Gaussians over redshift (Bishop 1994)."""

from __future__ import annotations

import torch
from torch import nn

from classifiers.redshift import BANDS, COMPONENTS, PHOTOMETRY

COUNT = len(BANDS)
FEATURES = 5 * COUNT - 1 + 1
"""Magnitudes, colours, errors, which of the last two are missing, and the system."""
MAG_MIN, MAG_MAX = 10.0, 30.0
ERR_MIN_MAG, ERR_MAX_MAG = 1e-3, 10.0
SPREADS_MAX = 6.0
SPREAD_MIN = 1e-2
SIGMA_MIN = 1e-3
"""Of a component, in redshift."""
KNOTS = 8
"""Magnitudes at which intervals are calibrated, by kind: the faintest eighth needs most."""
KINDS = 3
WIDTH = 80


class RedshiftNet(nn.Module):
    """Rows (n, PHOTOMETRY) to weights, means and sigmas of a mixture, (n, 3 COMPONENTS)."""

    mean: torch.Tensor
    spread: torch.Tensor
    widen: torch.Tensor

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("spread", torch.ones(FEATURES))
        knots = torch.cat([torch.linspace(14.0, 26.0, KNOTS), torch.ones(KNOTS)])
        self.register_buffer("widen", knots.repeat(KINDS, 1))
        self.layers = nn.Sequential(
            nn.Linear(FEATURES, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, 3 * COMPONENTS),
        )

    def settle(self, rows: torch.Tensor) -> None:
        """Take the mean and spread of these rows' features as the scale of each."""
        with torch.no_grad():
            raw = _features(rows)
            self.mean.copy_(raw.mean(dim=0))
            self.spread.copy_(raw.std(dim=0).clamp(min=SPREAD_MIN))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """All scaling is here, and the calibration."""
        scaled = ((_features(rows) - self.mean) / self.spread).clamp(-SPREADS_MAX, SPREADS_MAX)
        weight, mean, sigma = self.layers(scaled).split(COMPONENTS, dim=1)
        weight = torch.softmax(weight, dim=1)
        mean = nn.functional.softplus(mean)
        sigma = (SIGMA_MIN + nn.functional.softplus(sigma - 2.0)) * self._widening(rows)
        return torch.cat([weight, mean, sigma], dim=1)

    def _widening(self, rows: torch.Tensor) -> torch.Tensor:
        """By kind: a factor at each of KNOTS magnitudes, lines between; (n, 1)."""
        own = (one_hot(kinds(rows), KINDS, rows.dtype).unsqueeze(2) * self.widen).sum(dim=1)
        at, factor = own.split(KNOTS, dim=1)
        mag = reference(rows)
        mag = torch.where(torch.isnan(mag), at[:, :1], mag)
        share = ((mag - at[:, :-1]) / (at[:, 1:] - at[:, :-1])).clamp(0, 1)
        steps = (factor[:, 1:] - factor[:, :-1]) * share
        return factor[:, :1] + steps.sum(dim=1, keepdim=True)


def kinds(rows: torch.Tensor) -> torch.Tensor:
    """Of which kind a row is: SDSS's with errors, without any, Rubin's; (n, 1)."""
    errors = rows[:, COUNT : 2 * COUNT]
    bare = torch.isnan(errors).to(rows.dtype).sum(dim=1, keepdim=True) > COUNT - 0.5
    plain = bare.to(rows.dtype)
    return torch.where(rows[:, -1:] > 0.5, torch.full_like(plain, 2.0), plain)


def one_hot(kind: torch.Tensor, count: int, dtype: torch.dtype) -> torch.Tensor:
    """(n, count) of (n, 1)."""
    return (kind == torch.arange(count, dtype=dtype)).to(dtype)


def reference(rows: torch.Tensor) -> torch.Tensor:
    """The magnitude by which a galaxy is called bright or faint: r of SDSS, i of Rubin, (n, 1)."""
    system = rows[:, -1:]
    return torch.where(system > 0.5, rows[:, 3:4], rows[:, 2:3])


def _features(rows: torch.Tensor) -> torch.Tensor:
    mags, errors, system = rows.split([COUNT, COUNT, PHOTOMETRY - 2 * COUNT], dim=1)
    known, measured = ~torch.isnan(mags), ~torch.isnan(errors)
    mags = torch.where(known, mags, torch.zeros_like(mags)).clamp(MAG_MIN, MAG_MAX)
    errors = torch.where(measured, errors, torch.ones_like(errors)).clamp(ERR_MIN_MAG, ERR_MAX_MAG)
    both = (known[:, 1:] & known[:, :-1]).to(rows.dtype)
    colours = (mags[:, :-1] - mags[:, 1:]) * both
    there = known.to(rows.dtype)
    return torch.cat(
        [
            mags * there + 20.0 * (1 - there),
            colours.clamp(-5, 5),
            torch.log10(errors) * measured.to(rows.dtype),
            there,
            measured.to(rows.dtype),
            system,
        ],
        dim=1,
    )
