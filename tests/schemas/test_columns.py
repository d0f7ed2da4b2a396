"""The table of columns: each line is sound, and what derives from it has all of them."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from astropy import units

from filters.expressions.names import KINDS
from filters.handmade import handmade
from gueststar.row import Row
from gueststar.testing import crowd
from lake.layout import PLAIN
from schemas import winter
from schemas.batch import AlertBatch
from schemas.columns import CODE, CODES, COLUMNS, NUMBER, Column
from schemas.decode import Decoder
from schemas.parts import MADE_HERE
from schemas.survey import Cells, Kind, Leaf, Raw, Survey
from schemas.surveys import BUILT_IN
from schemas.winter import WINTER
from schemas.ztf import ZTF, columns
from tests.schemas import golden, golden_winter

PAGE = Path("docs/columns.md")
HEAD = ("| column | holds | unit | what | without a value |", "|---|---|---|---|---|")


def line(column: Column) -> str:
    """A column's line of the page."""
    kind, about = column.kind, column.about
    holds = " ".join(f"`{name}`" for name in about.names) or kind.name
    missing = about.missing if kind in {NUMBER, CODE} else ""
    return f"| `{column.name}` | {holds} | {about.unit} | {about.sentence} | {missing} |"


def test_the_page_says_of_each_column_what_the_table_does() -> None:
    found = [each for each in PAGE.read_text().splitlines() if each.startswith("|")]
    assert found == [*HEAD, *map(line, COLUMNS.values())], f"{PAGE} differs from schemas/columns.py"


@pytest.mark.parametrize("name", COLUMNS)
def test_a_line_has_a_sentence_a_unit_of_astropys_and_a_range(name: str) -> None:
    about = COLUMNS[name].about
    assert about.sentence.endswith(".")
    assert about.between[0] < about.between[1]
    assert units.Unit(about.unit) is not None


@pytest.mark.parametrize("name", COLUMNS)
def test_a_name_that_says_its_unit_says_the_tables(name: str) -> None:
    endings = {"_njy": "nJy", "_arcsec": "arcsec", "_deg": "deg", "_days": "d", "_mag": "mag"}
    said = [unit for ending, unit in endings.items() if name.endswith(ending)]
    assert said in ([], [COLUMNS[name].about.unit])


def test_batches_alerts_filters_lakes_and_random_alerts_have_the_same_columns() -> None:
    table = set(COLUMNS)
    assert table < {each.name for each in fields(AlertBatch)}
    assert table < {each.name for each in fields(Row)}
    assert table == set(KINDS) == {*PLAIN, "night"}
    drawn = crowd()
    for name, column in COLUMNS.items():
        assert drawn.column(name).dtype.kind == np.dtype(column.kind.dtype).kind
        if column.kind is NUMBER:
            assert np.isfinite(drawn.column(name)).any()


NEEDED = {
    *("alert_id", "object_id", "mjd", "exposed_unix_s", "ra_deg", "dec_deg"),
    *("light_curve", "forced_photometry", "difference_reversed", "rows_southward"),
}
"""What no adapter can leave out."""


def test_a_column_that_an_adapter_leaves_out_holds_its_kinds_none() -> None:
    as_sent = {leaf.name for leaf in winter.STATED}
    bare = replace(
        WINTER,
        leaves=tuple(leaf for leaf in WINTER.leaves if leaf.name not in as_sent),
        columns=lambda raw: {k: v for k, v in winter.columns(raw).items() if k in NEEDED},
    )
    batch = Decoder(surveys=[bare]).decode([golden_winter.packet(1)])
    assert len(batch) == 1
    for name in COLUMNS.keys() - NEEDED - MADE_HERE:
        none = COLUMNS[name].kind.none
        np.testing.assert_array_equal(batch.column(name), [none], err_msg=name)


@pytest.mark.parametrize("survey", BUILT_IN, ids=lambda survey: survey.name)
def test_no_adapter_works_out_what_is_a_leaf_too(survey: Survey) -> None:
    raw = Raw(
        np.zeros(0, np.uint8),
        Cells.of(survey.slots, survey.defaults[None]),
        {
            name: Cells.of(slots, survey.point_defaults[:0])
            for name, slots in survey.history_slots.items()
        },
    )
    with np.errstate(all="ignore"):
        worked_out = survey.columns(raw).keys()
    assert worked_out.isdisjoint(leaf.name for leaf in survey.stated)


def test_a_leaf_called_like_a_column_is_that_column_without_its_sentinels() -> None:
    leaves = (
        Leaf("elongation", Kind.FLOAT, ("candidate.elong",)),
        Leaf("fwhm_pixels", Kind.FLOAT, ("candidate.fwhm",)),
        Leaf("detections", Kind.INTEGER, ("candidate.ndethist",)),
        Leaf("object_id", Kind.SPAN, ("objectId",)),
    )
    apart = {leaf.name for leaf in leaves}
    plain = replace(
        ZTF,
        leaves=(*(leaf for leaf in ZTF.leaves if leaf.name not in apart), *leaves),
        columns=lambda raw: {k: v for k, v in columns(raw).items() if k not in apart},
    )
    packet = golden.ztf_packet(1, candidate={"elong": 1.25, "fwhm": -999.0})
    alone, usual = (Decoder(surveys=[one]).decode([packet]) for one in (plain, ZTF))
    assert alone.elongation.tolist() == [1.25]
    assert np.isnan(alone.fwhm_pixels).tolist() == [True]
    assert alone.detections.tolist() == usual.detections.tolist()
    assert alone.object_id.tolist() == usual.object_id.tolist()


def test_codes_are_names_in_what_is_made_by_hand() -> None:
    batch = handmade(band=["g", -1], photometric_system=["lsst", "ztf"])
    assert [CODES["band"][batch.band[0]], batch.band[1]] == ["g", -1]
    assert batch.photometric_system.tolist() == [1, 0]
    assert math.isnan(batch.programid[0])


def test_an_empty_batch_has_every_column_of_its_own_type() -> None:
    batch = Decoder(surveys=[ZTF]).decode([])
    for name, column in COLUMNS.items():
        assert batch.column(name).dtype.kind == np.dtype(column.kind.dtype).kind, name
