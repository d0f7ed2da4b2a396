"""`python -m tests.fuzzing [KIND...]`: hostile input of every kind, none of which may do harm.

What is drawn follows from the seed, so that a case that did harm is had again by it.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping
from typing import Final

from rich.console import Console

from tests.fuzzing.enduring import Kind, Outcome, endure, tell
from tests.fuzzing.expressions import EXPRESSIONS
from tests.fuzzing.frames import FRAMES
from tests.fuzzing.notices import NOTICES
from tests.fuzzing.packets import PACKETS, endure_packets, sound_packets
from tests.fuzzing.requests import REQUESTS
from tests.fuzzing.settings import SETTINGS

KINDS: Final[Mapping[str, tuple[int, Kind]]] = {
    "packets": (10_000_000, PACKETS),
    "expressions": (1_000_000, EXPRESSIONS),
    "settings": (100_000, SETTINGS),
    "notices": (100_000, NOTICES),
    "frames": (100_000, FRAMES),
    "requests": (100_000, REQUESTS),
}
"""How many of each are tried once, and of what."""


TABLE_CHARACTERS: Final = 160


def main() -> None:
    """Try hostile cases, say how they ended, and fail where one did harm."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=main.__doc__)
    options.add_argument("kinds", nargs="*", choices=[*KINDS, []], help="all where none is named")
    options.add_argument("--cases", type=int, help="of each; as many as are tried once without it")
    options.add_argument("--share", type=float, default=1.0, help="of them")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    logging.disable(logging.CRITICAL)
    harmed = False
    for name in chosen.kinds or KINDS:
        cases = chosen.cases or int(chosen.share * KINDS[name][0])
        outcome = endured(name, cases, chosen.seed)
        tell(f"{name}, seed {chosen.seed}", outcome, Console(width=TABLE_CHARACTERS))
        harmed |= outcome.did_harm
    sys.exit(harmed)


def endured(name: str, cases: int, seed: int) -> Outcome:
    """So many cases of a kind."""
    if name == "packets":
        return endure_packets(sound_packets(), cases, seed)
    return endure(KINDS[name][1], cases, seed)


if __name__ == "__main__":
    main()
