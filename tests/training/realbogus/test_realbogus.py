"""From invented alerts to a file that is served: every step of the command, in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from classifiers.realbogus import RealBogus
from schemas.errors import ArchiveError
from tests.classifiers.stamped import invented_stamps, packet
from tests.training.realbogus.alerts.alert_files import (
    rubin_packet,
    write_archive,
    write_files,
)
from training.realbogus import __main__
from training.realbogus.__main__ import NAME, VERSION, commands
from training.realbogus.answers import NOT_DRAWN, read
from training.realbogus.judging.outcome import Outcome
from training.realbogus.labels import LABELS, REAL
from training.realbogus.material import Material

ZTF, RUBIN = 36, 8
NIGHTS = 6
RUBIN_SIDE = 30
FIRST_JD, FIRST_RUBIN_MJD = 2460232.75, 60100.75
"""ZTF's nights are of all folds."""
SMALL = ("--steps=30", "--seeds=1", "--exam-stamps=50", "--rounds=1", "--workers=1")
PICTURES = ("roc", "reliability", "asteroids", "confusion", "scores", "called-real", "called-bogus")


def invented_data(folder: Path) -> Path:
    """Alerts of both surveys over some nights; every third of ZTF's is a source."""
    stamps = invented_stamps(ZTF, seed=3)
    stamps[::3] = invented_stamps(ZTF, seed=3, amplitude=40)[::3]
    write_archive(folder / "ztf", [ztf_packet(row, stamps[row]) for row in range(ZTF)])
    noise = np.random.default_rng(4).normal(0, 20, (RUBIN, 3, RUBIN_SIDE, RUBIN_SIDE))
    planes = list(noise.astype(np.float32))
    write_files(folder / "lsst", [rubin_alert(row, planes[row]) for row in range(RUBIN)])
    return folder


def ztf_packet(row: int, planes: NDArray[np.float32]) -> bytes:
    """Its night, field, sign and scores go by its row; one source in five was never scored."""
    real = row % 3 == 0
    return packet(
        row,
        list(planes),
        jd=FIRST_JD + row // 3 % NIGHTS,
        field=400 + row % 4,
        drb=0.97 if real else 0.02,
        rb=0.8 if real else 0.1,
        isdiffpos="t" if row % 2 else "f",
        ssdistnr=0.2 if row % 15 == 0 else -999.0,
        magpsf=16 + row / 10,
    )


def rubin_alert(row: int, planes: NDArray[np.float32]) -> bytes:
    """Two a night, the first of them flagged."""
    return rubin_packet(
        row,
        list(planes),
        midpointMjdTai=FIRST_RUBIN_MJD + row // 2,
        visit=row // 2,
        diaObjectId=row,
        pixelFlags_cr=row % 2 == 0,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, work, out and docs, after `all`."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "data").mkdir()
    invented_data(folder / "data")
    places = [f"--{name}={folder / name}" for name in ("data", "work", "out", "docs")]
    places.append(f"--kept={folder / 'answers.parquet'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(__main__, "SLIMMER", __main__.SLIMMER[:1])  # each takes three seconds
        result = run("all", *places, *SMALL)
    assert result.exit_code == 0, result.output
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(commands, words, catch_exceptions=False)


@pytest.fixture(scope="module")
def classifier(made: Path) -> RealBogus:
    return RealBogus(made / "out" / "realbogus.onnx")


def test_a_network_its_card_and_its_pictures_are_made(made: Path) -> None:
    assert {path.name for path in (made / "out").iterdir()} == {"realbogus.onnx", "realbogus.md"}
    assert {path.stem for path in (made / "docs").iterdir()} == set(PICTURES)


def test_the_answers_are_those_that_the_figures_are_made_of(made: Path) -> None:
    found, kept = Outcome.load(made / "work" / "outcome.npz"), read(made / "answers.parquet")
    alerts = kept["drawn"] == NOT_DRAWN
    np.testing.assert_array_equal(kept["alert_id"][alerts], found.scored.alert_id)
    said = 1 / (1 + np.exp(-kept["ours"][alerts]))
    np.testing.assert_allclose(said, found.scored.ours[0, :, REAL], atol=1e-6)
    assert (~alerts).sum() == len(found.exam.label)


def test_what_is_made_is_served_and_says_what_it_is(made: Path, classifier: RealBogus) -> None:
    assert (classifier.identity.name, classifier.identity.version) == (NAME, VERSION)
    assert classifier.labels == LABELS
    said = {one.key: one.value for one in onnx.load(made / "out" / "realbogus.onnx").metadata_props}
    assert said["seed"] == "0"
    assert said["data"] == Material.load(made / "work" / "material.npz").examples.sha256()


def test_what_is_made_tells_sources_from_noise(classifier: RealBogus) -> None:
    source, noise = (
        classifier.score_stamps(invented_stamps(40, seed=11, amplitude=amplitude))[:, REAL]
        for amplitude in (40, 0)
    )
    assert (source[:, None] > noise).mean() > 0.95


def test_the_card_holds_the_hash_the_figures_the_studies_and_the_limits(
    made: Path, classifier: RealBogus
) -> None:
    text = (made / "out" / "realbogus.md").read_text(encoding="utf-8")
    assert classifier.identity.sha256 in text and VERSION in text
    assert "not truth" in text and "BSD-3-Clause" in text
    for study in ("surveys.md", "compression.md"):
        assert (made / "work" / study).read_text(encoding="utf-8").strip() in text


def test_every_alert_was_scored_by_a_network_that_did_not_see_it(made: Path) -> None:
    found = Outcome.load(made / "work" / "outcome.npz")
    assert found.scored.ours.shape == (1, ZTF + RUBIN, len(LABELS))
    assert np.isfinite(found.scored.ours).all() and np.isfinite(found.exam.ours).all()
    assert found.scored.asteroid.sum() >= ZTF // 15 and found.scored.cosmic_ray.sum() == RUBIN // 2


def test_the_same_material_and_seed_give_the_same_file(made: Path, tmp_path: Path) -> None:
    run("serve", f"--work={made / 'work'}", f"--out={tmp_path / 'new'}", *SMALL[:1])
    again = tmp_path / "new" / "realbogus.onnx"
    assert again.read_bytes() == (made / "out" / "realbogus.onnx").read_bytes()


def test_a_step_without_the_one_before_names_it(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"material\.npz: is not there; run the step `draw`"):
        run("cross", f"--work={tmp_path}")


def test_the_first_lines_name_every_step() -> None:
    said = {line.split()[0] for line in (__main__.__doc__ or "").splitlines()[2:] if line.strip()}
    assert said == set(typer.main.get_group(commands).commands)
