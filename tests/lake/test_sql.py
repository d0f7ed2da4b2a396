"""SQL over a lake answers what the lake holds, within its limits, and does nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from filters.handmade import handmade
from lake import sql
from lake.disk import retire
from lake.layout import PLAIN, curves_file
from lake.ranges import Source, Stretch
from lake.reading import Lake
from lake.revisions import Revised, RevisionTable
from lake.sql import SqlLimits, ask
from lake.sql_process import RefusedError, check, connected
from schemas.batch import AlertBatch
from schemas.columns import COLUMNS
from schemas.errors import ArchiveError, QuestionError
from tests.lake.held import with_scores, written
from tests.lake.hostile import BOMBS, FILES, NOT_ONE_SELECT, hostile

ROOT = Path(__file__).parents[2]
SMALL = SqlLimits(seconds_max=4, memory_bytes_max=600 * 2**20, rows_max=50)


@pytest.fixture
def locked(lake: Path) -> Iterator[Any]:
    """DuckDB as the process has it, here."""
    limits = {"memory_bytes_max": 2**30, "threads": 1}
    connection = connected(sql._views(Lake(lake)), limits)
    yield connection
    connection.close()


def column(lake: Path, statement: str) -> list[Any]:
    found: list[Any] = ask(Lake(lake), statement).table.column(0).to_pylist()
    return found


def test_rows_are_the_lakes_with_null_where_nothing_was_measured(
    lake: Path, batch: AlertBatch
) -> None:
    found = ask(Lake(lake), "SELECT * FROM alerts ORDER BY alert_id").table.to_pydict()
    order = np.argsort(batch.alert_id)
    assert {*PLAIN} <= {*found}
    for name in PLAIN:
        own = batch.column(name)[order].tolist()
        names = COLUMNS[name].about.names
        if names:
            own = [names[code] if code >= 0 else None for code in own]
        unknown = [isinstance(each, float) and np.isnan(each) for each in own]
        assert found[name] == [None if no else one for no, one in zip(unknown, own, strict=True)]
    real = batch.learned["realbogus"].column("real")[order]
    assert [each is None for each in found["score.realbogus.real"]] == np.isnan(real).tolist()


def test_light_curves_and_nights_are_views_too(lake: Path, batch: AlertBatch) -> None:
    points = 'SELECT sum(len("light_curve.mjd"))::BIGINT FROM light_curves JOIN alerts'
    assert column(lake, f"{points} USING (survey, alert_id)") == [len(batch.light_curve.mjd)]
    assert column(lake, "SELECT alerts FROM nights") == [len(batch)]


REVISED = (
    Revised(0, "s", 7, "A", "r", "supernova", "ia", "t", 0, 1, 0.2, 0.9, "1", "2"),
    Revised(0, "s", 8, "B", "r", "supernova", "ia", "t", 0, 2, new=0.5, new_version="2"),
)


def test_revisions_are_a_view_with_null_where_nothing_was_said(
    lake: Path, batch: AlertBatch
) -> None:
    assert column(lake, "SELECT count(*) FROM revisions") == [0]
    (night,) = np.unique(batch.night).tolist()
    other = Revised(night + 1, "s", 9, "C", "r", "supernova", "ia", "t", 0, 3, 0.1, 0.2)
    with RevisionTable.opened(lake) as table:
        rows = [*(one._replace(night=night) for one in REVISED), other]
        table.add(rows, [Stretch(Source("t", 0, "life"), 1, 4, 3, 0)])
    asked = 'SELECT object_id, "column", old, new FROM revisions ORDER BY topic_offset'
    found = ask(Lake(lake), asked).table.to_pydict()
    assert found == {
        "object_id": ["A", "B"],
        "column": ["ia", "ia"],
        "old": [0.2, None],
        "new": [0.9, 0.5],
    }
    said = "SELECT comment FROM duckdb_columns() WHERE table_name = 'revisions'"
    assert all(column(lake, said))


def test_what_a_column_means_and_its_unit_are_asked_for_like_any_other(lake: Path) -> None:
    asked = "SELECT comment FROM duckdb_columns() WHERE table_name = 'alerts' AND column_name ="
    said = column(lake, f"{asked} 'magnitude'")
    assert said == ["AB, of the absolute difference flux. In mag. NULL: not measured."]
    assert "ra_deg" in column(lake, "DESCRIBE alerts")


def test_nights_scored_by_different_networks_are_one_view(tmp_path: Path) -> None:
    written(tmp_path, handmade(night=[20260301], alert_id=[1]), with_packets=False)
    scored = with_scores(handmade(night=[20260302] * 6, alert_id=[*range(2, 8)]))
    written(tmp_path, scored, with_packets=False)
    assert column(tmp_path, 'SELECT count("score.realbogus.bad.pixel") FROM alerts') == [4]
    assert column(tmp_path, "SELECT count(*) FROM alerts") == [7]


@pytest.mark.parametrize(
    ("limits", "rows", "said"),
    [
        (SqlLimits(), 5000, ""),
        (SqlLimits(rows_max=5000), 5000, ""),
        (SqlLimits(rows_max=4999), 4999, "cut after 4,999 rows"),
        (SqlLimits(answer_bytes_max=2**15), 2048, "cut after 0 MiB"),
    ],
)
def test_a_truncated_answer_says_so(lake: Path, limits: SqlLimits, rows: int, said: str) -> None:
    found = ask(Lake(lake), "SELECT * FROM range(5000)", limits)
    assert (len(found.table), found.cut_short) == (rows, said)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_not_one_select_is_refused(locked: Any, seed: int, tmp_path: Path) -> None:  # noqa: ANN401
    for text in hostile((*NOT_ONE_SELECT, *FILES), str(tmp_path / "out"), seed):
        with pytest.raises((RefusedError, duckdb.Error)):
            check(locked, text)
            locked.sql(text).fetchall()
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("text", [*NOT_ONE_SELECT, *FILES])
def test_what_gets_past_the_first_look_is_still_kept_from_files_and_settings(
    locked: Any,  # noqa: ANN401
    text: str,
    tmp_path: Path,
) -> None:
    """Without `check`: the locks alone."""
    rows: list[Any] = []
    with suppress(duckdb.Error):
        done = locked.execute(text.replace("{out}", str(tmp_path / "out")))
        rows = done.fetchall() if done else []
    assert not any("root:" in str(row) for row in rows)
    assert not [*tmp_path.iterdir()]
    assert locked.execute("SELECT current_setting('memory_limit')").fetchall() == [("512.0 MiB",)]


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:40])
def test_a_bomb_ends_in_a_line_in_its_time_and_memory(lake: Path, text: str) -> None:
    with pytest.raises(QuestionError, match=r"memory|stopped after 4 s|depth|deeply") as said:
        ask(Lake(lake), text, SMALL)
    assert "\n" not in str(said.value)


ALONE = """
import resource, sys
from pathlib import Path
from lake.ranges import Source, Stretch
from lake.reading import Lake
from lake.revisions import RevisionTable, Revised
from lake.sql import SqlLimits, ask
try:
    ask(Lake(Path(sys.argv[1])), sys.argv[2], SqlLimits(seconds_max=20, memory_bytes_max=2**29))
