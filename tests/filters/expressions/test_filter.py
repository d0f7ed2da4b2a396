"""Filters of expressions, as documents and files: what they select, and how a wrong one is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from filters.conformance import violations
from filters.expressions.filter import ExpressionFilter, read_filter
from filters.expressions.limits import FILE_BYTES_MAX
from filters.expressions.refusal import ExpressionError
from filters.handmade import handmade
from filters.sources import active_filter, load, try_out
from schemas.errors import FilterError
from schemas.learned import Given

DOCUMENT: dict[str, Any] = {
    "name": "bright-and-new",
    "description": "Real, bright, and new.",
    "form": "full",
    "clauses": {
        "real": 'score("realbogus", "real") > 0.8',
        "bright": "magnitude < 18.5",
        "new": "age_days < 3",
    },
}
TOML = """\
name = "bright-and-new"
description = "Real, bright, and new."
form = "full"
[clauses]
real = 'score("realbogus", "real") > 0.8'
bright = "magnitude < 18.5"  # AB
new = "age_days < 3"
"""
LINES = """\
# Real, bright, and new.

real: score("realbogus", "real") > 0.8
bright: magnitude < 18.5  # AB
# The clock starts at the first detection.
new: age_days < 3
"""
LABELS = (Given("realbogus", "probabilities", ("bogus", "real")),)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_clauses_are_asked_in_their_order_and_unknown_rows_are_told() -> None:
    selection = ExpressionFilter.of(DOCUMENT).selection("some-topic")
    batch = handmade(
        magnitude=[18, 19, np.nan, 18],
        age_days=[1, 1, 1, 9],
        scores={"realbogus": {"bogus": [0.1] * 4, "real": [0.9, 0.9, 0.9, 0.1]}},
    )
    decision = selection.evaluate(batch)
    assert decision.clauses == ("real", "bright", "new")
    assert decision.selected.tolist() == [True, False, False, False]
    assert decision.refused_by == {"real": 1, "bright": 1, "new": 0}
    assert decision.unknown_by == {"real": 0, "bright": 1, "new": 0}
    assert violations(selection, batch) == []


def test_its_selection_has_its_names_and_no_source() -> None:
    filter_ = ExpressionFilter.of(DOCUMENT)
    selection = filter_.selection("some-topic")
    assert (selection.name, selection.topic) == ("bright-and-new", "some-topic")
    assert selection.description == "Real, bright, and new."
    assert selection.form == "full"
    assert selection.sha256 == filter_.sha256
    assert selection.source is None


def test_a_fault_names_the_filter_and_the_clause() -> None:
    (fault,) = ExpressionFilter.of(DOCUMENT).selection("some").evaluate(handmade(rows=2)).faults
    assert fault.message == (
        "filter 'bright-and-new': clause 'real': no classifier 'realbogus' has scored; "
        "there are: none"
    )


def test_a_document_of_json_comes_back_as_the_same_filter() -> None:
    filter_ = ExpressionFilter.of(DOCUMENT)
    assert filter_.document() == DOCUMENT
    assert ExpressionFilter.of(json.loads(json.dumps(filter_.document()))) == filter_


def test_the_sha256_is_of_all_but_the_name() -> None:
    first = ExpressionFilter.of(DOCUMENT).sha256
    clauses = {**DOCUMENT["clauses"], "new": "age_days < 4"}
    reversed_ = dict(reversed([*DOCUMENT["clauses"].items()]))
    assert ExpressionFilter.of({**DOCUMENT, "name": "other"}).sha256 == first
    for changed in (
        {"form": "lite"},
        {"description": ""},
        {"clauses": clauses},
        {"clauses": reversed_},
    ):
        assert ExpressionFilter.of({**DOCUMENT, **changed}).sha256 != first


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a key": ({"clausses": {}}, "there is no key 'clausses'; did you mean 'clauses'?"),
    "no name": ({"name": ""}, "is no name of a filter"),
    "a name with a blank": ({"name": "two words"}, "is no name of a filter"),
    "a name that is a path": ({"name": "../up"}, "is no name of a filter"),
    "a name of two lines": ({"name": "two\nlines"}, "is no name of a filter"),
    "a number as a name": ({"name": 3}, "'name' is a text, not 3"),
    "a form": ({"form": "fulll"}, "'fulll' is no form; did you mean 'full'?"),
    "a description": ({"description": ["a"]}, "'description' is a text"),
    "a long description": ({"description": "a" * 2001}, "at most 2000 characters, not 2001"),
    "a description that writes to a terminal": ({"description": "\x1b[31m"}, "control characters"),
    "no clauses": ({"clauses": {}}, "a filter has 1 to 64 clauses, this one 0"),
    "many clauses": ({"clauses": dict.fromkeys(map(str, range(65)), "True")}, "this one 65"),
    "clauses in a list": ({"clauses": ["True"]}, "'clauses' are names and texts"),
    "a clause's name": ({"clauses": {"two words": "True"}}, "is no name of a clause"),
    "a clause of a number": ({"clauses": {"one": 1}}, "clause 'one' is a text in quotes"),
    "a clause": (
        {"clauses": {"one": "1 < x"}},
        "clause 'one': character 5: there is no column 'x'",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_document_is_told_by_its_name(what: str) -> None:
    change, said = WRONG[what]
    with pytest.raises(FilterError) as refused:
        ExpressionFilter.of({**DOCUMENT, **change})
    assert said in str(refused.value)
    assert str(refused.value).startswith("filter ")
    assert str(refused.value).isprintable()


def test_a_file_of_toml_and_one_of_lines_say_the_same(tmp_path: Path) -> None:
    of_toml = read_filter(written(tmp_path, "a.toml", TOML))
    of_lines = read_filter(written(tmp_path, "bright-and-new.filter", LINES))
    assert of_toml == ExpressionFilter.of(DOCUMENT)
    assert of_lines == ExpressionFilter.of({**DOCUMENT, "form": "lite"})


def test_a_file_of_another_system_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bright-and-new.filter"
    path.write_bytes(b"\xef\xbb\xbf" + LINES.replace("\n", "\r\n").encode())
    assert read_filter(path) == ExpressionFilter.of({**DOCUMENT, "form": "lite"})


def test_the_name_is_the_files_where_it_gives_none(tmp_path: Path) -> None:
    path = written(tmp_path, "mine.toml", "clauses.bright = 'magnitude < 18'\n")
    assert read_filter(path).name == "mine"
    assert read_filter(path).form == "lite"


def test_a_number_sign_in_quotes_begins_no_comment(tmp_path: Path) -> None:
    path = written(tmp_path, "mine.filter", "one: object_id == '#1' # and: a comment\n")
    assert read_filter(path).clauses[0].text == "object_id == '#1'"


WRONG_FILES = {
    "a clause in TOML": (
        "a.toml",
        TOML.replace("age_days", "age"),
        ":7: clause 'new': character 1: ",
    ),
    "a key in TOML": ("a.toml", "forms = 'full'\n" + TOML, ":1: there is no key 'forms'; did you"),
    "a form in TOML": ("a.toml", TOML.replace('"full"', '"half"'), ":3: 'half' is no form"),
    "a clause as a number": ("a.toml", "[clauses]\none = 1\n", ":2: clause 'one' is a text"),
    "no clauses": ("a.toml", "name = 'a'\n[clauses]\n", ":2: a filter has 1 to 64 clauses"),
    "clauses without a table": ("a.toml", "clauses.one = '1 < x'", ":1: clause 'one': char"),
    "an empty file": ("a.toml", "", "a.toml: a filter has 1 to 64 clauses"),
    "a file of no TOML": ("a.toml", "a = 1\nb = = 2\n", ":2: no TOML: Invalid value"),
    "an unfinished TOML": ("a.toml", "a = 1\nb =", ":2: no TOML: Invalid value"),
    "a TOML too deep": ("a.toml", "a = " + "[" * 50_000, "no TOML"),
    "a clause in lines": ("a.filter", "# no\none: 1 < x", ":2: clause 'one': character 5: "),
    "a line of no clause": ("a.filter", "one: True\n1 < 2\n", ":2: a clause is a line `name:"),
    "a clause twice": ("a.filter", "one: True\none: False", ":2: there are two clauses 'one'"),
    "a clause without a text": (
        "a.filter",
        "one:",
        ":1: clause 'one': character 1: the expression",
    ),
    "lines of nothing": ("a.filter", "\n", "a.filter: a filter has 1 to 64 clauses, this one 0"),
    "a large file": ("a.filter", "#" * (FILE_BYTES_MAX + 1), "at most 100000 bytes"),
    "a file with a name of its own": ("A B.filter", "one: True", "'A B' is no name of a filter"),
    "another kind of file": ("a.txt", "one: True", "ends in .toml or .filter"),
}


@pytest.mark.parametrize("what", WRONG_FILES)
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, what: str) -> None:
    name, text, said = WRONG_FILES[what]
    with pytest.raises(FilterError) as refused:
        read_filter(written(tmp_path, name, text))
    assert str(refused.value).startswith(f"filter file {tmp_path / name}")
    assert said in str(refused.value)


def test_a_wrong_clause_in_a_file_has_a_picture(tmp_path: Path) -> None:
    with pytest.raises(ExpressionError) as refused:
        read_filter(written(tmp_path, "a.filter", "one: 1 < x"))
    assert refused.value.picture == "1 < x\n    ^"


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(FilterError, match=r"none\.toml: No such file"):
        read_filter(tmp_path / "none.toml")
    path = tmp_path / "a.filter"
    path.write_bytes(b"# one\n# \xff\n")
    with pytest.raises(FilterError, match=r"a\.filter:2: this is no UTF-8"):
        read_filter(path)


def test_files_are_loaded_beside_python_ones_to_the_topic_of_their_name(tmp_path: Path) -> None:
    (selection,) = load(files=[written(tmp_path, "a.toml", TOML)])
    assert selection.topic == "bright-and-new"
    assert try_out(selection, LABELS).columns == ("age_days", "magnitude")
    active = active_filter(selection, LABELS)
    assert active.form == "full"
    assert active.sha256 == read_filter(tmp_path / "a.toml").sha256
    with pytest.raises(FilterError, match="clause 'real': no classifier 'realbogus'"):
        try_out(selection)
