"""Tables of labels, and what models call their types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.models.labelled import confusion, marks, places
from classifiers.served import BUILT_IN
from gueststar.modelling.labels import TYPES, by_model, label_of, read_labels
from schemas.errors import ModelError

SUPERNOVA = BUILT_IN["supernova"]().labels
REALBOGUS = BUILT_IN["realbogus"]().labels


def table(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def test_a_table_of_the_tns_is_read_by_its_internal_names(tmp_path: Path) -> None:
    text = 'name,type,internal_names\n2018abc,SN Ia,"ZTF18abc, ATLAS18x"\n2018d,,ZTF18d\n'
    assert read_labels(table(tmp_path, text)) == {"ZTF18abc": "SN Ia", "ATLAS18x": "SN Ia"}


def test_an_object_with_two_types_has_none(tmp_path: Path) -> None:
    text = "ZTFID,type\nZTF1,SN Ia\nZTF1,SN II\nZTF2,TDE\nZTF2,TDE\nZTF1,SN Ia\n"
    assert read_labels(table(tmp_path, text)) == {"ZTF2": "TDE"}


@pytest.mark.parametrize(
    ("text", "complaint"), [("a,b\n1,2\n", "has none of the columns"), ("", "has none")]
)
def test_what_is_no_table_of_labels_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        read_labels(table(tmp_path, text))
    with pytest.raises(ModelError, match="no table of labels"):
        read_labels(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("SN Ia", "SNIa"),
        ("SN Ia-91bg-like", "SNIa"),
        ("SN Iax[02cx-like]", ""),
        ("SN IIn", "SNIIn"),
        ("SN IIP", "SNII"),
        ("SN IIb", "SNIbc"),
        ("SN Ic-BL", "SNIbc"),
        ("SLSN-II", ""),
        ("SLSN-I", "SLSN-I"),
        ("star", "star"),
        ("Galaxy", ""),
    ],
)
def test_a_spectroscopic_type_is_a_label_of_the_model_or_none(kind: str, label: str) -> None:
    assert label_of(kind, SUPERNOVA) == label


def test_whatever_has_a_spectrum_is_real() -> None:
    assert {label_of(begin, REALBOGUS) for begin, _ in TYPES} == {"real"}
    assert label_of("cosmic_ray", REALBOGUS) == "cosmic_ray"
    assert by_model({"a": "SN Ia", "b": "Other"}, REALBOGUS) == {"a": "real"}


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 3)), max_size=40))
def test_a_confusion_counts_each_labelled_alert_once(alerts: list[tuple[int, int]]) -> None:
    truth = np.array([real for real, _ in alerts], np.int64)
    scores = np.full((len(alerts), 3), np.nan, np.float32)
    for row, (_, said) in enumerate(alerts):
        if said < 3:
            scores[row] = np.eye(3, dtype=np.float32)[said]
    found = confusion(scores, truth)
    for real in range(3):
        for said in range(4):
            assert found[real, said] == alerts.count((real, said))
    told = marks(scores, truth, np.array([str(each) for each in range(len(alerts))]))
    assert (told.alerts if told else 0) == found[:, :3].sum()


def test_an_object_without_a_label_has_no_place() -> None:
    assert places(["a", "b", "c"], {"a": "x", "b": "z"}, ["y", "x"]).tolist() == [1, -1, -1]
