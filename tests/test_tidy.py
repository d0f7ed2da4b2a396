"""A test of the code itself: where things stand, how long they are, what they may not hold."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import grimp
import pytest

from gueststar.rooms import LAYERS, ROOMS

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (*ROOMS, "training", "benchmarks", "kafka_node", "supply", "tests")
LINTED = ("training", *ROOMS)
"""What the contracts on imports cover. Training is not shipped and stands above all that is."""

FUNCTION_LINES_MEDIAN_MAX = 10
FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 350

NAMELESS = {"utils", "util", "common", "base", "manager", "managers", "helpers", "helper", "misc"}
"""Names that say nothing of what is inside."""

MARKERS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
"""Unfinished work; cut in two, so that this file does not hold what it looks for."""

MACHINE_PATHS = re.compile(r"(?<![\w.:/$}])/(?:home|root|Users|work|mnt|private)/\w")
REGISTRY_HOSTS = re.compile(
    r"index-url|find-links|trusted-host|pythonhosted|artifactory|nexus|"
    r"repo1?\.maven|//pypi|//registry",
    re.IGNORECASE,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def python_files() -> tuple[Path, ...]:
    """Every Python file of the product, its benchmarks and its tests."""
    return tuple(sorted(path for name in FOLDERS for path in (ROOT / name).rglob("*.py")))


@cache
def functions() -> dict[str, int]:
    """Each function's length by `file:line name`, from `def` to its last line, docstring too."""
    return {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": lines(node)
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, Function)
    }


def lines(function: Function) -> int:
    """How many lines a function takes; its decorators are not counted."""
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


@cache
def tracked_texts() -> tuple[tuple[str, str], ...]:
    """Each text file that git tracks or would: its path and what stands in it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this copy of the project is no git repository")
    return tuple(texts(listed.stdout.split("\n")))


def texts(names: list[str]) -> Iterator[tuple[str, str]]:
    """The files that can be read as UTF-8, with their text."""
    for name in filter(None, names):
        path = ROOT / name
        if not path.is_file() or name == "tests/test_tidy.py":
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def found(pattern: re.Pattern[str]) -> list[str]:
    """Where a pattern stands in tracked text: `file:line the line`."""
    return [
        f"{name}:{number} {line.strip()[:100]}"
        for name, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def settings() -> dict[str, dict[str, dict[str, object]]]:
    """pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


@pytest.mark.parametrize("room", LINTED)
def test_most_functions_of_a_room_are_under_ten_lines(room: str) -> None:
    lengths = [length for name, length in functions().items() if name.startswith(f"{room}/")]
    assert statistics.median(lengths) < FUNCTION_LINES_MEDIAN_MAX


def test_no_function_is_longer_than_a_screen() -> None:
    assert {n: length for n, length in functions().items() if length > FUNCTION_LINES_MAX} == {}


def test_no_file_is_too_long_to_hold_in_mind() -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in python_files()}
    assert {name: length for name, length in lengths.items() if length >= FILE_LINES_MAX} == {}


def test_every_file_begins_by_saying_why_it_exists() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if not path.read_text().startswith('"""') or not docstring(path)
    ]
    assert silent == []


def docstring(path: Path) -> str | None:
    """What a module says of itself."""
    return ast.get_docstring(ast.parse(path.read_text()))


def test_no_name_says_nothing() -> None:
    parts = {
        part for path in python_files() for part in path.relative_to(ROOT).with_suffix("").parts
    }
    assert parts & NAMELESS == set()


def test_every_folder_of_the_product_has_its_tests() -> None:
    without = [room for room in LINTED if not list((ROOT / "tests" / room).glob("test_*.py"))]
    assert without == []


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for path in python_files()}
    assert [str(f.relative_to(ROOT)) for f in folders if not (f / "__init__.py").is_file()] == []


def test_the_layers_are_a_contract_over_every_room() -> None:
    linter = settings()["tool"]["importlinter"]
    contracts = linter["contracts"]
    assert isinstance(contracts, list)
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    assert layers == ["training", *(" | ".join(layer) for layer in LAYERS)]
    assert linter["root_packages"] == list(LINTED)
    # A library's door is no door where a contract leaves a room out, but for that of the door.
    named = [c["source_modules"] for c in contracts if len(c.get("source_modules", ())) > 1]
    assert all(len(rooms) >= len(LINTED) - 1 for rooms in named)


def test_what_is_shipped_and_what_is_checked_is_every_room() -> None:
    tool: Any = settings()["tool"]
    assert sorted(tool["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(ROOMS)
    assert sorted(tool["mypy"]["packages"]) == sorted(FOLDERS)


def test_no_files_import_one_another_in_a_circle() -> None:
    graph = grimp.build_graph(*LINTED)
    order = TopologicalSorter(
        {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    )
    order.prepare()  # raises CycleError, which names the circle


def test_nothing_is_marked_as_unfinished() -> None:
    assert found(MARKERS) == []


def test_no_file_holds_a_path_of_a_machine() -> None:
    assert found(MACHINE_PATHS) == []


def test_no_file_names_a_package_registry() -> None:
    assert found(REGISTRY_HOSTS) == []
