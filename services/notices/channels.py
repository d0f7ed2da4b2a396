"""A notice as each kind of target reads it, and how it gets there.

What a packet says is text there and nothing else: no markup, no header, no second line. What goes
wrong is told by its kind and number alone, as addresses are secrets and servers repeat them.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, Final, Protocol

from broker.notices_settings import Target
from services.followup.adapters.http_json import JsonClient
from services.followup.adapters.mail_server import MailServer
from services.followup.adapters.port import TelescopeError
from services.notices.outbox import Notice

TEXT_MAX: Final = 1_000
SUBJECT_MAX: Final = 120
KEY: Final = "Idempotency-Key"


class Channel(Protocol):
    """A way to one target."""

    def send(self, notice: Notice) -> None:
        """Raises NotReached, AnswerLost or Refused."""
        ...


class Webhook:
    """The notice as JSON, posted; its id is its `Idempotency-Key`, too."""

    def __init__(self, target: Target, *, answer_s: float) -> None:
        headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
        self._client = JsonClient(target.address, headers=headers, answer_s=answer_s)

    def send(self, notice: Notice) -> None:
        self._client.tell(self.document(notice), {KEY: notice.id})

    def document(self, notice: Notice) -> Mapping[str, Any]:
        return {"id": notice.id, **notice.said, "text": line(notice.text)}


class Slack(Webhook):
    """A line of text as Slack's incoming webhooks take it; other chats have such, too."""

    def document(self, notice: Notice) -> Mapping[str, Any]:
        text = line(notice.text)
        for character, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(character, written)
        return {"text": text, "mrkdwn": False}


class Mail:
    """A mail; its Message-ID is the notice's, so that readers see one that came twice."""

    def __init__(self, target: Target, *, answer_s: float) -> None:
        self._server = MailServer(
            target.address, answer_s, target.encryption, target.user, target.token
        )
        self._target = target

    def send(self, notice: Notice) -> None:
        mail = EmailMessage()
        mail["From"] = self._target.sender
        mail["To"] = ", ".join(self._target.to)
        mail["Subject"] = f"[gueststar] {line(notice.text)[:SUBJECT_MAX]}"
        mail["Message-ID"] = f"<{notice.id}@gueststar>"
        mail["Date"] = formatdate()
        facts = [f"{name:10} {line(str(value))}" for name, value in notice.said.items()]
        mail.set_content("\n".join([line(notice.text), "", *facts, f"{'id':10} {notice.id}", ""]))
        self._server.send(mail)


def channel_of(target: Target, *, answer_s: float) -> Channel:
    """By its kind."""
    kinds: Mapping[str, type[Webhook] | type[Mail]] = {"slack": Slack, "mail": Mail}
    return kinds.get(target.kind, Webhook)(target, answer_s=answer_s)


def line(text: str) -> str:
    """The same in one line of what can be printed, of bounded length."""
    return "".join(one if one.isprintable() else "?" for one in text)[:TEXT_MAX]


def kind_of(error: TelescopeError) -> str:
    """What went wrong, without a word of the address or of what a server says."""
    cause = error.__cause__
    number = getattr(cause, "code", None) or getattr(cause, "smtp_code", None)
    return f"{type(error).__name__}{f' {number}' if number else ''}"
