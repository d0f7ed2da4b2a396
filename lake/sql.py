"""SQL over a lake: one SELECT, by strangers too, in a process that can do nothing but answer.

A statement runs in a process of its own (`lake.sql_process`), which the system holds to so much
memory and to writing no file, and which is killed when its time is over: within one process,
DuckDB's own limits let a single function take gigabytes, and minutes after it was interrupted.
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

from lake.disk import present
from lake.footers import status
from lake.layout import LEARNED, curves_file
from lake.patterns.table import MEANINGS as PATTERNS
from lake.patterns.table import VARIABILITY, variability_files, variability_schema
from lake.reading import Lake
from lake.revisions import MEANINGS, REVISIONS, revision_files, revision_schema
from schemas.columns import CODE, COLUMNS, NUMBER
from schemas.errors import ArchiveError, QuestionError

LOOK_S = 0.05
"""Between two looks at whether a statement is to end."""
LOOKS_MAX = 3
"""How often a statement is run whose files are replaced meanwhile."""

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class SqlLimits:
    """Bounds on a statement. Raising one asks more of this machine; none changes an answer."""

    rows_max: int = 100_000
    """Of an answer; a longer one is cut there, and says so."""
    answer_bytes_max: int = 256 * 2**20
    """Of an answer in memory; a larger one is cut there, and says so."""
    seconds_max: float = 60.0
    memory_bytes_max: int = 2 * 2**30
    """Of the process as a whole; half of it is DuckDB's for what it sorts, joins and groups."""
    threads: int = 2
    text_chars_max: int = 20_000


class Rows(NamedTuple):
    """An answer."""

    table: Any
    cut_short: str
    """Why there are more rows than these; empty where these are all."""


def ask(lake: Lake, text: str, limits: SqlLimits | None = None, ended: Event | None = None) -> Rows:
    """The rows of one SELECT over the views `alerts`, `light_curves`, `nights`, `revisions` and
    `variability`.

    Raises QuestionError where it is none, is wrong, or needs more than its limits; ArchiveError
    where the lake changes under it again and again.
    """
    limits = limits or SqlLimits()
    if find_spec("duckdb") is None:
        raise QuestionError(
            "SQL needs DuckDB, which is not installed; pip install 'gueststar[lake]'"
        )
    if len(text) > limits.text_chars_max:
        raise QuestionError(f"the statement is over {limits.text_chars_max:,} characters")
    for _ in range(LOOKS_MAX):
        before = _files(lake)
        question = {"sql": text, "views": _views(lake), "limits": asdict(limits)}
        try:
            found = _run(json.dumps(question), limits, ended or Event())
        except QuestionError:
            if _files(lake) == before and _is_same(lake):
                raise
            continue
        if _is_same(lake):
            return found
    raise ArchiveError(f"the lake {lake.path} changed while it was asked; open it again")


def _files(lake: Lake) -> tuple[list[Path], list[Path]]:
    """Where the alerts and the light curves are now: parts that others took over are hidden."""
    curves = (curves_file(part.path, part.standing.mark) for part in lake.parts)
    return [present(part.path) for part in lake.parts], [*map(present, curves)]


def _is_same(lake: Lake) -> bool:
    """Whether the parts are those that were opened."""
    with suppress(OSError):
        return all(status(present(part.path)) == part.standing.status for part in lake.parts)
    return False


def _views(lake: Lake) -> list[dict[str, Any]]:
    """The views as the process makes them: files, and columns with what is said of them.

    Files of revisions hold all nights; those that the lake was opened with are named.
    """
    import pyarrow as pa

    alerts, curves = _files(lake)
    night = lake.schema.field("night")
    lists = pa.schema([night, *lake.parts[0].curves_schema])
    revised, old_and_new = revision_files(lake.path), revision_schema()
    views = (
        ("alerts", alerts, lake.schema, _column),
        ("light_curves", curves, lists, _column),
        (REVISIONS, revised, old_and_new, _revision_column),
        (VARIABILITY, variability_files(lake.path), variability_schema(), _pattern_column),
    )
    return [
        {
            "name": name,
            "files": [str(file.absolute()) for file in files],
            "schema": schema.serialize().to_pybytes().hex(),
            "columns": [*map(about, schema.names)],
            "nights": [*map(int, lake.nights)] if name == REVISIONS else [],
        }
        for name, files, schema, about in views
    ]


