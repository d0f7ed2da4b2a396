"""What a ranking reads of objects of two kinds, drawn."""

from __future__ import annotations

import numpy as np

from gueststar.anomalies.taste import Seen

TREES, WIDTH = 10, 4


def drawn(count: int, seed: int = 0) -> tuple[Seen, np.ndarray]:
    """Alerts and which of them are of the second kind, that goes another way and is no odder."""
    random = np.random.default_rng(seed)
    second = random.random(count) < 0.1
    vector = random.normal(size=(count, WIDTH))
    vector[:, 0] += np.where(second, 4, -4)
    vector /= np.linalg.norm(vector, axis=1, keepdims=True)
    leaves = random.integers(0, 6, (count, TREES)) + 6 * second[:, None]
    rarity = random.exponential(0.43, count)
    return Seen(rarity, leaves.astype(np.int16), vector.astype(np.float32)), second
