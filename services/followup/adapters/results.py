"""What observations gave, as JSON: of reductions over HTTP, and of people and programs on a topic.

{"results": [{"kind": "photometry", "points": [{"mjd": 61001.2, "band": "r",
  "magnitude": 18.91, "magnitude_err": 0.03, "star": ""}]},
 {"kind": "classification", "type": "SNIa", "probability": 0.93, "redshift": 0.031}]}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from schemas.columns import BANDS
from schemas.object_annotation import Measured
from services.followup.adapters.port import AnswerLost, Result

KINDS: Final = ("photometry", "spectrum", "classification")
POINTS_MAX: Final = 10_000


def results_of(document: Any) -> Sequence[Result]:  # noqa: ANN401 - JSON
    """Raises AnswerLost for what is none: it is asked for again."""
    try:
        return [_result(one) for one in document["results"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AnswerLost(f"these are no results: {error!r}") from error


def _result(one: Any) -> Result:  # noqa: ANN401 - JSON
    if one["kind"] not in KINDS:
        raise ValueError(f"{one['kind']!r:.40} is none of {', '.join(KINDS)}")
    points = one.get("points", [])
    if len(points) > POINTS_MAX:
        raise ValueError(f"{len(points)} points")
    return Result(
        kind=one["kind"],
        points=[_point(each) for each in points],
        type=str(one.get("type", "")),
        probability=float(one.get("probability", "nan")),
        redshift=float(one.get("redshift", "nan")),
        text=str(one.get("text", "")),
    )


def _point(one: Any) -> Measured:  # noqa: ANN401 - JSON
    if one["band"] not in BANDS:
        raise ValueError(f"there is no band {one['band']!r:.20}")
    numbers = [float(one[key]) for key in ("mjd", "magnitude", "magnitude_err")]
    return Measured(numbers[0], one["band"], numbers[1], numbers[2], str(one.get("star", "")))
