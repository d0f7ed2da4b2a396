"""Filters woken by what came back: an object's alert that passes because of it is published then.

The filters that ask for annotations are judged on the alert that was followed up, with what is said
now and without. One that passes only with it selects the alert, in the transaction that publishes
the annotation; a header says by which.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from broker.deployments import records_of
from broker.deployments.records import Version
from broker.deployments.register import Register
from broker.headers import FILTERS, naming
from broker.packets import packet_of
from broker.ports import ControlTopic, Message, Output, Partition
from filters.alerts import Alerts
from filters.expressions.evaluation import evaluate
from filters.expressions.filter import ExpressionFilter
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import GueststarError
from schemas.object_annotation import ObjectAnnotation
from schemas.scored import noted, scored
from sky.annotations import LiveAnnotations
from sky.catalogues import Sky

LOG: Final = logging.getLogger("gueststar.followup")

WOKEN_BY: Final = "gueststar-woken-by"
"""The header that says which annotation it was: object/source/kind/request."""
ASKS: Final = "annotation"

Fetch = Callable[[Partition, int], Message | None]


class Waking:
    """The deployed filters that ask for annotations, and what has been said so far."""

    def __init__(self, control: ControlTopic, fetch: Fetch, decoder: Decoder) -> None:
        """control: the topic of deployed filters; fetch: of the topic of enriched alerts."""
        self._control = control
        self._fetch = fetch
        self._decoder = decoder
        self._register = Register()
        self._said = LiveAnnotations()

    def learn(self, annotations: Iterable[ObjectAnnotation]) -> None:
        """What was said before this process began."""
        for one in annotations:
            self._said.put(one)

    def woken(self, origin: str, annotations: list[ObjectAnnotation]) -> list[Output]:
        """What filters select of the alert that lies there, because of these."""
        self._register = self._register.after(records_of(self._control.new()))
        asking = [*_asking(self._register)]
        message = self._message(origin) if asking else None
        if message is None:
            self.learn(annotations)
            return []
        batch = self._decoder.decode([packet_of(message)])
        scored(batch, noted(batch))
        before = self._select(asking, batch)
        self.learn(annotations)
        key = annotations[-1].key if annotations else b""
        return [
            _output(version, message, key)
            for version in self._select(asking, batch)
            if version not in before
        ]

    def close(self) -> None:
        self._control.close()

    def _select(
        self, asking: list[tuple[Version, ExpressionFilter]], batch: AlertBatch
    ) -> list[Version]:
        """The filters that select the alert as things are said now."""
        sky = Sky(annotations=self._said)
        return [each for each, wanted in asking if len(batch) and _selects(wanted, batch, sky)]

    def _message(self, origin: str) -> Message | None:
        topic, _, place = origin.rpartition("-")
        topic, _, partition = topic.rpartition("-")
        if not (topic and partition.isdigit() and place.isdigit()):
            return None
        return self._fetch(Partition(topic, int(partition)), int(place))


def _asking(register: Register) -> Iterator[tuple[Version, ExpressionFilter]]:
    for version in register.active:
        if not any(ASKS in text for text in version.clauses.values()):
            continue
        try:
            yield version, ExpressionFilter.of(version.document)
        except GueststarError as error:
            LOG.warning("filter %s is not woken: %s", version.name, error)


def _selects(wanted: ExpressionFilter, batch: AlertBatch, sky: Sky) -> bool:
    alerts = Alerts(batch, sky)
    try:
        return all(bool(evaluate(clause.node, alerts)[0]) for clause in wanted.clauses)
    except GueststarError as error:
        LOG.warning("filter %s is not woken: %s", wanted.name, error)
        return False


def _output(version: Version, message: Message, key: bytes) -> Output:
    """The record as workers publish it, but for what woke it."""
    headers = [one for one in message.headers if one[0] != FILTERS]
    headers += [(WOKEN_BY, key), (FILTERS, naming([version.name]))]
    return Output(version.topic, message.key, message.value, tuple(headers))