def _column(name: str) -> dict[str, Any]:
    """Its name, what is said of it, and how it is read: NaN as NULL, a code as a name."""
    if name not in COLUMNS:
        number = name.startswith((*LEARNED.values(),))
        return {"name": name, "kind": "number" if number else "plain", "comment": ""}
    kind, about = COLUMNS[name].kind, COLUMNS[name].about
    missing = f" NULL: {about.missing}." if kind in {NUMBER, CODE} else ""
    unit = f" In {about.unit}." if about.unit else ""
    plain = {NUMBER: "number", CODE: "code"}.get(kind, "plain")
    comment = about.sentence + unit + missing
    return {"name": name, "kind": plain, "names": about.names, "comment": comment}


def _revision_column(name: str) -> dict[str, Any]:
    """The same of a column of revisions."""
    if name not in MEANINGS:
        return _column(name)
    kind = "number" if name in {"old", "new"} else "plain"
    return {"name": name, "kind": kind, "comment": MEANINGS[name]}


def _pattern_column(name: str) -> dict[str, Any]:
    """The same of a column of patterns."""
    kind = "plain" if name in {"survey", "object_id", "points"} else "number"
    return (
        {**_column(name), "kind": kind, "comment": PATTERNS[name]}
        if name in PATTERNS
        else _column(name)
    )


def _run(question: str, limits: SqlLimits, ended: Event) -> Rows:
    import pyarrow as pa

    with _process(question, limits, ended) as (process, late):
        try:
            with pa.ipc.open_stream(process.stdout) as stream:
                table = stream.read_all()
        except (pa.ArrowException, OSError):
            table = None
        said = process.stderr.read().decode(errors="replace")
        process.wait()
    if ended.is_set():
        raise QuestionError("the statement was stopped, as nobody waits for it any more")
    if late.is_set():
        raise QuestionError(
            f"the statement was stopped after {limits.seconds_max:g} s; ask for less, or allow more"
            " seconds"
        )
    last = said.strip().rpartition("\n")[2]
    if table is None or process.returncode or not last.startswith("{"):
        raise QuestionError(_fault(last, limits))
    return Rows(table, json.loads(last)["cut_short"])


@contextmanager
def _process(question: str, limits: SqlLimits, ended: Event) -> Iterator[tuple[Any, Event]]:
    """The process that answers, and whether its time was over; it never outlives the block."""
    late = Event()
    known = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    # Arrow's own allocator keeps more than it uses, which the bound would count.
    env = known | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    command = [sys.executable, "-P", "-m", "lake.sql_process"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None

        over = Event()

        def watch() -> None:
            deadline_s = time.monotonic() + limits.seconds_max
            while not over.wait(LOOK_S):
                if time.monotonic() > deadline_s:
                    late.set()
                if ended.is_set() or late.is_set():
                    process.kill()
                    return

        Thread(target=watch, name="sql", daemon=True).start()
        try:
            process.stdin.write(question.encode())
            process.stdin.close()
            yield process, late
        except BrokenPipeError:
            raise QuestionError("the process that asks ended before it was asked") from None
        finally:
            over.set()
            process.kill()


def _fault(last: str, limits: SqlLimits) -> str:
    if last.startswith("{"):
        return str(json.loads(last).get("error", "the answer was lost on its way"))
    return (
        "the statement ended the process that ran it, as it needed more than"
        f" {limits.memory_bytes_max / 2**20:,.0f} MiB of memory or nests too deeply; ask for less"
    )
