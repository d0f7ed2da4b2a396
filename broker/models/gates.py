"""The gates that a version passes before it is live, each from the comparison alone."""

from __future__ import annotations

from collections.abc import Iterator

from broker.models.limits import GatesSection
from broker.models.records import Comparison, Gate


def judged(found: Comparison, gates: GatesSection) -> tuple[Gate, ...]:
    """Every gate; one of which nothing is known is not passed."""
    return tuple(_judged(found, gates))


def _judged(found: Comparison, gates: GatesSection) -> Iterator[Gate]:
    yield _least("alerts compared", found.alerts, gates.alerts_min)
    yield _least("alerts labelled", found.marks.alerts if found.marks else 0, gates.labelled_min)
    mine, live = found.marks, found.marks_against
    loss = None if mine is None or live is None else live.recall - mine.recall
    yield _most("recall lost", loss, gates.recall_loss_max)
    rise = None if mine is None or live is None else mine.log_loss - live.log_loss
    yield _most("log loss risen", rise, gates.log_loss_rise_max)
    apart = abs(found.declined - found.declined_against)
    yield _most("change of declines", apart, gates.declines_change_max)
    yield _most("alerts at fault", float(found.faults), 0.0)
    yield _most("cost, µs an alert", found.cost_us, gates.cost_us_max)


def _least(name: str, found: int, limit: int) -> Gate:
    return Gate(name, found >= limit, float(found), float(limit))


def _most(name: str, found: float | None, limit: float) -> Gate:
    return Gate(name, found is not None and found <= limit, found, limit)
