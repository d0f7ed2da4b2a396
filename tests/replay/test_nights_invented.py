"""Long invented nights, and streams out of order."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.errors import SettingsError
from gueststar.invent_command import Invention, invent
from gueststar.replay_command import piped
from lake.archives import Archive
from lake.simulated.truth import read_truth
from replay.disorder import AWAY_MAX, PART, Disorder
from replay.invention import NIGHT_JD
from replay.kinds import MIX
from replay.nights_invented import invented_night
from schemas.decode import Decoder
from schemas.errors import ArchiveError


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_a_night_is_by_time_each_alert_itself_and_its_truth_its_own(survey: str) -> None:
    night = list(invented_night(1500, survey, seed=2, drawn=40))
    batch = Decoder().decode([one.packet for one in night])
    assert not batch.rejected
    assert batch.alert_id.tolist() == [one.truth.alert_id for one in night]
    assert batch.object_id.tolist() == [one.truth.object_id for one in night]
    assert len(set(batch.alert_id.tolist())) == len(night)
    assert np.all(np.diff(batch.exposed_unix_s) >= 0)
    assert len(set(batch.exposed_unix_s.tolist())) == 3  # of 600 alerts each
    assert {one.truth.kind for one in night} == set(MIX)
    again = invented_night(1500, survey, seed=2, drawn=40)
    assert [one.packet for one in again] == [one.packet for one in night]
    other = next(invented_night(1, survey, seed=3, night_jd=NIGHT_JD))
    assert other.packet != night[0].packet


@given(
    st.integers(0, 2500), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 1), st.integers(0, 99)
)
@settings(max_examples=40)
def test_disorder_loses_nothing_and_counts_what_it_does(
    count: int, duplicates: float, late: float, shuffled: float, seed: int
) -> None:
    odd = Disorder(duplicates, late, shuffled)
    came = list(odd.of(range(count), seed=seed))
    counts = Counter(came)
    assert set(counts) == set(range(count))
    assert max(counts.values(), default=1) <= 2
    assert len(came) - count == odd.duplicated
    assert list(Disorder(duplicates, late, shuffled).of(range(count), seed=seed)) == came


def test_without_a_share_nothing_is_changed_and_with_one_it_is_about_that() -> None:
    assert list(Disorder().of(range(3000), seed=1)) == list(range(3000))
    odd = Disorder(duplicates=0.1, late=0.02, shuffled=0.3)
    list(odd.of(range(20_000), seed=1))
    assert odd.duplicated / 20_000 == pytest.approx(0.1 * 0.98, abs=0.01)
    assert odd.delayed / 20_000 == pytest.approx(0.02, abs=0.005)
    assert odd.parts_shuffled / (20_000 / PART) == pytest.approx(0.3, abs=0.1)
    assert AWAY_MAX == 1000


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ArchiveError, match="late"):
        Disorder(late=share)


def test_the_command_writes_packets_and_their_truth(tmp_path: Path) -> None:
    night, table = tmp_path / "night.tar", tmp_path / "truth.parquet"
    odd = Disorder(duplicates=0.2)
    invent(Invention(300, "lsst", 1, night, table, odd))
    batch = Decoder().decode([packet.data for packet in Archive(night)])
    assert len(batch) == 300 + odd.duplicated > 300
    truth = read_truth(table)
    assert truth.key == "alert_id"
    assert len(truth.keys) == 300
    assert (truth.rows(batch.alert_id) >= 0).all()


def test_a_night_goes_by_a_pipe_as_it_goes_to_a_file(tmp_path: Path) -> None:
    night = tmp_path / "night.tar"
    invent(Invention(40, "lsst", 1, night, None, Disorder()))
    words = (sys.executable, "-c", "from gueststar.command import main; main()", "invent", "40")
    done = subprocess.run(
        [*words, "--survey", "lsst", "--to", "-"], capture_output=True, check=True
    )
    assert b"40 alerts as 40 packets" in done.stderr
    (tmp_path / "piped.tar").write_bytes(done.stdout)
    assert list(Archive(tmp_path / "piped.tar").packets(0)) == list(Archive(night).packets(0))


def test_what_comes_by_standard_input_is_not_resumed() -> None:
    assert piped(Path("-"), resume=False) == Path("/dev/stdin")
    assert piped(Path("night.tar"), resume=True) == Path("night.tar")
    with pytest.raises(SettingsError, match="--resume needs a path"):
        piped(Path("-"), resume=True)
