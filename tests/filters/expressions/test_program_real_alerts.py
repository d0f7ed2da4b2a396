"""On real alerts hundreds of filters together answer as each does alone."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from filters.expressions.filter import ExpressionFilter
from filters.expressions.program import Program
from filters.filter_set import ActiveFilter, FilterSet
from lake.archives import Archive
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.learned import Learned

pytestmark = pytest.mark.data

ALERTS = 400
CLAUSES = (
    "magnitude < {:.1f}",
    "age_days < {:.1f}",
    'score("realbogus", "real") > {0:.0f} / 30',
    "~((star_distance_arcsec < {:.1f}) & (star_galaxy_score > 0.5))",
    "limit_mag - magnitude > {0:.0f} / 10 - 1",
    "rate_mag_per_day() > {0:.0f} / 100",
    "log10(flux_njy / flux_err_njy + {:.1f}) > 1",
    "in_cone({:.1f}, 20, 60)",
    'colour("g", "r") < {0:.0f} / 10',
    "host_photoz * {:.1f} < 1",
    'band == "g"',
    "points_within({:.0f}) > 1",
)


@pytest.fixture(scope="module")
def alerts(data_folder: Path) -> AlertBatch:
    archive = data_folder / "ztf" / "astrolabsoftware+fink-broker" / "alerts.tar.xz"
    batch = Decoder().decode([one.data for one in islice(Archive(archive), ALERTS)])
    real = batch.survey_real_score.astype(np.float32)
    batch.learned["realbogus"] = Learned.probabilities(
        ("bogus", "real"), np.stack([1 - real, real], axis=1)
    )
    return batch


def invented(count: int) -> list[ExpressionFilter]:
    """Filters of five clauses with limits of their own."""
    random = np.random.default_rng(4)
    filters = []
    for number in range(count):
        kinds = random.choice(CLAUSES, 5, replace=False)
        limits = random.uniform(5, 25, 5)
        clauses = {
            f"clause-{place}": kind.format(limit)
            for place, (kind, limit) in enumerate(zip(kinds, limits, strict=True))
        }
        filters.append(ExpressionFilter.of({"name": f"filter-{number}", "clauses": clauses}))
    return filters


def test_every_row_gets_the_answer_of_the_plain_way(alerts: AlertBatch) -> None:
    filters = invented(150)
    nodes = [[clause.node for clause in each.clauses] for each in filters]
    traces = Program(nodes).traces(alerts)
    decisions = [each.selection("some").judge(alerts) for each in filters]
    assert (traces.trace == [each.trace for each in decisions]).all()
    assert (traces.unknown == [each.unknown for each in decisions]).all()
    assert traces.unknown.any()
    assert (traces.trace < 0).any()


def test_a_roster_of_them_counts_the_same(alerts: AlertBatch) -> None:
    filters = invented(20)
    members = [ActiveFilter(each.name, "1", each.sha256, each.name, ()) for each in filters]
    filter_set = FilterSet((), members, expressions=filters)
    for decision in filter_set.judge(alerts):
        alone = filter_set.alone(decision.name, alerts)
        assert decision.selected.tolist() == alone.selected.tolist()
        assert decision.refused == {key: n for key, n in alone.refused.items() if n}
        assert decision.unknown == {key: n for key, n in alone.unknown.items() if n}
