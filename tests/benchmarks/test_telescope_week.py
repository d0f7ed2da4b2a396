"""A night of the simulated week of own telescopes: kills at any step change nothing."""

from __future__ import annotations

from pathlib import Path

from numpy.random import default_rng

from benchmarks.telescope_kills import Kills, sent_by
from benchmarks.telescope_week import Scale, lines, week
from schemas.decode import Decoder

SCALE = Scale(seed=2, sites=1, fields=1, nights=1, visits=3, transients=8, side=384)


def test_a_site_that_is_killed_at_any_step_sends_what_one_does_that_is_not(tmp_path: Path) -> None:
    ((seen, new),) = week(tmp_path, SCALE)
    text = "\n".join(lines([(seen, new)], SCALE))
    assert seen.is_balanced
    assert seen.kills > 0
    assert "1 of 1 spools, bookmarks and topics balance" in text
    assert len(seen.alerts) > 0
    site = tmp_path / "north-0"
    (site / "spool").rename(tmp_path / "kept")
    packets, _, is_balanced = sent_by(site / "telescope.toml", Kills(default_rng(1), share=0.0))
    assert is_balanced
    alone = Decoder().decode(packets)
    assert alone.alert_id.tolist() == seen.alerts.alert_id.tolist()
    assert alone.detections.tolist() == seen.alerts.detections.tolist()
