"""The door to ONNX Runtime: what is served, and the line that says why a file is not."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from classifiers.realbogus import WEIGHTS
from classifiers.session import ROWS_AT_ONCE, Session
from schemas.errors import ModelError
from tests.classifiers.stamped import invented_stamps

ROW = (3, 63, 63)


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(WEIGHTS, ROW)


@pytest.fixture(scope="module")
def labels(session: Session) -> str:
    """The labels as they stand in the file."""
    return json.dumps(session.labels)


def changed(folder: Path, old: str, new: str) -> Path:
    """The served file with some text replaced by another as long."""
    content = WEIGHTS.read_bytes()
    assert content.count(old.encode()) == 1 and len(old) == len(new), old
    path = folder / "changed.onnx"
    path.write_bytes(content.replace(old.encode(), new.encode()))
    return path


def test_the_hash_is_of_the_file(session: Session) -> None:
    assert session.identity.sha256 == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()


def test_name_version_and_labels_come_from_the_file(
    session: Session, labels: str, tmp_path: Path
) -> None:
    renamed = Session(changed(tmp_path, labels, labels.replace('"real"', '"true"')), ROW)
    assert renamed.labels == tuple("true" if one == "real" else one for one in session.labels)
    assert renamed.identity.name == "realbogus"
    assert renamed.identity.version


@pytest.mark.parametrize("count", [0, 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 3 * ROWS_AT_ONCE])
def test_any_number_of_rows_gives_as_many_results(session: Session, count: int) -> None:
    given = session.run(invented_stamps(count, seed=1))
    assert given.shape == (count, len(session.labels))
    assert given.dtype == np.float32


def test_a_row_does_not_depend_on_the_rows_beside_it(session: Session) -> None:
    stamps = invented_stamps(2 * ROWS_AT_ONCE + 5, seed=2, amplitude=6.0)
    whole = session.run(stamps)
    alone = np.concatenate([session.run(stamps[row : row + 1]) for row in range(len(stamps))])
    np.testing.assert_array_equal(alone, whole)
    np.testing.assert_array_equal(session.run(stamps[::-1].copy())[::-1], whole)


def test_two_sessions_of_one_file_agree_to_the_bit(session: Session) -> None:
    stamps = invented_stamps(7, seed=3)
    np.testing.assert_array_equal(Session(WEIGHTS, ROW).run(stamps), session.run(stamps))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.onnx.*no model file.*install gueststar again"):
        Session(tmp_path / "absent.onnx", ROW)


@pytest.mark.parametrize("keep", [0, 1, 1000, -1000])
def test_a_damaged_file_is_named(tmp_path: Path, keep: int) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(WEIGHTS.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"damaged\.onnx: .*(install|export)"):
        Session(damaged, ROW)


def test_another_input_shape_is_refused() -> None:
    with pytest.raises(ModelError, match=r"wants .*\(3, 63, 63\).*not .*\(3, 30, 30\)"):
        Session(WEIGHTS, (3, 30, 30))


def test_a_file_without_a_name_is_refused(tmp_path: Path) -> None:
    nameless = changed(tmp_path, "\x0a\x04name\x12\x09realbogus", "\x0a\x04nome\x12\x09realbogus")
    with pytest.raises(ModelError, match="metadata lacks name"):
        Session(nameless, ROW)


def test_labels_that_are_no_list_are_refused(labels: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no JSON list of names"):
        Session(changed(tmp_path, labels, labels.replace(",", ";", 1)), ROW)


def test_fewer_labels_than_columns_are_refused(
    session: Session, labels: str, tmp_path: Path
) -> None:
    columns = len(session.labels)
    with pytest.raises(ModelError, match=rf"gives float32 \(1, {columns}\) for 1 rows"):
        Session(changed(tmp_path, labels, labels.replace('", "', " or ", 1)), ROW)


def test_who_opens_a_network_leaves_nothing_to_be_sent_to_anybody(tmp_path: Path) -> None:
    """By itself ONNX Runtime keeps a number for the machine at home, and what it will send."""
    told = {"CI", "ORT_DISABLE_TELEMETRY"}
    environment = {name: value for name, value in os.environ.items() if name not in told}
    command = "from tests.classifiers.test_session import *; Session(WEIGHTS, ROW)"
    subprocess.run(
        [sys.executable, "-c", command], env={**environment, "HOME": str(tmp_path)}, check=True
    )
    assert not any("onnxruntime" in path.name for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("said", ["Failed to allocate memory for requested buffer", "bad_alloc"])
def test_too_little_memory_is_told_as_all_others_tell_it(
    session: Session, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError(f"[ONNXRuntimeError] : 1 : FAIL : {said}")

    class Runtime:
        run = staticmethod(refused)

    monkeypatch.setattr(session, "_runtime", Runtime)
    with pytest.raises(MemoryError, match="over 3 rows"):
        session.run(invented_stamps(3, seed=1))
