"""Requests carried out one after another, each once, whatever is killed.

That a request is taken is written before anything is made of it; what was made lies in a folder
that has its name once it is whole; and the deployment, and that the request is done, are one
transaction. So whoever is killed goes on where it was: what was only begun is made anew, what was
made is deployed, and what was deployed is over. Who takes the job's transactional id fences an
older process of it, and the folder has one job at a time.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker.json_records import shortened
from broker.models.register import ModelRegister
from broker.models.register import records_of as models_of
from broker.models.retrains import Change, RetrainRegister, RetrainRequest, State, records_of
from broker.ports import ControlTopic, Output, Sink
from gueststar.modelling.deployment import called, identity_of, next_version
from schemas.errors import GueststarError
from services.reclassify.publishing import publish

LOG: Final = logging.getLogger("gueststar.retraining")

TAKEN_MAX: Final = 3
"""So often a request is begun: what ends its job each time would do so for ever."""
DIGEST: Final = 12
"""Letters of what tells a folder's request from others of its number, as in a topic made anew."""

Make = Callable[[RetrainRequest, Path], None]
"""Writes NAME.onnx and NAME.md into a folder. Raises GueststarError, one line."""


@dataclass(frozen=True)
class Topics:
    """Of the records."""

    requests: str
    models: str


class Job:
    """Carries out what is asked, the oldest first."""

    def __init__(
        self,
        topics: Topics,
        requests: ControlTopic,
        models: ControlTopic,
        sink: Sink,
        *,
        make: Make,
        folder: Path,
        by: str,
    ) -> None:
        """folder: of what is made, where every worker finds it. by: user@host."""
        self._topics, self._requests, self._models = topics, requests, models
        self._sink, self._make, self._folder, self._by = sink, make, folder, by
        self._asked, self._deployed = RetrainRegister(), ModelRegister()

    def begin(self) -> None:
        """End what an earlier process left open, and fence it. Raises KafkaUnavailable."""
        self._sink.rebuild()

    def step(self) -> RetrainRequest | None:
        """Carry one request out; None where there is none. Raises BrokerError of Kafka alone."""
        self._asked = self._asked.after(records_of(self._requests.complete()))
        request = next(iter(self._asked.open), None)
        if request is None:
            return None
        if self._asked.times_taken(request) >= TAKEN_MAX:
            self._say(request, State.FAILED, f"its job ended {TAKEN_MAX} times while it was at it")
            return request
        self._say(request, State.TAKEN)
        try:
            made = self._made(request)
        except GueststarError as error:
            self._say(request, State.FAILED, str(error))
        except Exception as error:  # whatever training raises, the next request is carried out
            LOG.exception("%s", request.called)
            fault = f"a fault of ours, {type(error).__name__}: {error}; please report it"
            self._say(request, State.FAILED, fault)
        else:
            self._deploy(request, made)
        return request

    def _made(self, request: RetrainRequest) -> Path:
        """The folder of what was made, by this process or an earlier one."""
        digest = hashlib.sha256(request.encode()).hexdigest()[:DIGEST]
        whole = self._folder / f"{request.name}-{request.version}-{digest}"
        if not whole.is_dir():
            begun = whole.with_name(f".{whole.name}")
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir()
            self._make(request, begun)
            begun.replace(whole)
        return whole

    def _deploy(self, request: RetrainRequest, made: Path) -> None:
        """One transaction: a shadow, and that the request is done."""
        file, card = (made / f"{request.name}{ending}" for ending in (".onnx", ".md"))
        self._deployed = self._deployed.after(models_of(self._models.complete()))
        try:
            version = next_version(
                self._deployed,
                identity_of(file, request.name),
                path=file,
                card=str(card.resolve()),
                reference=None,
                by=self._by,
            )
        except GueststarError as error:
            self._say(request, State.FAILED, str(error))
            return
        shadow = Output(self._topics.models, version.key, version.encode())
        self._say(request, State.DONE, f"{called(version)} is a shadow", version.version, shadow)

    def _say(
        self,
        request: RetrainRequest,
        state: State,
        reason: str = "",
        made: int | None = None,
        *besides: Output,
    ) -> None:
        """Write how it stands, together with what else is to be written."""
        change = Change(state, shortened(reason), made, self._by, time.time())
        status = self._asked.changed(request, change)
        publish(self._sink, [*besides, Output(self._topics.requests, status.key, status.encode())])
        self._asked = self._asked.after([status])
        LOG.info("%s is %s%s", request.called, state, f": {reason}" if reason else "")
