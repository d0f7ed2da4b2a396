"""What drifts is asked to be made again: by a thread, so that no batch waits for the record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Final

from broker.json_records import shortened
from broker.models.limits import ModelsSection
from broker.models.retrains import (
    RetrainRegister,
    RetrainRequest,
    is_night,
    nights_to,
    records_of,
)
from broker.ports import Clock, ControlTopic
from classifiers.drift import Drift
from schemas.errors import BrokerError
from schemas.stage import Identity

LOG: Final = logging.getLogger("gueststar.models")

EVERY_S: Final = 60.0
NAMED_MAX: Final = 3
"""Of what drifts the worst, in a request's reason."""

Drifting = Sequence[tuple[Identity, int, Drift]]
"""Each with its model and night."""


class Asker:
    """Asks for each model that drifts, once."""

    def __init__(
        self,
        section: ModelsSection,
        opens: Callable[[], ControlTopic],
        *,
        drifting: Callable[[], Drifting],
        by: str,
        clock: Clock,
    ) -> None:
        """opens: the topic of requests, which is read only once something drifts."""
        self._section, self._opens, self._drifting = section, opens, drifting
        self._by, self._clock = by, clock
        self._seen = set[tuple[str, int]]()
        """Files, by sha256, and nights."""

    def look(self) -> None:
        """Write what is due; whatever Kafka answers, alerts go on, and it is tried again."""
        nights: dict[tuple[Identity, int], list[Drift]] = {}
        for model, night, drift in self._drifting():
            if (model.sha256, night) not in self._seen and is_night(night):
                nights.setdefault((model, night), []).append(drift)
        if not nights:
            return
        try:
            with closing(self._opens()) as control:
                register = RetrainRegister().after(records_of(control.present()))
                for (model, night), drifts in nights.items():
                    register = self._ask(control, register, model, night, drifts)
                    self._seen.add((model.sha256, night))
        except BrokerError as error:
            LOG.warning("what drifts is not asked for yet: %s", error)

    def _ask(
        self,
        control: ControlTopic,
        register: RetrainRegister,
        model: Identity,
        night: int,
        drifts: Sequence[Drift],
    ) -> RetrainRegister:
        if not register.is_due(model.name, model.sha256, night, self._section.retrain_wait_days):
            return register
        request = RetrainRequest(
            name=model.name,
            version=register.next_version(model.name),
            nights=(nights_to(night, self._section.retrain_nights_max),),
            why=shortened(f"drift in night {night}: {_told(drifts)}"),
            drifted=night,
            model_version=model.version,
            sha256=model.sha256,
            by=self._by,
            deployed_unix_s=self._clock.now_s(),
        )
        control.write(request.key, request.encode())
        LOG.warning("%s: %s", request.called, request.why)
        return register.after([request])


def _told(drifts: Sequence[Drift]) -> str:
    worst = sorted(drifts, key=lambda each: -each.value / each.threshold)
    parts = [
        f"{each.statistic} of {each.column} in {each.group} is {each.value:.3f}"
        f" (by chance {each.threshold:.3f})"
        for each in worst[:NAMED_MAX]
    ]
    more = len(worst) - NAMED_MAX
    return "; ".join(parts) + (f"; and {more} more" if more > 0 else "")


@contextmanager
def asking(asker: Asker, *, every_s: float = EVERY_S) -> Iterator[None]:
    """Have it look meanwhile, and once more at the end."""
    over = Event()

    def run() -> None:
        while not over.wait(every_s):
            asker.look()
        asker.look()

    thread = Thread(target=run, name="asking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
