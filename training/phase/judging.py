"""How good phases and peaks are, from answers that are kept: errors, coverage, by age and light."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from classifiers.phase_layout import TARGETS, UNTAUGHT
from training.arrays import Floats, Mask
from training.tables import figures_under

FILE = Path(__file__).parents[1] / "answers" / "phase.parquet"
SECTION = "Headlines"
SYSTEMS, CODES = ("ZTF", "Rubin"), ("ztf", "lsst")
DAY_STEP, MAG_STEP, BEYOND = 0.01, 0.001, 300.0
"""Days and magnitudes are kept to these, and no days beyond."""
NOTHING = -(2**31)
PHASES = {
    "-10 d": (-12.0, -8.0),
    "-5 d": (-7.0, -3.0),
    "peak": (-2.0, 2.0),
    "+5 d": (3.0, 7.0),
    "+10 d": (8.0, 12.0),
    "+20 d": (18.0, 22.0),
}
RIVALS = ("trees", "brightest", "SALT2")
"""Of the date of peak. The template is fitted to type Ia alone, where a redshift is known."""
BINS = 4
BROTLI_LEVEL = 11
Answers = Mapping[str, Floats]
"""Of n cuts: object, system, is_ia, mag, age, trees, brightest, perhaps SALT2, and of each target
its truth and TARGET_low, TARGET_middle, TARGET_high."""
PLAIN = ("object", "system", "is_ia")


def step_of(name: str) -> float:
    """To which a column is kept."""
    if name in PLAIN:
        return 1.0
    return MAG_STEP if "mag" in name else DAY_STEP


def keep(answers: Answers, path: Path = FILE) -> None:
    """Small: whole steps."""
    columns = {}
    for name, column in answers.items():
        held = np.clip(column, -BEYOND, BEYOND) if step_of(name) == DAY_STEP else column
        whole = np.round(held / step_of(name))
        columns[name] = pa.array(np.where(np.isnan(whole), NOTHING, whole).astype(np.int32))
    pq.write_table(pa.table(columns), path, compression="brotli", compression_level=BROTLI_LEVEL)


def read(path: Path = FILE) -> dict[str, Floats]:
    """What `keep` wrote."""
    table = pq.read_table(path)
    found = {}
    for name in table.column_names:
        whole = table[name].to_numpy()
        found[name] = np.where(whole == NOTHING, np.nan, whole * step_of(name))
    return found


def headlines(path: Path = FILE) -> dict[str, float]:
    """Each figure by its name in the card."""
    return dict(_all(read(path)))


def claimed(card: str) -> dict[str, float]:
    """What the card says of each."""
    return figures_under(card, SECTION)


def _all(answers: Answers) -> Iterator[tuple[str, float]]:
    for place, system in enumerate(SYSTEMS):
        own = answers["system"] == place
        some = {name: column[own] for name, column in answers.items()}
        yield from ((f"{what}, {system}", value) for what, value in _peaks(some))
        for target in TARGETS:
            known = np.isfinite(some[target])
            if target in UNTAUGHT.get(CODES[place], ()) or not known.any():
                continue
            off = np.abs(some[f"{target}_middle"] - some[target])[known]
            yield f"{target}, median error, {system}", float(np.median(off))
            yield f"{target}, covered by 68 %, {system}", covered(some, target, known)
        yield from ((f"{what}, {system}", value) for what, value in _bins(some))


def _peaks(some: Answers) -> Iterator[tuple[str, float]]:
    truth = some["days_to_peak"]
    for name, rows in ia_at(some):
        off = np.abs(some["days_to_peak_middle"] - truth)[rows]
        yield f"Ia at {name}, date of peak, median error", float(np.median(off))
        for rival in RIVALS:
            yield from _beside(some, rival, name, rows)


def _beside(some: Answers, rival: str, name: str, rows: Mask) -> Iterator[tuple[str, float]]:
    """Of the cuts that the rival answered; the network's own on these, where they are not all."""
    if rival not in some:
        return
    asked = rows & np.isfinite(some[rival])
    if not asked.any():
        return
    truth = some["days_to_peak"][asked]
    ours, theirs = (np.abs(some[one][asked] - truth) for one in ("days_to_peak_middle", rival))
    if asked.sum() < rows.sum():
        yield f"Ia at {name}, cuts that {rival} answered", float(asked.sum())
        yield f"Ia at {name}, median error on these of {rival}", float(np.median(ours))
    yield f"Ia at {name}, date of peak, {rival}", float(np.median(theirs))
    error = paired_error(ours, theirs, some["object"][asked])
    yield f"Ia at {name}, standard error beside {rival}", error


def ia_at(some: Answers) -> Iterator[tuple[str, Mask]]:
    """Cuts of type Ia by their phase."""
    phase = -some["days_to_peak"]
    for name, (low, high) in PHASES.items():
        yield name, (some["is_ia"] == 1) & (phase >= low) & (phase < high)


def _bins(some: Answers) -> Iterator[tuple[str, float]]:
    target = "days_to_peak"
    for what in ("age", "mag"):
        bins = binned(some[what])
        shares = [covered(some, target, rows) for rows in bins]
        for which, place in (("least", np.argmin(shares)), ("most", np.argmax(shares))):
            name = f"{target}, {which} covered bin of {what}"
            yield name, shares[place]
            yield f"{name}, standard error", covered_error(some, target, bins[place])


def binned(value: Floats) -> list[Mask]:
    """BINS of a column, alike in number."""
    edges = np.nanquantile(value, np.linspace(0, 1, BINS + 1)[1:-1])
    place = np.searchsorted(edges, value, side="right")
    return [place == one for one in range(BINS)]


def covered(some: Answers, target: str, rows: Mask) -> float:
    """How often truths lie within, of those that are known."""
    truth = some[target]
    rows = rows & np.isfinite(truth)
    inside = (truth >= some[f"{target}_low"]) & (truth <= some[f"{target}_high"])
    return float(inside[rows].mean()) if rows.any() else float("nan")


def covered_error(some: Answers, target: str, rows: Mask, rounds: int = 200) -> float:
    """Of a coverage, by draws of objects: cuts of one err together."""
    rows = rows & np.isfinite(some[target])
    inside = (some[target] >= some[f"{target}_low"]) & (some[target] <= some[f"{target}_high"])
    _, place = np.unique(some["object"][rows], return_inverse=True)
    held, asked = np.bincount(place, inside[rows]), np.bincount(place)
    share = np.full(len(asked), 1 / len(asked))
    times = np.random.default_rng(0).multinomial(len(asked), share, size=rounds)
    return float(np.std((times @ held) / (times @ asked)))


def paired_error(ours: Floats, theirs: Floats, objects: Floats, rounds: int = 200) -> float:
    """Of the difference of medians, by draws of the same objects."""
    random = np.random.default_rng(0)
    _, row = np.unique(objects, return_inverse=True)
    found = []
    count = int(row.max()) + 1
    for _ in range(rounds):
        times = np.bincount(random.integers(count, size=count), minlength=count)
        rows = np.repeat(np.arange(len(row)), times[row])
        found.append(np.median(ours[rows]) - np.median(theirs[rows]))
    return float(np.std(found))
