"""Agreement with drb: which alerts stand in which line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.realbogus.judging.invented_outcome import outcome
from training.realbogus.judging.agreement import (
    OURS,
    RB,
    TAUGHT_BY_DRB,
    agreement,
    high,
    low,
    scores,
)
from training.realbogus.judging.contest import auc
from training.realbogus.labels import REAL

SCORED = outcome().scored
FOUND = agreement(SCORED, seed=1)


def test_the_busiest_night_stands_first() -> None:
    assert FOUND.test_night == 60235
    assert FOUND.lines[0] is FOUND.headline
    assert FOUND.headline.part == "night MJD 60235 (JD 2460235)"


def test_every_score_stands_beside_ours_with_an_interval() -> None:
    for line in FOUND.lines:
        assert list(line.auc) == [
            OURS,
            TAUGHT_BY_DRB,
            RB,
            "packet scalars",
            "magnitude",
            "median sky",
        ]
        assert all(one.low <= one.value <= one.high for one in line.auc.values())


def test_rubin_s_alerts_and_those_that_drb_doubts_are_left_out() -> None:
    pooled = FOUND.line("all nights")
    ztf = (SCORED.survey == "ztf") & ~np.isnan(SCORED.drb)
    assert pooled.low == (ztf & (SCORED.drb < 0.1)).sum()
    assert pooled.high == (ztf & (SCORED.drb >= 0.5)).sum()
    assert FOUND.between == FOUND.alerts - pooled.low - pooled.high > 0
    halved = FOUND.line("all nights, low below 0.5")
    assert halved.low + halved.high == FOUND.alerts


def test_both_signs_make_up_the_whole() -> None:
    both = [FOUND.line(f"all nights, {sign}") for sign in ("brightened", "faded")]
    assert sum(line.low for line in both) == FOUND.line("all nights").low


def test_a_night_with_few_low_alerts_has_no_line() -> None:
    rows = np.flatnonzero((SCORED.night == 58729) & low(SCORED))
    drb = SCORED.drb.copy()
    drb[rows[4:]] = 0.3
    parts = [line.part for line in agreement(replace(SCORED, drb=drb), seed=1).lines]
    assert not any(part.startswith("night MJD 58729") for part in parts)
    assert any(line.part.startswith("night MJD 58729") for line in FOUND.lines)


def test_the_night_that_clouds_were_drawn_after_is_left_out_of_a_line() -> None:
    rest, whole = FOUND.line("all nights but MJD 58729"), FOUND.line("all nights")
    assert whole.low - rest.low == (low(SCORED) & (SCORED.night == 58729)).sum()


def test_the_richest_field_nights_can_be_left_out() -> None:
    counts = np.sort(np.bincount(SCORED.field_night, low(SCORED)))
    rest = FOUND.line("all nights, without the 3 field-nights richest in low ones")
    assert rest.low == counts[:-3].sum()
    assert FOUND.from_the_richest == counts[-3:].sum()


def test_a_line_is_the_mean_of_single_networks_and_not_their_mean_probability() -> None:
    rows = low(SCORED) | high(SCORED)
    each = [auc(low(SCORED)[rows], one) for one in SCORED.ours[:, rows, REAL]]
    assert FOUND.line("all nights").auc[OURS].value == pytest.approx(np.mean(each))
    seeds = next(one for one in FOUND.seeds if (one.part, one.score) == ("all nights", OURS))
    assert seeds.each == pytest.approx(each)
    assert (seeds.mean, seeds.spread) == pytest.approx((np.mean(each), np.std(each, ddof=1)))
    assert seeds.together > max(each)


def test_the_better_taught_is_clearly_better() -> None:
    assert FOUND.headline.gain[TAUGHT_BY_DRB].clear
    level = replace(SCORED, taught_by_drb=scores(SCORED)[OURS])
    gain = agreement(level, seed=1).headline.gain[TAUGHT_BY_DRB]
    assert gain.value == 0 and not gain.clear


def test_what_a_network_declined_is_counted() -> None:
    ours = SCORED.ours.copy()
    rows = np.flatnonzero(high(SCORED))[:7]
    ours[1, rows] = np.nan
    assert agreement(replace(SCORED, ours=ours), seed=1).declined == 7
    assert FOUND.declined == 0
