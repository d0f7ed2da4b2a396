"""`gueststar model promote`: the comparison that speaks for a version, and the record of it."""

from __future__ import annotations

from pathlib import Path

from broker.errors import TopicMissing
from broker.models.comparison import comparison
from broker.models.records import Comparison, ModelVersion, Promotion, State
from broker.models.register import ModelRegister
from gueststar.modelling.deployment import Records, change, chosen, promotion
from gueststar.modelling.labels import by_model, read_labels
from gueststar.modelling.place import ModelPlace


def comparison_of(
    place: ModelPlace,
    register: ModelRegister,
    name: str,
    version: int | None,
    labels: Path | None,
    *,
    hours: float,
) -> tuple[ModelVersion, Comparison | None]:
    """A version, the newest shadow by default, beside the live one. Raises ModelError."""
    one = chosen(register, name, version, [State.SHADOW])
    try:
        messages = place.compared(one.name, one.version, hours=hours)
    except TopicMissing:
        messages = []
    types = read_labels(labels) if labels else {}
    known = by_model(types, messages[0].labels) if messages else {}
    return one, comparison(messages, known)


def promote(
    place: ModelPlace,
    records: Records,
    name: str,
    version: int | None,
    labels: Path | None,
    *,
    hours: float,
    forced: str,
    reason: str,
    by: str,
) -> tuple[ModelVersion, Promotion]:
    """Write that a version is live. Raises ModelError where a gate is not passed, unless forced."""
    one, found = comparison_of(place, records.present(), name, version, labels, hours=hours)
    promoted = promotion(found, place.settings.gates, forced=forced)
    said = reason or promoted.forced or "every gate passed"
    change(records, one, State.LIVE, reason=said, by=by, promoted=promoted)
    return one, promoted
