"""What users' reviews say of what models told: real, or an artefact of the image."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from broker.deployments.records import State
from gueststar.anomalies.records import REVIEWS, Answer, Register, records_of
from gueststar.configured import Configured
from gueststar.modelling.labels import ARTEFACT, REAL, Known, read_labels

SAYS: Final = {Answer.INTERESTING: REAL, Answer.ARTEFACT: ARTEFACT}
"""Whoever finds nothing of interest says nothing of what it is."""


def reviewed(register: Register) -> dict[int, str]:
    """By alert, of all users; one of which two say different things has none.

    An artefact is of its alert: the object's others may be fine.
    """
    said: dict[int, set[str]] = {}
    for each in register.all:
        if register.change(each).state is State.LIVE and each.answer in SAYS:
            said.setdefault(each.alert_id, set()).add(SAYS[each.answer])
    return {alert_id: kinds.pop() for alert_id, kinds in said.items() if len(kinds) == 1}


def known_of(place: Configured, table: Path | None, *, reviews: bool) -> Known:
    """What a table says of objects, and what users say of alerts.

    Raises ModelError where the table cannot be read, KafkaUnavailable.
    """
    said: dict[int, str] = {}
    if reviews:
        with place.control(place.settings.topics.named(REVIEWS)) as control:
            said = reviewed(Register().after(records_of(control.present())))
    return Known(read_labels(table) if table else {}, said)
