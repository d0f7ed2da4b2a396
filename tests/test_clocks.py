"""No wait, age or deadline goes by the clock of day, which may be set while one waits."""

from __future__ import annotations

import ast

from tests.test_tidy import ROOT, python_files

MAY = {"telescope/working.py": "a file's age is by the clock that dated it"}
"""Where, and why."""


def test_the_time_of_day_is_written_and_never_reckoned_with() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in python_files()
        if path.relative_to(ROOT).parts[0] not in ("tests", "benchmarks", "training")
        for node in ast.walk(ast.parse(path.read_text()))
        if _reckons(node) and any(map(_is_time_of_day, ast.walk(node)))
    }
    assert found == {*MAY}


def _reckons(node: ast.AST) -> bool:
    """Whether it compares, adds or takes away; another unit of a time is that time."""
    return isinstance(node, ast.Compare) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
    )


def _is_time_of_day(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "time.time"
