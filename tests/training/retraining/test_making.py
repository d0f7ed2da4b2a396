"""What is taken out of a lake to learn from, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broker.models.retrains import RetrainRequest
from gueststar.modelling.labels import Known
from lake.writing import LakeWriter
from replay.invention import NIGHT_JD, invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import ArchiveError, ModelError
from training.realbogus.alerts.dataset import read_examples
from training.realbogus.alerts.examples import Examples
from training.retraining import making
from training.retraining.making import Maker
from training.retraining.nights import Nights

SPANS = ("20251101:20251130",)
ALERTS = 60
NOTHING = Known({}, {})


@pytest.fixture(scope="module")
def batch() -> AlertBatch:
    """Of two nights."""
    nights = [invent(ALERTS // 2, seed=n, night_jd=NIGHT_JD - n) for n in range(2)]
    return Decoder().decode([one.packet for night in nights for one in night])


@pytest.fixture(scope="module")
def lake(batch: AlertBatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    with LakeWriter(folder, version="test") as writer:
        writer.add(batch)
    return folder


def request(name: str = "realbogus") -> RetrainRequest:
    return RetrainRequest(name, 7, SPANS, "a trial", None, "0.3.0+2", "a" * 64, "ada@home", 1.0)


def test_what_is_exported_is_what_training_reads(
    lake: Path, batch: AlertBatch, tmp_path: Path
) -> None:
    objects = batch.object_id.tolist()
    count = Nights(lake, SPANS, Known({objects[0]: "SN Ia"}, {})).export(tmp_path)
    examples = read_examples(tmp_path)
    assert count == len(examples) == len(batch)
    assert sorted(examples.alert_id.tolist()) == sorted(batch.alert_id.tolist())
    classed = examples.object_id[examples.spectroscopic == "SN Ia"]
    assert {*classed.tolist()} == {objects[0]}


def test_of_too_many_those_with_a_label_come_first(
    lake: Path, batch: AlertBatch, tmp_path: Path
) -> None:
    known = dict.fromkeys(batch.object_id.tolist()[:5], "TDE")
    labelled = int(np.isin(batch.object_id, [*known]).sum())
    Nights(lake, SPANS, Known(known, {}), alerts_max=labelled + 10).export(tmp_path)
    examples = read_examples(tmp_path)
    assert int((examples.spectroscopic == "TDE").sum()) == labelled
    others = len(examples) - labelled
    assert 0 < others <= 10


def test_nights_that_kept_no_packets_say_so(batch: AlertBatch, tmp_path: Path) -> None:
    with LakeWriter(tmp_path / "lake", version="test", with_packets=False) as writer:
        writer.add(batch)
    with pytest.raises(ArchiveError, match="did not keep all packets"):
        Nights(tmp_path / "lake", SPANS, NOTHING).export(tmp_path / "out")


def test_an_artefact_is_taught_as_bogus_and_is_no_evidence(
    lake: Path, batch: AlertBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = str(batch.object_id[0])
    alerts = batch.alert_id[batch.object_id == name].tolist()
    found: list[Examples] = []

    def taken(examples: Examples, seed: int, exam_stamps: int) -> None:
        found.append(examples)
        raise ModelError("enough")

    monkeypatch.setattr(making, "material", taken)
    monkeypatch.setattr(making, "FIELD_NIGHTS_MIN", 1)
    with pytest.raises(ModelError, match="enough"):
        Maker(lake, lambda: Known({}, dict.fromkeys(alerts, "artefact")), None)(request(), tmp_path)
    of = found[0].object_id == name
    assert of.any()
    assert not found[0].known_real[of].any()
    assert found[0].low[of].all()


def test_too_few_fields_and_nights_and_other_models_are_refused(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be split to calibrate on"):
        Maker(lake, lambda: NOTHING, None, alerts_max=2)(request(), tmp_path / "one")
    with pytest.raises(ModelError, match="supernova is not made again by itself, realbogus is"):
        Maker(lake, lambda: NOTHING, None)(request("supernova"), tmp_path / "two")


def test_its_version_says_whose_it_is_and_which_request_it_was(lake: Path) -> None:
    assert Maker(lake, lambda: NOTHING, None).version_of(request()) == "0.3.0+7"
