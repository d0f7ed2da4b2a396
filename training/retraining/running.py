"""The job at a real Kafka."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Final

from broker.kafka import KafkaSink
from broker.models.retrains import JOB
from gueststar.filtering.place import operator
from gueststar.modelling.place import ModelPlace
from lake.lock import locked
from training.retraining.job import Job, Make, Topics

LOOK_S: Final = 30.0


def run(place: ModelPlace, make: Make, folder: Path, *, once: bool) -> None:
    """Carry out what is asked, and then wait for more, or end. Raises GueststarError, one line."""
    models, kafka = place.settings.models, place.settings.kafka
    topics = Topics(models.retrains, place.live)
    folder.mkdir(parents=True, exist_ok=True)
    sink = KafkaSink(
        place.connection,
        group=kafka.group,
        worker=JOB,
        topics=(topics.requests, topics.models),
        transaction_timeout_ms=kafka.transaction_timeout_ms,
    )
    with (
        locked(folder, wait_s=0),
        place.control(topics.requests) as requests,
        place.control(topics.models) as deployed,
        closing(sink),
    ):
        job = Job(topics, requests, deployed, sink, make=make, folder=folder, by=operator())
        job.begin()
        while True:
            while job.step() is not None:
                pass
            if once:
                return
            time.sleep(LOOK_S)
