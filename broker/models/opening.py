"""A worker's deployed models, from its settings and stages: slots, records, shadows."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from broker.clock import SystemClock
from broker.kafka import Connection, KafkaControlTopic
from broker.models.asking import Asker, asking
from broker.models.limits import ModelsSection
from broker.models.metrics import ModelMetrics
from broker.models.models import Models
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
    watch: ModelMetrics,
) -> Iterator[Models | None]:
    """A worker's models, those that are deployed open; None where the settings name no topic.

    What drifts is asked to be made again meanwhile. Raises KafkaUnavailable.
    """
    if not section.live:
        yield None
        return
    by, clock = f"worker {name} at {socket.gethostname()}", SystemClock()
    asker = Asker(
        section,
        lambda: KafkaControlTopic(link, section.retrains),
        drifting=lambda: [each for each in watch.drifting if each[0] in watch.running],
        by=by,
        clock=clock,
    )
    with ThreadPoolExecutor(1, "model-opening") as opens:
        models = Models(
            KafkaControlTopic(link, section.live),
            slots=slots_of(stages),
            limits=section,
            by=by,
            clock=clock,
            opens=opens,
            observer=watch,
        )
        with closing(models), asking(asker):
            models.open()
            yield models
