"""The objects that the network "supernova" is taught, as its training reads and splits them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.lightcurve.objects.others import Others
from training.lightcurve.objects.ztf import Material, read_material, together


def taught(data: Path) -> tuple[frozenset[str], bool]:
    """Their names, and whether the hold-out could be left out of them: see `goes_by_name`.

    Supernovae, and real objects that are none. Raises ModelError where a part of `data` is missing.
    """
    material = read_material(data, np.random.default_rng(0))
    known = goes_by_name(material)
    rows = material.real & ~(material.held_out & known)
    return frozenset(material.objects.name[rows].tolist()), known


def goes_by_name(material: Material) -> bool:
    """Whether half of the objects, split alone, are held out as they are among all.

    If so, today's hold-out is that of the served file too, whatever rows it had beside them.
    """
    halves = [np.flatnonzero(rows)[::2] for rows in (material.supernova, ~material.supernova)]
    supernovae, others = (material.take(rows) for rows in halves)
    again = together(supernovae.objects, Others(others.objects, others.kind))
    return np.array_equal(again.held_out, material.held_out[np.concatenate(halves)])
