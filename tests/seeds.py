"""The one seed of a run of tests, by which whatever is drawn anew each time is drawn."""

from __future__ import annotations

import os
import random
from typing import Final

SEED: Final = "GUESTSTAR_SEED"
"""The environment's variable that fixes it."""


def run_seed() -> int:
    """That of this process, and of those that it starts from now on."""
    if not os.environ.get(SEED):
        os.environ[SEED] = str(random.randrange(10**9))
    return int(os.environ[SEED])
