"""Columns that belong together: written whole or not at all, read by name, taken by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar, get_type_hints
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ModelError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Singles = NDArray[np.float32]
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Columns:
    """What is kept in one file; a subclass is a dataclass that says what each column holds.

    A column may be a dataclass of columns itself.
    """

    def save(self, path: Path) -> None:
        """Write them as one file of arrays."""
        keep(path, _flat(self))

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote. Raises ModelError where a column is missing."""
        with np.load(path) as kept:
            return _read(cls, kept, path)

    def take(self, rows: Ints | Mask) -> Self:
        """Some of the rows, in the order given."""
        return type(self)(**{name: _some(one, rows) for name, one in vars(self).items()})

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Tables without tables in them, one after another."""
        names = [one.name for one in fields(cls)]
        return cls(
            **{name: np.concatenate([getattr(one, name) for one in parts]) for name in names}
        )


def keep(path: Path, arrays: Mapping[str, Any]) -> None:
    """Whole or not at all: who reads it meanwhile finds the one before."""
    unfinished = path.with_name(f"unfinished_{path.name}")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)


def kept(path: Path, make: Callable[[], Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """The arrays that are kept there; made and kept where there are none."""
    if not path.is_file():
        keep(path, make())
    with np.load(path) as found:
        return dict(found)


def once(load: Callable[[Path], Kind], path: Path) -> Kind:
    """What is read from there, which is read once a process."""
    found: Kind = _loaded(load, path)
    return found


@lru_cache(maxsize=1)
def _loaded(load: Callable[[Path], Any], path: Path) -> Any:  # noqa: ANN401 - of any kind
    return load(path)


def fingerprint(settings: object, columns: Iterable[NDArray[Any]]) -> str:
    """Eight letters that are others for other columns or other settings."""
    so_far = crc32(repr(settings).encode())
    for column in columns:
        so_far = crc32(np.ascontiguousarray(column).tobytes(), so_far)
    return f"{so_far:08x}"


def _flat(table: object) -> dict[str, Any]:
    """By name, a table's within another with the other's name before theirs."""
    flat: dict[str, Any] = {}
    for one in fields(table):  # type: ignore[arg-type] # a dataclass of any kind
        column = getattr(table, one.name)
        parts = _flat(column) if is_dataclass(column) else None
        flat |= {one.name: column} if parts is None else _named(one.name, parts)
    return flat


def _named(table: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{table}.{name}": part for name, part in parts.items()}


def _read(kind: type[Kind], kept: Mapping[str, Any], path: Path, before: str = "") -> Kind:
    found: dict[str, Any] = {}
    for name, column in get_type_hints(kind).items():
        whole = before + name
        if is_dataclass(column):
            found[name] = _read(column, kept, path, f"{whole}.")  # type: ignore[arg-type]
        elif whole in kept:
            found[name] = kept[whole] if kept[whole].ndim else kept[whole].item()
        else:
            raise ModelError(f"{path.name} has no column {whole}: write it again with this version")
    return kind(**found)


def _some(column: Any, rows: Ints | Mask) -> Any:  # noqa: ANN401 - a table or an array
    return column[rows] if isinstance(column, np.ndarray) else column.take(rows)