except Exception as error:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, error)
"""


def test_a_statement_has_no_more_memory_than_it_may(lake: Path) -> None:
    command = [sys.executable, "-c", ALONE, str(lake), BOMBS[6]]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    kib, _, said = done.stdout.partition(" ")
    assert "memory" in said
    assert int(kib) < 700 * 1024


WRITES = """
import sys
from lake.sql_process import confine
confine(2**30)
try:
    with open(sys.argv[1], "w") as file:
        file.write("x")
except OSError as error:
    print(error)
"""


def test_the_process_can_write_no_file_whatever_it_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITES, str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "File too large" in done.stdout
    assert (tmp_path / "out").read_bytes() == b""


@pytest.mark.parametrize("text", [NOT_ONE_SELECT[0], FILES[0], FILES[8], "SELECT nope", "SELEC 1"])
def test_the_process_says_in_a_line_what_was_wrong(lake: Path, text: str, tmp_path: Path) -> None:
    with pytest.raises(QuestionError) as said:
        ask(Lake(lake), text.replace("{out}", str(tmp_path / "out")))
    assert "\n" not in str(said.value)
    assert not [*tmp_path.iterdir()]


def test_a_text_that_is_too_long_is_not_read(lake: Path) -> None:
    with pytest.raises(QuestionError, match="over 20 characters"):
        ask(Lake(lake), "SELECT 1" + " " * 20, replace(SMALL, text_chars_max=20))


def test_a_lake_that_changed_meanwhile_is_asked_again(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Lake(lake)
    seen = iter([(0, 0), opened.parts[0].standing.status])
    monkeypatch.setattr("lake.sql.status", lambda _: next(seen))
    assert ask(opened, "SELECT 7 AS n").table.column(0).to_pylist() == [7]
    monkeypatch.setattr("lake.sql.status", lambda _: (0, 0))
    with pytest.raises(ArchiveError, match="open it again"):
        ask(opened, "SELECT 7")


def test_where_duckdb_is_not_installed_the_remedy_is_said(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.sql.find_spec", lambda _: None)
    with pytest.raises(QuestionError, match=r"gueststar\[lake\]"):
        ask(Lake(lake), "SELECT 1")


def test_no_process_but_its_own_loads_duckdb() -> None:
    loads = "import gueststar.service, gueststar.open_lake, lake.sql, sys; "
    done = subprocess.run(
        [sys.executable, "-c", loads + "sys.exit('duckdb' in sys.modules)"],
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0


def test_parts_that_others_took_over_since_a_lake_was_opened_are_still_asked(lake: Path) -> None:
    opened = Lake(lake)
    expected = ask(opened, COUNTS).table
    for part in opened.parts:
        retire(part.path)
        retire(curves_file(part.path, part.standing.mark))
    assert ask(opened, COUNTS).table == expected


COUNTS = """
    SELECT night, (SELECT count(*) FROM alerts), (SELECT count(*) FROM light_curves)
    FROM alerts GROUP BY night
"""
