"""Mail and topics: somebody reads them, observes, and says so on the topic of answers.

A topic is written in the transaction that says so, so it is asked exactly once. Mail keeps no
record that could be asked: where its answer is lost the request has failed, and is not sent twice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from email.message import EmailMessage
from email.utils import formatdate
from math import inf
from typing import Final

from broker.followup_settings import Site
from broker.ports import ControlTopic, Message, Output
from services.followup.adapters.mail_server import MailServer
from services.followup.adapters.port import CannotTell, Found, TelescopeError
from services.followup.adapters.results import results_of
from services.followup.programme import Observe
from services.followup.requests import FINAL, Request, State

LOG: Final = logging.getLogger("gueststar.followup")


class Answers:
    """What people and programs answered, by request: JSON with `state`, `reason`, `results`."""

    def __init__(self, control: ControlTopic) -> None:
        self._control = control
        self._found: dict[str, Found] = {}
        self._news: set[str] = set()

    def new(self) -> set[str]:
        """The requests that were answered since last asked."""
        self._learn(self._control.new())
        news, self._news = self._news, set()
        return news

    def of(self, request: Request) -> Found | None:
        """Asked for anew each time: it costs no request of Kafka's."""
        self._learn(self._control.new())
        found = self._found.get(request.id)
        return found if found and request.may_have(found.made_unix_s) else None

    def close(self) -> None:
        self._control.close()

    def _learn(self, messages: Iterable[Message]) -> None:
        for message in messages:
            name = (message.key or b"").decode("utf-8", "replace")
            try:
                said = json.loads(message.value)
                state = State(said["state"])
                if state not in FINAL:
                    raise ValueError(f"{state} is no end")
                results = results_of({"results": said.get("results", [])})
                reason = str(said.get("reason", "answered"))
                made_unix_s = message.timestamp_ms / 1e3 if message.timestamp_ms >= 0 else inf
                found = Found(name, state, reason, results, made_unix_s=made_unix_s)
            except (ValueError, KeyError, TypeError, AttributeError, TelescopeError) as error:
                LOG.warning("no answer, passed over: %s: %r", name, error)
                continue
            self._found[name] = found
            self._news.add(name)


class TopicTelescope:
    """A `Telescope` that is asked on a topic: records of JSON, by request."""

    def __init__(self, topic: str, answers: Answers, observe: Mapping[str, Observe]) -> None:
        self._topic = topic
        self._answers = answers
        self._observe = observe

    def submit(self, request: Request) -> Found:
        """Nothing happens before the transaction that says so."""
        value = {"ask": "observe", **asdict(request)}
        value["observe"] = asdict(self._observe[request.programme])
        return Found(request.id, State.PENDING, "published", outputs=[self._output(request, value)])

    def find(self, request: Request) -> Sequence[Found]:
        """What was answered; else it is pending where that is known."""
        answered = self._answers.of(request)
        if answered is not None:
            return [answered]
        if request.state is State.WITHDRAWING and request.reference:
            return [Found(request.reference, State.CANCELED, "withdrawn")]
        if request.state is not State.PENDING:
            return []
        raise CannotTell("nobody has answered")

    def cancel(self, request: Request, reference: str) -> None:
        """Readers see that it is withdrawn on the topic of requests."""

    def _output(self, request: Request, value: object) -> Output:
        return Output(self._topic, request.id.encode(), json.dumps(value).encode())


class MailTelescope:
    """A `Telescope` that is asked by mail. Options: `from`, `to`."""

    def __init__(
        self, site: Site, answers: Answers, observe: Mapping[str, Observe], *, answer_s: float
    ) -> None:
        self._site = site
        self._answers = answers
        self._observe = observe
        self._answer_s = answer_s

    def submit(self, request: Request) -> Found:
        """Raises NotReached where no server took it, AnswerLost where that is not certain."""
        MailServer(self._site.address, self._answer_s).send(self.mail(request))
        return Found(request.id, State.PENDING, "the mail was taken")

    def find(self, request: Request) -> Sequence[Found]:
        """What was answered. Raises CannotTell where nothing was."""
        answered = self._answers.of(request)
        if answered is None:
            raise CannotTell("mail keeps no record")
        return [answered]

    def cancel(self, request: Request, reference: str) -> None:
        """A person is not interrupted twice; the topic of requests says it."""

    def mail(self, request: Request) -> EmailMessage:
        """Its Message-ID is the request's, so that readers see one that came twice."""
        observe = self._observe[request.programme]
        mail = EmailMessage()
        mail["From"] = self._site.options.get("from", "gueststar@localhost")
        mail["To"] = self._site.options.get("to", "observer@localhost")
        mail["Subject"] = f"[gueststar] observe {request.object_id}: {request.programme}"
        mail["Message-ID"] = f"<{request.digest}.{request.attempt}@gueststar>"
        mail["Date"] = formatdate(request.submitted_unix_s)
        mail.set_content(
            f"request   {request.id}\n"
            f"position  {request.ra_deg:.6f} {request.dec_deg:+.6f} (ICRS, degrees)\n"
            f"magnitude {request.magnitude:.2f}\n"
            f"bands     {' '.join(observe.bands)}, {observe.exposure_s:g} s each\n"
            f"between   {formatdate(request.begin_unix_s)} and {formatdate(request.end_unix_s)}\n"
            f"why       {request.reason}\n"
        )
        return mail
