"""A night's alerts against what a model was taught: quiet nights, drift, and what is said of it."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from broker.collectors import Instruments
from broker.models.metrics import ModelMetrics
from broker.models.night_watch import NIGHTS_KEPT, Night, NightWatch
from broker.models.shadows import ModelsTold, Sketch, watched_table
from classifiers.classifier import Scoring
from classifiers.drift import Counts, DriftLimits, coarse, psi
from classifiers.reference import Reference, Spread, Table, counted, groups_of, reference_of
from gueststar.filtering.sources import Packets
from gueststar.modelling.spread import opened_file
from schemas.stage import Identity, run_apart

MODEL = Identity("realbogus", "0.3.0", "a" * 64)
BANDS = ("g", "r", "i")
COLUMNS = 20
NIGHTS = 100


def drawn(
    rng: np.random.Generator, alerts: int, shift: float = 0.0
) -> tuple[NDArray[np.str_], Table]:
    """Alerts of three bands, each with its own spread; `shift` moves one column."""
    bands = rng.integers(0, len(BANDS), alerts)
    shared = rng.normal(size=alerts)
    table: dict[str, NDArray[np.float64]] = {
        f"x{number}": np.exp(0.5 * shared + rng.normal(size=alerts)) + 2 * bands
        for number in range(COLUMNS)
    }
    table["x0"] = table["x0"] * (1 + shift)
    return np.char.add("ztf/", np.array(BANDS)[bands]), table


def taught() -> Reference:
    return reference_of([drawn(np.random.default_rng(1), 30_000)])


def sketch(reference: Reference, night: int, alerts: tuple[NDArray[np.str_], Table]) -> Sketch:
    return Sketch(MODEL, reference, night, tuple(counted(reference, *alerts)))


def coarse_pair(spread: Spread, counts: Counts) -> tuple[Counts, Counts]:
    """Both in ten bins."""
    return coarse(spread.counts, spread.counts), coarse(spread.counts, counts)


def test_none_of_a_hundred_nights_without_drift_is_flagged() -> None:
    reference, rng = taught(), np.random.default_rng(2)
    watch, flagged = NightWatch(DriftLimits(psi_min=1e-6, ks_min=1e-6)), 0
    for night in range(NIGHTS):
        left = int(10 ** rng.uniform(2.5, 4))
        while left > 0:
            batch = min(left, int(rng.integers(1, 200)))
            watch.add(sketch(reference, night, drawn(rng, batch)))
            left -= batch
        flagged += bool(watch.nights[MODEL.sha256, night].flagged)
    assert flagged == 0
    assert len(watch.nights) == NIGHTS_KEPT


def test_a_fixed_threshold_would_flag_every_small_night() -> None:
    reference, rng = taught(), np.random.default_rng(3)
    for night in range(10):
        told = sketch(reference, night, drawn(rng, 330))
        spreads = [reference.groups[group][column] for group, column, _ in told.counts]
        found = [counts for _, _, counts in told.counts]
        pairs = [coarse_pair(*each) for each in zip(spreads, found, strict=True)]
        assert max(psi(*each) for each in pairs) > 0.1


@pytest.mark.parametrize("shift", [1.0, -0.5])
def test_injected_drift_is_flagged_within_its_night_and_alone(
    shift: float, caplog: pytest.LogCaptureFixture
) -> None:
    reference, rng = taught(), np.random.default_rng(4)
    watch = NightWatch(DriftLimits())
    for _ in range(20):
        watch.add(sketch(reference, 20231018, drawn(rng, 100, shift)))
    flagged = watch.nights[MODEL.sha256, 20231018].flagged
    assert {each.column for each in flagged} == {"x0"}
    assert any("drifts in night 20231018" in each.getMessage() for each in caplog.records)
    said = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert len(said) == len(flagged)


def test_prometheus_is_told_what_drifts_in_the_last_night() -> None:
    instruments = Instruments()
    info = instruments.present("model_info", "Models.", *Identity._fields)
    metrics = ModelMetrics(instruments, info, DriftLimits())
    reference, rng = taught(), np.random.default_rng(5)

    def told(night: int, shift: float) -> None:
        one = sketch(reference, night, drawn(rng, 1_000, shift))
        metrics.on_told(ModelsTold(sketches=(one,)))

    told(1, shift=3.0)
    text = instruments.text()
    assert 'gueststar_model_drift{band="r",column="x0",model="realbogus",statistic="psi"' in text
    assert {(night, one.column) for _, night, one in metrics.drifting} == {(1, "x0")}
    told(2, shift=0.0)
    text = instruments.text()
    assert "gueststar_model_drift{" not in text
    assert "gueststar_model_drift_worst_ratio{" in text


@pytest.mark.data
def test_a_real_night_does_not_drift_from_itself_and_a_chosen_sample_does(
    data_folder: Path,
) -> None:
    scoring = opened_file("realbogus", None)
    groups, table = told(scoring, data_folder / "ztf" / "ZwickyTransientFacility+ztfss18")
    rng, limits = np.random.default_rng(6), DriftLimits()
    for _ in range(20):
        order = rng.permutation(len(groups))
        one, other = np.array_split(order, 2)
        taught = reference_of([(groups[one], taken(table, one))])
        night = Night(MODEL, 1, taught)
        half = sketch(taught, 1, (groups[other], taken(table, other)))
        assert list(night.add(half, limits)) == []
    reference = reference_of([(groups, table)])
    chosen = told(scoring, data_folder / "ztf" / "astrolabsoftware+fink-broker")
    night = Night(MODEL, 1, reference)
    assert len(list(night.add(sketch(reference, 1, chosen), limits))) > 10


def taken(table: Table, rows: NDArray[np.int64]) -> Table:
    return {name: values[rows] for name, values in table.items()}


def told(scoring: Scoring, packets: Path) -> tuple[NDArray[np.str_], Table]:
    """What a model reads and says of all alerts at a path."""
    parts = []
    for batch in Packets(packets).decoded():
        rows = np.arange(len(batch))
        learned, _ = run_apart(batch, scoring)
        name = scoring.identity.name
        parts.append(
            (
                groups_of(batch, rows),
                watched_table(batch, scoring.classifier, learned[name], rows),
            )
        )
    names = parts[0][1]
    groups = np.concatenate([each for each, _ in parts])
    return groups, {name: np.concatenate([each[name] for _, each in parts]) for name in names}
