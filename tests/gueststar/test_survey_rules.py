"""`check_survey` lets the built-in surveys pass, and names each rule that one breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gueststar.testing import check_survey
from schemas.survey import Raw, Survey
from schemas.surveys import BUILT_IN
from schemas.winter import WINTER
from schemas.ztf import ZTF
from tests.schemas import golden, golden_telescope, golden_winter

NO_HISTORIES: Any = dict.fromkeys(
    ("prvDiaSources", "prvDiaForcedSources", "prvDiaNondetectionLimits")
)
"""Those of golden packets are in bands that are none, too."""
PACKETS: dict[str, Callable[[int], bytes]] = {
    "ztf": golden.ztf_packet,
    "lsst": lambda seed: golden.rubin_packet(seed, **NO_HISTORIES),
    "winter": golden_winter.packet,
    "telescope": golden_telescope.packet,
}


def packets_of(survey: str) -> list[bytes]:
    """Golden packets, of which no two are alike."""
    return [PACKETS[survey](seed) for seed in range(12)]


@pytest.mark.parametrize("survey", BUILT_IN, ids=lambda one: one.name)
def test_the_built_in_surveys_keep_the_rules(survey: Survey) -> None:
    check_survey(survey, packets_of(survey.name), schemas=golden.GoldenSchemas())


def _changed(**changes: Callable[[Any], Any]) -> Survey:
    """WINTER with other columns."""

    def columns(raw: Raw) -> dict[str, Any]:
        made = WINTER.columns(raw)
        return made | {name: change(made[name]) for name, change in changes.items()}

    return replace(WINTER, columns=columns)


def _broken(_: Any) -> Any:  # noqa: ANN401 - of any column
    raise RuntimeError("no such thing")


@pytest.mark.parametrize(
    ("survey", "line"),
    [
        (replace(WINTER, bands=("Y", "J")), "points of H, which is none of its bands"),
        (replace(WINTER, name="mine", marks=("candidate.nothing",)), "taken for winter's"),
        (replace(WINTER, marks=("candidate.nothing",)), "packet 0 is refused, unknown schema"),
        (_changed(magnitude=lambda one: one.astype(str)), "magnitude is <U"),
        (_changed(detections=lambda one: one.astype(float)), "detections is float64"),
        (_changed(ra_deg=lambda one: one - one.min() + 1), "ra_deg of packet 1 is another alone"),
        (_changed(mjd=_broken), "decoding raised RuntimeError: no such thing"),
    ],
)
def test_a_broken_rule_is_a_line(survey: Survey, line: str) -> None:
    with pytest.raises(AssertionError, match="breaks the rules of surveys") as caught:
        check_survey(survey, packets_of("winter"))
    assert line in str(caught.value)


def test_light_curves_that_are_not_by_time_are_a_line() -> None:
    def turned(curves: Any) -> Any:  # noqa: ANN401 - light curves
        return replace(curves, mjd=curves.mjd[::-1].copy())

    with pytest.raises(AssertionError, match="light_curve is not by rising time"):
        check_survey(_changed(light_curve=turned), packets_of("winter"))


def test_a_field_that_cannot_be_read_is_a_line() -> None:
    schema = golden.ztf_schema()
    candidate = next(one for one in schema["fields"] if one["name"] == "candidate")["type"]
    next(one for one in candidate["fields"] if one["name"] == "fwhm")["type"] = {
        "type": "array",
        "items": "double",
    }
    packet = golden.ztf_packet(1, schema=schema, candidate={"fwhm": [1.0]})
    with pytest.raises(AssertionError, match=r"candidate\.fwhm: array cannot be read, in 1 alerts"):
        check_survey(ZTF, [packet])


def test_no_packets_are_a_line() -> None:
    with pytest.raises(AssertionError, match="no packet to try it on"):
        check_survey(ZTF, [])
