"""Superphot+'s curve fitted to light curves in g and r: what its trees are told.

de Soto et al. 2024 (ApJ 974, 169; arXiv:2403.07975) fit the rise, plateau and decline of Villar et
al. 2019 (ApJ 884, 83) to both bands at once, by stochastic variational inference, and classify by
draws of the posterior. Curve, constraints and priors are those of its public repository,
VTDA-Group/superphot-plus at commit 973e2a8 (`flux_model`, `villar_fit_constraint`, and the
hierarchical priors of `global_priors_hier_svi`). The posterior here is a normal of its own for each
number; all objects are fitted side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from schemas.light_curves import point_rows
from training.arrays import Floats
from training.lightcurve.objects.objects import Objects

G, R = 1, 2
"""Places in BANDS."""
PRIORS = {
    "amplitude, r": (-0.034681, 0.041415, -1.0, 1.0),
    "beta, r": (0.005097, 0.002119, -0.01, 0.03),
    "gamma, r": (1.267821, 0.206669, -1.0, 3.0),
    "t0, r": (-11.039837, 6.089944, -100.0, 50.0),
    "tau_rise, r": (0.220122, 0.305584, -2.0, 3.0),
    "tau_fall, r": (1.392668, 0.224712, 0.0, 4.0),
    "extra_sigma, r": (-1.274637, 0.254104, -3.0, -0.8),
    "amplitude, g to r": (0.025028, 0.090767, -1.0, 1.0),
    "beta, g to r": (0.004913, 0.001775, -0.01, 0.03),
    "gamma, g to r": (-0.143211, 0.170437, -1.0, 1.0),
    "t0, g to r": (0.103537, 0.916669, -100.0, 100.0),
    "tau_rise, g to r": (0.042805, 0.213949, -1.0, 1.0),
    "tau_fall, g to r": (-0.199188, 0.165838, -1.0, 1.0),
    "extra_sigma, g to r": (-0.289869, 0.234055, -1.0, 1.0),
}
"""Mean, standard deviation, least, most. Logarithms to base 10 but beta (a day) and t0 (days from
the brightest point); fluxes in units of the brightest. Those of g are told as ratios to r's, or
beside beta and t0 as differences."""
PARAMETERS = tuple(PRIORS)
MEAN, SPREAD, LEAST, MOST = zip(*PRIORS.values(), strict=True)
IN_BAND = 7
"""Numbers of one band."""
LOGGED = (0, 2, 4, 5, 6)
CONSTRAINT = 10_000.0
"""What a curve costs that would rise again, by how much it would."""
FLAT_E_FOLDS = 50.0
"""Beyond this the curve is left where it is, so that no exponential overflows."""
BEGIN_WIDTH = 0.1
"""Of the posterior, in widths of the prior, at the first step."""


@dataclass(frozen=True)
class Fitting:
    """How the posterior is found."""

    steps: int = 500
    learning_rate: float = 0.05
    seed: int = 0


class Posterior(NamedTuple):
    """A normal for each of the numbers in PARAMETERS, of n objects."""

    mean: Floats
    """(n, 14)."""
    spread: Floats

    def draws(self, rows: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.float32]:
        """(m, 14): one draw for each of these objects."""
        noise = random.standard_normal((len(rows), len(PARAMETERS)))
        drawn = self.mean[rows] + self.spread[rows] * noise
        return np.clip(drawn, LEAST, MOST).astype(np.float32)


class _Points(NamedTuple):
    """m detections of n objects, in units of the brightest and in days from it."""

    row: torch.Tensor
    days: torch.Tensor
    flux: torch.Tensor
    error: torch.Tensor
    green: torch.Tensor
    """Whether a point is of g."""


def fitted(objects: Objects, fitting: Fitting) -> Posterior:
    """The posterior of each object; one without detections in g and r keeps the prior."""
    torch.manual_seed(fitting.seed)
    points, shape = _points(objects), (len(objects), len(PARAMETERS))
    mean = torch.zeros(shape, requires_grad=True)
    width = torch.full(shape, float(np.log(BEGIN_WIDTH)), requires_grad=True)
    steps = torch.optim.Adam([mean, width], fitting.learning_rate)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(steps, fitting.steps)
    for _ in range(fitting.steps):
        steps.zero_grad()
        drawn = mean + width.exp() * torch.randn(shape)
        cost = _cost(drawn, points) + 0.5 * (drawn**2).sum() - width.sum()
        cost.backward()
        steps.step()
        slower.step()
    scale = np.array(SPREAD)
    found = np.array(MEAN) + scale * mean.detach().numpy()
    return Posterior(found, scale * width.exp().detach().numpy())


def _points(objects: Objects) -> _Points:
    curves = objects.curves
    known = curves.detected & np.isin(curves.band, (G, R)) & (curves.flux_err_njy > 0)
    row, flux, mjd = point_rows(curves)[known], curves.flux_njy[known], curves.mjd[known]
    brightest = np.full(len(objects), -np.inf)
    np.maximum.at(brightest, row, flux)
    at = np.full(len(objects), np.nan)
    peak = flux == brightest[row]
    at[row[peak]] = mjd[peak]
    columns = (
        mjd - at[row],
        flux / brightest[row],
        curves.flux_err_njy[known] / brightest[row],
    )
    days, relative, error = (torch.from_numpy(one.astype(np.float32)) for one in columns)
    green = torch.from_numpy(curves.band[known] == G)
    return _Points(torch.from_numpy(row), days, relative, error, green)


def _cost(standard: torch.Tensor, points: _Points) -> torch.Tensor:
    """How unlikely the points are, less a constant, of parameters in widths from the prior."""
    told = torch.tensor(MEAN) + torch.tensor(SPREAD) * standard
    told = told.clamp(torch.tensor(LEAST), torch.tensor(MOST))
    red = told[:, :IN_BAND]
    both = torch.stack([_plain(red), _plain(red + told[:, IN_BAND:])])
    of_point = both[points.green.long(), points.row]
    variance = points.error**2 + of_point[:, 6] ** 2
    apart = (curve(of_point, points.days) - points.flux) ** 2 / variance
    return 0.5 * (apart + variance.log()).sum() + CONSTRAINT * _rises_again(both).sum()


def _plain(told: torch.Tensor) -> torch.Tensor:
    """The same seven without logarithms."""
    columns = [10 ** told[:, k] if k in LOGGED else told[:, k] for k in range(IN_BAND)]
    return torch.stack(columns, dim=1)


def curve(plain: torch.Tensor, days: torch.Tensor) -> torch.Tensor:
    """Flux (m,) at days (m,) of seven plain parameters (m, 7)."""
    amplitude, beta, gamma, t0, rise, fall = plain.unbind(1)[:6]
    phase = torch.maximum(days - t0, -FLAT_E_FOLDS * rise)
    risen = amplitude * torch.sigmoid(phase / rise)
    past = (phase - gamma).clamp(min=0)
    plateau = 1 - beta * torch.minimum(phase, gamma)
    return risen * plateau * torch.exp(-past / fall)


def _rises_again(plain: torch.Tensor) -> torch.Tensor:
    _, beta, gamma, _, rise, fall = plain.unbind(-1)[:6]
    steep = torch.exp((-gamma / rise).clamp(max=FLAT_E_FOLDS)) * (fall / rise - 1) - 1
    lost, falling = gamma * beta - 1, beta * fall - 1 + beta * gamma
    return sum((one.clamp(min=0) for one in (steep, lost, falling)), torch.zeros_like(beta)).amax(0)
