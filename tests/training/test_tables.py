"""Markdown of figures and prose."""

from __future__ import annotations

from training.tables import LINE_MAX, NOTHING, markdown, number, per_cent, with_section, wrapped


def test_prose_is_wrapped_and_tables_and_lists_keep_their_lines() -> None:
    assert wrapped("- one\n  and\n- two\n\n| a |\n| b |") == "- one and\n- two\n\n| a |\n| b |\n"
    assert max(map(len, wrapped("word " * 80).splitlines())) <= LINE_MAX


def test_a_table_has_its_first_column_to_the_left() -> None:
    assert markdown(["what", "n"], [["a", "1"]]) == "| what | n |\n| --- | ---: |\n| a | 1 |"


def test_what_is_no_number_is_a_dash() -> None:
    assert number(float("nan")) == per_cent(float("nan")) == NOTHING
    assert (number(0.12345), per_cent(0.5)) == ("0.123", "50 %")


def test_a_section_takes_its_own_place_or_the_end() -> None:
    card = "# card\n\n## one\n\na\n\n## two\n\nb\n"
    longer = with_section(card, "three", "c\n")
    assert longer == card + "\n## three\n\nc\n"
    changed = with_section(with_section(longer, "two", "new\n\n### part"), "three", "c")
    assert changed == longer.replace("b\n", "new\n\n### part\n")
    assert with_section(changed, "two", "b") == longer
