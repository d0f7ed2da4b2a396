"""`python -m training.verify`: has each headline of the cards again from the answers that are kept.

Fails where a card says otherwise by more than TOLERANCE. It needs neither the data nor what
training needs, but NumPy, and pyarrow for the answers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from training.tables import markdown, verdict

TOLERANCE = 0.001
FOLDER = Path(__file__).parent / "answers"
CARDS = Path(__file__).parents[1] / "classifiers"
VERIFYING = {
    "anomaly": "training.anomaly.answers",
    "embedding": "training.embedding.answers",
    "lightcurve": "training.lightcurve.judging.six_band_headlines",
    "phase": "training.phase.judging",
    "realbogus": "training.realbogus.verifying",
    "redshift": "training.redshift.judging",
    "supernova": "training.lightcurve.ztf_verifying",
    "telescope_realbogus": "training.realbogus.own.exam",
    "told_redshift": "training.lightcurve.told.judging",
}
"""By network: the module that has `headlines(path)`, of answers, and `claimed(text)`, of a card."""


class Headline(NamedTuple):
    """One figure of a card; NaN where one of the two has none."""

    network: str
    name: str
    claimed: float
    found: float

    @property
    def holds(self) -> bool:
        """Whether the two agree; false where one is missing."""
        return abs(self.claimed - self.found) <= TOLERANCE


def compared(
    network: str, claimed: Mapping[str, float], found: Mapping[str, float]
) -> list[Headline]:
    """Every headline that either names, in the order of the card."""
    names = dict.fromkeys((*claimed, *found))
    missing = float("nan")
    return [
        Headline(network, name, claimed.get(name, missing), found.get(name, missing))
        for name in names
    ]


def verified(
    network: str, module: str, folder: Path = FOLDER, cards: Path = CARDS
) -> list[Headline]:
    """The headlines of one network. Raises FileNotFoundError where answers or card are missing."""
    verifying = import_module(module)
    headlines: Callable[[Path], Mapping[str, float]] = verifying.headlines
    claims: Callable[[str], Mapping[str, float]] = verifying.claimed
    card = (cards / f"{network}.md").read_text(encoding="utf-8")
    return compared(network, claims(card), headlines(folder / f"{network}.parquet"))


def table(found: Sequence[Headline]) -> str:
    """A line for each."""
    return markdown(
        ["headline", "card", "again", "holds"],
        [
            [f"{one.network}: {one.name}", f"{one.claimed:.4f}", f"{one.found:.4f}", _verdict(one)]
            for one in found
        ],
    )


def _verdict(one: Headline) -> str:
    return verdict(one.holds, no="**no**")


def main() -> None:
    """Print all of them; exit with 1 where one does not hold."""
    found = [one for pair in VERIFYING.items() for one in verified(*pair)]
    sys.stdout.write(f"{table(found)}\n")
    wrong = [one for one in found if not one.holds]
    if wrong or not found:
        sys.exit(f"{len(wrong)} of {len(found)} headlines are not what the cards say")


if __name__ == "__main__":
    main()
