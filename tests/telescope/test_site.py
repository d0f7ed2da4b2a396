"""A site's spool: what is told of frames is the same however often it is killed, and sent once."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from broker.errors import KafkaUnavailable, ProducerFenced, SettingsError, TransactionAborted
from schemas.decode import Decoder
from telescope.sending import Sender
from telescope.settings import read_settings
from telescope.simulated_night import write_night
from telescope.site import Site
from telescope.spool import Spool, SpoolError
from telescope.working import work
from tests.telescope.sinks import RememberingSink

FRAMES = 3
LOST = KafkaUnavailable("no link")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated night, taken up."""
    folder = tmp_path_factory.mktemp("night")
    list(write_night(folder, frames=FRAMES, side=640, transients_count=12, seed=4))
    (folder / "frames" / "frame0001a.fits").write_bytes(b"torn")
    site = Site(read_settings(folder / "telescope.toml"))
    work(site, None, once=True, on_line=lambda _: None)
    return folder


@pytest.fixture
def night(made: Path, tmp_path: Path) -> Path:
    return Path(copytree(made, tmp_path / "night"))


def site_of(folder: Path) -> Site:
    return Site(read_settings(folder / "telescope.toml"))


def test_each_frame_is_one_entry_and_a_torn_one_has_its_reason(night: Path) -> None:
    entries = Spool(night / "spool").open()
    assert [one.record["name"] for one in entries] == sorted(p.name for p in night.glob("frames/*"))
    assert "cannot be read" in entries[2].record["reason"]
    assert sum(one.record["alerts"] for one in entries) > FRAMES


def test_packets_are_alerts_whose_objects_have_histories(night: Path) -> None:
    spool = Spool(night / "spool")
    count = len(spool.open())
    packets = [one for number in range(count) for one in spool.read(number).packets]
    batch = Decoder().decode(packets)
    assert len(batch) == len(packets)
    assert not batch.rejected
    assert set(batch.survey.tolist()) == {"telescope"}
    assert batch.detections.max() == FRAMES
    assert (batch.survey_real_score >= 0.8).all()
    assert batch.stamps.missing.sum() == 0
    lengths = batch.light_curve.offsets[1:] - batch.light_curve.offsets[:-1]
    assert (lengths == batch.detections).all()


def test_a_site_killed_after_any_frame_goes_on_as_if_it_had_not_been(night: Path) -> None:
    whole = Spool(night / "spool")
    count = len(whole.open())
    wanted = [whole.read(number).packets for number in range(count)]
    (night / "spool" / f"{count - 1:08}.frame").unlink()
    (night / "spool" / ".00000099.frame.part").write_bytes(b"half")
    site = site_of(night)
    work(site, None, once=True, on_line=lambda _: None)
    assert [site.spool.read(number).packets for number in range(count)] == wanted


def test_every_alert_is_sent_once_whatever_the_sink_goes_through(night: Path) -> None:
    site = site_of(night)
    count = len(site.spool)
    wanted = [one for number in range(count) for one in site.spool.read(number).packets]
    sink = RememberingSink(TransactionAborted("once"), ProducerFenced("then"))
    first = Sender(site.spool, sink, sink, "t")
    first.send()
    assert sink.values == wanted
    assert sink.place == count
    again = Sender(site.spool, sink, sink, "t")
    assert again.send().alerts == 0
    assert site.spool.read(0).packets == []


def test_without_a_link_frames_wait_and_a_full_spool_takes_no_more(night: Path) -> None:
    for path in (night / "spool").iterdir():
        path.unlink()
    text = (night / "telescope.toml").read_text()
    limited = text.replace("[camera]", "spool_bytes_max = 1000\n\n[camera]")
    (night / "telescope.toml").write_text(limited)
    site, said = site_of(night), list[str]()
    work(site, None, once=True, on_line=said.append)
    assert len(site.spool) == 1
    assert "waiting for the link" in said[0]


def test_a_link_that_is_away_ends_a_run_of_once_with_its_reason(night: Path) -> None:
    def away() -> Sender:
        raise LOST

    with pytest.raises(KafkaUnavailable, match="no link"):
        work(site_of(night), away, once=True, on_line=lambda _: None)


def test_a_gap_in_a_spool_is_named(night: Path) -> None:
    (night / "spool" / f"{1:08}.frame").unlink()
    with pytest.raises(SpoolError, match="lacks entries"):
        Spool(night / "spool").open()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[telescope]\nframes = 'a'\n", "lacks reference"),
        ("[telescop]\n", "is not known"),
        ("[telescope]\nframe = 'a'\n", "'frame' in"),
        (
            "[telescope]\nframes='a'\nreference='b'\nspool='c'\n[camera]\nnam='x'\n",
            "names no camera",
        ),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "telescope.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=said):
        read_settings(path)
