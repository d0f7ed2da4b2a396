"""Where filters come from: built-in ones, a file of Python or text, an installed package."""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import NamedTuple

import numpy as np

from filters import builtin
from filters.alerts import Alerts
from filters.expressions.files import SUFFIXES
from filters.expressions.filter import read_filter
from filters.filter_set import ActiveFilter, require_once
from filters.handmade import handmade
from filters.selection import Selection
from schemas.errors import FilterError
from schemas.learned import FLOATS, Given, Learned
from schemas.stage import VERSION_DIGITS
from schemas.suggestion import nearest
from sky.catalogues import NO_SKY, CatalogueIdentity, Sky

ENTRY_POINTS = "gueststar.filters"
"""The group under which a package offers filters: an object or a module of them each."""


def builtin_names() -> list[str]:
    """The built-in filters, by name."""
    return sorted(module.name for module in iter_modules(builtin.__path__))


def load_builtin(name: str) -> Selection:
    """A built-in filter by its name."""
    if name not in builtin_names():
        raise FilterError(f"there is no built-in filter {name!r}{nearest(name, builtin_names())}")
    found: Selection = getattr(import_module(f"filters.builtin.{name}"), name)
    return found


def load_file(path: Path) -> list[Selection]:
    """The filters that a Python file defines, in its order, or the one that a file says in text.

    A Python file is its own module, found by path alone: nothing is looked for in the working
    folder, and it hides no module of the same name. A filter of expressions (.toml, .filter)
    publishes to the topic of its name. Raises FilterError, naming file and line, where the file
    cannot be run or read, or defines no filter.
    """
    path = path.resolve()
    if path.suffix in SUFFIXES:
        found = read_filter(path)
        return [found.selection(found.name)]
    return _load_python(path)


def _load_python(path: Path) -> list[Selection]:
    name = f"gueststar_filter_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    module = ModuleType(name)
    module.__file__ = str(path)
    # Some of Python's own tools, dataclasses among them, look their module up by its name.
    sys.modules[name] = module
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
    except OSError as error:
        raise FilterError(f"filter file {path}: {error.strerror or error}") from error
    except Exception as error:
        raise FilterError(f"filter file {path}:{_line(error, path)}: {_said(error)}") from error
    found = [one for one in _selections(module) if one.source == path]
    if not found:
        raise FilterError(f"filter file {path}: no function in it is marked @selection(topic=...)")
    return found


def load_plugin(name: str) -> list[Selection]:
    """The filters that an installed package offers under that name."""
    offered = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name not in offered:
        hint = nearest(name, offered) if offered else "; none is installed"
        raise FilterError(f"no installed package offers a filter {name!r}{hint}")
    found = _offered(offered[name])
    if not found:
        raise FilterError(f"filter {name!r} ({offered[name].value}) is no @selection nor module")
    return found


def load(
    *, builtins: Sequence[str] = (), files: Sequence[Path] = (), plugins: Sequence[str] = ()
) -> tuple[Selection, ...]:
    """All the filters named, in that order. No two may share a name or a topic."""
    found = [load_builtin(name) for name in builtins]
    found += [one for path in files for one in load_file(path)]
    found += [one for name in plugins for one in load_plugin(name)]
    require_once("name", (one.name for one in found))
    require_once("topic", (one.topic for one in found))
    return tuple(found)


class TriedOut(NamedTuple):
    """What a run on no alerts at all tells of a filter."""

    clauses: tuple[str, ...]
    """Their names, in the order asked."""
    columns: tuple[str, ...]
    """The plain columns read, sorted."""
    catalogues: tuple[CatalogueIdentity, ...]
    """The regions and watchlists asked, in that order."""


def try_out(selection: Selection, given: Iterable[Given] = (), sky: Sky = NO_SKY) -> TriedOut:
    """A run on no alerts at all: what the filter asks.

    Raises FilterError for what no alert could make right: a misspelt column, a classifier that is
    not served, a region that is not configured, a mask of numbers. `given` is what stages give.
    """
    nothing = handmade(rows=0, light_curve=[])
    for name, kind, columns, prior in given:
        empty = np.zeros((0, len(columns)), FLOATS[kind])
        nothing.learned[name] = Learned(kind, columns, empty, prior)
    if faults := selection.evaluate(nothing, sky).faults:
        raise FilterError(faults[0].message)
    alerts = Alerts(nothing, sky)
    clauses = tuple(name for name, _ in selection.asked(alerts))
    return TriedOut(clauses, tuple(sorted(alerts.columns)), tuple(alerts.catalogues.values()))


def active_filter(
    selection: Selection, given: Iterable[Given] = (), sky: Sky = NO_SKY
) -> ActiveFilter:
    """A filter of a file, active; its version is of its sha256. Raises as `try_out` does."""
    tried = try_out(selection, given, sky)
    return ActiveFilter(
        name=selection.name,
        version=selection.sha256[:VERSION_DIGITS],
        sha256=selection.sha256,
        topic=selection.topic,
        clauses=tried.clauses,
        catalogues=tried.catalogues,
        form=selection.form,
    )


def _selections(module: ModuleType) -> list[Selection]:
    return [one for one in vars(module).values() if isinstance(one, Selection)]


def _offered(point: EntryPoint) -> list[Selection]:
    try:
        found = point.load()
    except Exception as error:
        raise FilterError(f"filter {point.name!r} ({point.value}): {_said(error)}") from error
    if isinstance(found, ModuleType):
        return _selections(found)
    return [found] if isinstance(found, Selection) else []


def _line(error: Exception, path: Path) -> int:
    """The last line of the file that ran, or the one that is no Python."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__)
    return next((one.lineno or 0 for one in reversed(frames) if one.filename == str(path)), 0)


def _said(error: Exception) -> str:
    """What an exception says, in one line."""
    text = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    return f"{text}" if isinstance(error, FilterError) else f"{type(error).__name__}: {text}"
