"""A worker's deployed models, from its settings and stages: slots, records, shadows."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from broker.clock import SystemClock
from broker.kafka import Connection, KafkaControlTopic
from broker.models.limits import ModelsSection
from broker.models.models import Models, ModelsObserver
from broker.models.shadows import Shadows
from broker.ports import Sink
from classifiers.classifier import Scoring
from classifiers.served import BUILT_IN
from classifiers.slot import Slot
from schemas.stage import Stage


def slotted(stages: Sequence[Stage], section: ModelsSection) -> tuple[Stage, ...]:
    """The same, those of gueststar's own models in slots where models may be deployed."""
    return tuple(_slot(each) if section.live else each for each in stages)


def _slot(stage: Stage) -> Stage:
    is_ours = isinstance(stage, Scoring) and stage.identity.name in BUILT_IN
    return Slot(stage) if is_ours and isinstance(stage, Scoring) else stage


def slots_of(stages: Sequence[Stage]) -> list[Slot]:
    return [each for each in stages if isinstance(each, Slot)]


def shadows_of(models: Models | None, section: ModelsSection, sink: Sink) -> Shadows | None:
    """What runs beside a worker's models, where any may be deployed."""
    if models is None:
        return None
    return Shadows(
        models,
        topic=section.comparisons,
        cost_us_max=section.cost_us_max,
        bytes_max=sink.bytes_max,
    )


@contextmanager
def opened_models(
    section: ModelsSection,
    stages: Sequence[Stage],
    link: Connection,
    name: str,
    observer: ModelsObserver,
) -> Iterator[Models | None]:
    """A worker's models, those that are deployed open; None where the settings name no topic.

    Raises KafkaUnavailable.
    """
    if not section.live:
        yield None
        return
    with ThreadPoolExecutor(1, "model-opening") as opens:
        models = Models(
            KafkaControlTopic(link, section.live),
            slots=slots_of(stages),
            limits=section,
            by=f"worker {name} at {socket.gethostname()}",
            clock=SystemClock(),
            opens=opens,
            observer=observer,
        )
        with closing(models):
            models.open()
            yield models
