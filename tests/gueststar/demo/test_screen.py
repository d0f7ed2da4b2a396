"""What the demo shows: the numbers that the engine reported, and the answers at the end."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from broker.alerts.counts import AlertCounts
from broker.alerts.outcome import AlertOutcome, AlertReport
from broker.ledger import Counts, Delivery, Entry
from broker.observer import BatchReport
from filters.handmade import handmade
from gueststar.alert import Alert, rows
from gueststar.demo.night import InventedNight
from gueststar.demo.screen import screen
from gueststar.demo.summary import against_truth, summary
from gueststar.demo.tally import Found, Tally
from gueststar.row import Scores
from gueststar.table import class_text, line, score_text
from replay.kinds import Kind

ENTRY = Entry(
    worker="demo",
    incarnation=1,
    sequence=0,
    delivery=Delivery.AT_LEAST_ONCE,
    polled_unix_s=100.0,
    published_unix_s=100.5,
    main_topic="enriched",
    ranges=(),
    counts=Counts(dead={"truncated": 1}, details={"selected": {"young": 2}}),
)


def report(committed_unix_s: float, latencies_s: list[float]) -> AlertReport:
    """A committed batch, its alerts that late."""
    return BatchReport(
        entry=ENTRY,
        steps_s={},
        committed_unix_s=committed_unix_s,
        lag={},
        dead=(),
        outcome=AlertOutcome(
            AlertCounts(), committed_unix_s - np.array(latencies_s), np.zeros(len(latencies_s))
        ),
    )


def alerts() -> list[Alert]:
    """Three alerts: real and selected, bogus, not scored."""
    batch = handmade(object_id=["first", "second", "third"], magnitude=[18.5, 19.5, 20.5])
    scores = [{"realbogus": {"real": 0.9}}, {"realbogus": {"real": 0.1}}, {}]
    return list(rows(batch, scores, [("young",), (), ()]))


def shown(tally: Tally, *, width: int = 120, height: int = 40) -> str:
    """The screen as text."""
    screen_text = io.StringIO()
    Console(file=screen_text, width=width).print(screen(tally, title="a night", height=height))
    return screen_text.getvalue()


def test_the_screen_shows_the_newest_alert_first() -> None:
    tally = Tally()
    tally.add(alerts())
    text = shown(tally)
    assert text.index("third") < text.index("second") < text.index("first")
    assert "young" in text


def test_an_empty_screen_shows_dashes() -> None:
    text = shown(Tally())
    assert re.findall(r"(?:a second|latency) +(\S+)", text) == ["-", "-", "-"]
    assert "nan" not in text


def test_the_screen_counts_what_the_engine_reported() -> None:
    tally = Tally()
    tally.on_batch(report(101.0, [0.010, 0.020]))
    tally.on_batch(report(102.0, [0.030, math.nan]))
    assert tally.selected == {"young": 4}
    assert tally.counts.dead == {"truncated": 2}
    assert tally.dead == 2
    assert tally.latency().p50_ms == pytest.approx(20.0)
    assert re.search(r"dead +2\b.*\n.* truncated +2\b", shown(tally))


def test_the_rate_is_of_the_time_in_which_alerts_came() -> None:
    tally = Tally()
    tally.consumed = 30
    tally.on_batch(replace(report(110.0, []), entry=ENTRY))
    assert tally.rate_per_s == pytest.approx(3.0)


def test_the_screen_fits_a_small_terminal() -> None:
    tally = Tally()
    for _ in range(10):
        tally.add(alerts())
    tally.on_batch(report(101.0, [0.010]))
    text = shown(tally, width=80, height=24)
    assert len(text.splitlines()) <= 24
    assert "selected by" in text
    assert "outcome" in text
    assert re.search(r"first +60000\.00 .* 0\.90 +- +young", text)


@pytest.mark.parametrize(
    ("score", "text", "style"),
    [(0.9, "0.90", "green"), (0.1, "0.10", "red"), (0.5, "0.50", "yellow"), (math.nan, "-", "dim")],
)
def test_a_scores_colour_says_what_it_means(score: float, text: str, style: str) -> None:
    shown_score = score_text(score)
    assert (shown_score.plain, shown_score.style) == (text, style)


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        ({"realbogus": {"real": 0.9}, "supernova": {"SNIa": 0.75, "SNII": 0.25}}, "SNIa 0.75"),
        ({"lightcurve": {"AGN": 0.25, "KN": 0.75}}, "KN 0.75"),
        ({"supernova": {"SNIa": 0.25, "star": 0.75}}, "star 0.75"),
        ({"realbogus": {"real": 0.9}}, "-"),
    ],
)
def test_an_alert_has_its_most_probable_class(scores: Scores, text: str) -> None:
    batch = handmade(object_id=["one"])
    (alert,) = rows(batch, [scores], [()])
    assert class_text(alert).plain == text
    assert text in line(alert)


def test_an_alert_read_twice_is_counted_as_such() -> None:
    tally = Tally()
    tally.add(alerts())
    tally.add(alerts()[:1])
    assert (len(tally.read), tally.read_twice) == (3, 1)


def test_the_summary_compares_each_kind_with_what_is_known() -> None:
    night = InventedNight(0, seed=1)
    night.truths = {1: Kind.SUPERNOVA, 2: Kind.SUPERNOVA, 3: Kind.COSMIC_RAY, 4: Kind.ASTEROID}
    read = {1: Found(0.9, ("young",)), 2: Found(0.5, ()), 3: Found(math.nan, ())}
    lines = list(against_truth(read, night))
    assert any(line.split() == ["supernova", "2", "0.70", "50%", "young", "1"] for line in lines)
    assert any(line.split() == ["cosmic", "ray", "1", "-", "-"] for line in lines)
    assert not any("asteroid" in line for line in lines)


def test_the_summary_of_a_night_without_answers_has_the_sums_alone() -> None:
    tally = Tally()
    tally.sent = 3
    tally.add(alerts())
    lines = list(summary(tally, InventedNight(0, seed=1)))
    assert lines[1] == "a reader got 3, 0 of them twice"
    assert not any("what it is" in line for line in lines)
