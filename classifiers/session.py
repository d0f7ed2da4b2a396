"""The one door to ONNX Runtime: a model file that is checked, opened and warmed before it serves.

What a model is called, its version and its labels stand in the file's own metadata, so code and
file cannot disagree. `METADATA` lists the keys; each training's `export` writes them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import ModelIdentity
from classifiers.hidden import READOUT, last_hidden, with_output
from schemas.errors import ModelError

# From 1.29 on its builds send word of each model to their maker, unless told not to as they load.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

METADATA = ("name", "version", "labels")
"""Keys that a served file must have; `labels` is a JSON list of names."""
ROWS_AT_ONCE = 32
"""Rows a call: more fall out of the processor's cache and take more memory, not less time."""
LOG_ERRORS_ONLY = 3
NO_MEMORY = ("Failed to allocate memory", "bad_alloc", "bad allocation")
"""How ONNX Runtime and the C++ below it say that there was too little."""
NOTHING: Mapping[str, str] = MappingProxyType({})


class Session:
    """One model file, open on one thread: rows (n, *row_shape) to probabilities (n, labels).

    A row's result does not depend on the rows beside it, so neither the stream's batches nor
    ROWS_AT_ONCE can be seen in a score.
    """

    def __init__(
        self,
        path: Path,
        row_shape: tuple[int, ...],
        agreed: Mapping[str, str] = NOTHING,
        *,
        hidden: bool = False,
        readout: str = READOUT,
    ) -> None:
        """Open a model whose one input is float32 (n, *row_shape).

        `agreed` is what its metadata must say besides, by key: what the rows to come are made by.
        hidden: whether its last hidden layer is given, too, where there is one (`run_both`), which
        is what the last operator called `readout` reads.
        Raises ModelError where the file is missing, damaged, of another shape or disagrees.
        """
        self._path = path
        self._row_shape = row_shape
        content = _content(path)
        layer = last_hidden(content, readout) if hidden else ""
        self._runtime = _opened(path, with_output(content, layer) if layer else content)
        self.said: Mapping[str, str] = _metadata(path, self._runtime)
        """The file's whole metadata."""
        _check(path, self.said, agreed)
        self.identity = ModelIdentity(
            self.said["name"], self.said["version"], hashlib.sha256(content).hexdigest()
        )
        self.labels = _labels(path, self.said["labels"])
        self._input = self._checked_input()
        self.width = 0
        """Of the last hidden layer; 0 where none is given, or none can be told."""
        self.warm_up()
        self._hidden_shape: tuple[int, ...] = (0,)
        if layer:
            self._hidden_shape = self._run(np.zeros((1, *row_shape), np.float32))[1].shape[1:]
            self.width = self._hidden_shape[0]

    def run(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities, float32 (n, labels), of rows float32 (n, *row_shape)."""
        parts = [each[0] for each in self._parts(rows)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.labels)), np.float32)

    def run_both(
        self, rows: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """As `run`, and the last hidden layer, float32 (n, width, ...), of the same run."""
        if not self.width:
            return self.run(rows), np.empty((len(rows), 0), np.float32)
        shapes = ((len(self.labels),), self._hidden_shape)
        nothing = [np.empty((0, *shape), np.float32) for shape in shapes]
        scores, layers = zip(nothing, *self._parts(rows), strict=True)
        return np.concatenate(scores), np.concatenate(layers)

    def _parts(self, rows: NDArray[np.float32]) -> Iterator[list[NDArray[np.float32]]]:
        assert rows.dtype == np.float32 and rows.shape[1:] == self._row_shape, rows.shape
        for begin in range(0, len(rows), ROWS_AT_ONCE):
            yield self._run(rows[begin : begin + ROWS_AT_ONCE])

    def _run(self, rows: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Raises MemoryError, as all others do, where ONNX Runtime had too little."""
        try:
            given: list[NDArray[np.float32]] = self._runtime.run(None, {self._input: rows})
        except Exception as error:  # ONNX Runtime's errors share no other type
            if any(said in str(error) for said in NO_MEMORY):
                raise MemoryError(f"{self._path.name} over {len(rows)} rows") from error
            raise
        return given

    def warm_up(self) -> None:
        """Run the shapes that serving runs, so that no alert waits for a first allocation."""
        for count in (1, ROWS_AT_ONCE):
            probe = np.zeros((count, *self._row_shape), np.float32)
            given = self._probed(probe)
            if given.dtype != np.float32 or given.shape != (count, len(self.labels)):
                raise ModelError(
                    f"{self._path}: gives {given.dtype} {given.shape} for {count} rows, not "
                    f"float32 {(count, len(self.labels))}; export the model again"
                )

    def _probed(self, probe: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return self._run(probe)[0]
        except Exception as error:  # ONNX Runtime's errors share no other type
            raise ModelError(
                f"{self._path}: cannot score {len(probe)} rows ({_line(error)}); "
                "export the model again"
            ) from error

    def _checked_input(self) -> str:
        """The name of the one input, whose shape must be the one that serving sends."""
        inputs = self._runtime.get_inputs()
        shapes = [(one.type, tuple(one.shape[1:])) for one in inputs]
        if shapes != [("tensor(float)", self._row_shape)]:
            raise ModelError(
                f"{self._path}: wants {shapes}, not one float input of rows {self._row_shape}; "
                "export the model again"
            )
        name: str = inputs[0].name
        return name


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path}: no model file can be read there ({error.strerror}); "
            "install gueststar again or name another file"
        ) from error


def _opened(path: Path, content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # One thread: a worker uses one core, and more workers use more.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = LOG_ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no other type
        raise ModelError(
            f"{path}: is no ONNX model or is damaged ({_line(error)}); install gueststar again"
        ) from error


def _metadata(path: Path, runtime: onnxruntime.InferenceSession) -> dict[str, str]:
    said: dict[str, str] = runtime.get_modelmeta().custom_metadata_map
    missing = [key for key in METADATA if not said.get(key)]
    if missing:
        raise ModelError(
            f"{path}: its metadata lacks {', '.join(missing)}; "
            "export it with the `export` of its folder in training/"
        )
    return said


def _check(path: Path, said: Mapping[str, str], agreed: Mapping[str, str]) -> None:
    for key, expected in agreed.items():
        if said.get(key) != expected:
            raise ModelError(
                f"{path}: its {key} is {said.get(key, '')[:80]!r}, and {expected!r} is served; "
                "export the model again"
            )


def _labels(path: Path, text: str) -> tuple[str, ...]:
    try:
        labels = json.loads(text)
    except ValueError:
        labels = None
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        raise ModelError(
            f"{path}: its labels {text[:80]!r} are no JSON list of names; export again"
        )
    return tuple(labels)


def _line(error: Exception) -> str:
    """An error's first line, short."""
    return str(error).strip().partition("\n")[0][:160]
