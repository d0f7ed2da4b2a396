"""For authors of filters: alerts made by hand, what a filter says of them, and the rules it keeps.

    from gueststar.testing import alerts, check, judge, supernova

    def test_mine():
        check(mine)                                               # the rules of every filter
        assert judge(mine, supernova()) == ["selected"]
        assert judge(mine, supernova(magnitude=21)) == ["bright"]  # the clause that refuses
        assert judge(mine, alerts(magnitude=[18, 20])) == ["selected", "bright"]

A filter is a function marked `@selection`, an expression filter, or the path of a file of one.
For authors of stages: `check_stage(mine)` is the same of those.
Whoever writes a survey's adapter holds it to its own packets: `check_survey(MINE, packets)`.
"""

from gueststar.testing.builders import alerts, light_curve
from gueststar.testing.crowd import crowd
from gueststar.testing.examples import (
    artefact,
    asteroid,
    real_alert,
    supernova,
    variable_star,
)
from gueststar.testing.rules import check, judge, shortcomings
from gueststar.testing.skies import sky
from gueststar.testing.stages import check_stage
from gueststar.testing.survey_rules import check_survey

__all__ = [
    "alerts",
    "artefact",
    "asteroid",
    "check",
    "check_stage",
    "check_survey",
    "crowd",
    "judge",
    "light_curve",
    "real_alert",
    "shortcomings",
    "sky",
    "supernova",
    "variable_star",
]
