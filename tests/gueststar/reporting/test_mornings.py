"""Each night is told of once it is over, each week once that is, and none twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.clock import ManualClock
from broker.errors import SettingsError
from gueststar.command import app
from gueststar.reporting import known, mornings
from gueststar.reporting.mornings import Mornings
from schemas.errors import QuestionError
from tests.gueststar.reconciling.night import packets_of
from tests.gueststar.reporting.test_report import lake_of

QUIET_S = 3_600.0
MONDAY, SUNDAY, NEXT = "20231016", "20231022", "20231024"


class Place:
    """A lake of which only the nights' fingerprints are known, and who tells of it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.nights: dict[str, str] = {}
        self.clock = ManualClock()
        self.folder = folder
        self.broken = False
        monkeypatch.setattr(mornings, "standing", lambda _lake: [])
        monkeypatch.setattr(mornings, "fingerprints", lambda _parts: dict(self.nights))
        self.begin()

    def begin(self, nights_max: int = 7) -> None:
        self.mornings = Mornings(
            Path("lake"),
            self.folder,
            self.write,
            quiet_s=QUIET_S,
            nights_max=nights_max,
            clock=self.clock,
        )

    def write(self, _nights: str) -> None:
        if self.broken:
            raise QuestionError("no browser")

    def after(self, hours: float, **nights: str) -> list[str]:
        """What is written now, these nights having changed, and then."""
        self.nights |= {name.removeprefix("n"): mark for name, mark in nights.items()}
        at_once = self.mornings.look()
        self.clock.sleep(hours * 3_600)
        return at_once + self.mornings.look()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


def test_a_night_is_told_of_once_nothing_of_it_came_for_a_while_and_again_if_something_comes(
    place: Place,
) -> None:
    assert place.after(0.9, n20231016="a") == []
    assert place.after(0.9, n20231016="b") == []
    assert place.after(0.2) == [MONDAY]
    assert place.after(5) == []
    assert place.after(1, n20231016="late") == [MONDAY]


def test_what_was_told_is_not_told_again_by_the_next_life(place: Place) -> None:
    assert place.after(1, n20231016="a") == [MONDAY]
    place.begin()
    assert place.after(2) == []


def test_a_week_is_summed_up_after_its_sunday_or_after_a_later_night(place: Place) -> None:
    week = f"{MONDAY}:{SUNDAY}"
    assert place.after(1, n20231016="a", n20231018="b") == [MONDAY, "20231018"]
    assert place.after(1, n20231024="c") == [NEXT, week]
    assert place.after(1, n20231022="d") == [SUNDAY, week]


def test_an_old_lake_has_its_newest_nights_told_of_alone(place: Place) -> None:
    place.begin(nights_max=2)
    assert place.after(1, n20230101="a", n20231016="b", n20231017="c") == [MONDAY, "20231017"]


def test_a_page_that_cannot_be_made_is_tried_again(place: Place) -> None:
    place.broken = True
    assert place.after(1, n20231016="a") == []
    place.broken = False
    assert place.after(0) == [MONDAY]


def test_the_nights_of_a_lake_are_told_of_by_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "PATIENCE_S", 0.2)
    night = lake_of(tmp_path, packets_of(5))
    config = tmp_path / "reports.toml"
    text = '[topics]\ninput = ["a"]\n[kafka]\nbootstrap = "127.0.0.1:9"\n'
    config.write_text(text)
    with pytest.raises(SettingsError, match=r"\[report\] folder"):
        CliRunner().invoke(app, ["reports", str(config)], catch_exceptions=False)
    config.write_text(
        f'{text}patience_s = 0.1\n[lake]\npath = "{night.lake}"\n[report]\nfolder = "told"\n'
    )
    done = CliRunner().invoke(app, ["reports", str(config), "--once"])
    assert done.exit_code == 0, done.exception
    page = (tmp_path / "told" / f"report-{night.night}.html").read_text()
    assert "5 alerts of" in page
    assert "It is not known" in page
