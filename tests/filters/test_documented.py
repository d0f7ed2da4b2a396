"""What docs/filters.md shows: the same filter in Python and as text, and the list of twelve."""

from __future__ import annotations

import re
from pathlib import Path

from filters.expressions.filter import read_filter
from filters.expressions.functions import FUNCTIONS
from filters.sources import builtin_names, load_file
from tests.filters.builtin.making import NAN, batch_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "filters.md"


def shown(language: str, path: Path) -> Path:
    """The page's first example of a language, written to a file."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    path.write_text(found[1], encoding="utf-8")
    return path


def test_the_example_in_python_and_the_one_as_text_judge_alike(tmp_path: Path) -> None:
    (in_python,) = load_file(shown("python", tmp_path / "bright.py"))
    as_text = read_filter(shown("toml", tmp_path / "bright.toml")).selection("topic")
    batch = batch_of(
        {"magnitude": 18.0},
        {"magnitude": 18.0, "star_distance_arcsec": NAN},
        {"magnitude": 18.0, "star_distance_arcsec": 0.3},
        {"magnitude": 21.0},
        {"magnitude": 18.0, "age_days": 20.0},
        {"magnitude": 18.0, "real": NAN},
    )
    one, other = in_python.judge(batch), as_text.judge(batch)
    assert one.trace.tolist() == other.trace.tolist() == [-1, -1, 3, 1, 2, 0]
    assert one.unknown.tolist() == other.unknown.tolist() == [*[False] * 5, True]


def test_the_list_of_built_in_filters_is_whole() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == builtin_names()


def test_the_list_of_functions_is_whole() -> None:
    listed = re.findall(r"^\| `(\w+\(.*?\))` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [function.signature for function in FUNCTIONS.values()]
