"""A mail server, and what each way of failing says of whether it took a mail."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final

from broker.notices_settings import Encryption
from services.followup.adapters.port import AnswerLost, NotReached, Refused

FOR_GOOD: Final = 500
"""From there on a code says that the same mail will never be taken."""


@dataclass(frozen=True)
class MailServer:
    """One server, host:port."""

    address: str
    answer_s: float
    encryption: Encryption = "none"
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, mail: EmailMessage) -> None:
        """Raises NotReached where the server did not take it, AnswerLost where that is not certain,
        Refused where it never will."""
        sent = taken = False
        try:
            with self._connected() as server:
                if self.encryption == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                sent = True
                server.send_message(mail)
                taken = True
        except OSError as error:  # of which smtplib's own are
            if not taken:  # else it only took leave badly
                raise _told(error, sent=sent) from error

    def _connected(self) -> smtplib.SMTP:
        host, _, port = self.address.partition(":")
        if self.encryption == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, int(port or 465), timeout=self.answer_s, context=context)
        return smtplib.SMTP(host, int(port or 25), timeout=self.answer_s)


def _told(error: OSError, *, sent: bool) -> AnswerLost | NotReached | Refused:
    if isinstance(error, smtplib.SMTPResponseException):
        kind = Refused if error.smtp_code >= FOR_GOOD else NotReached
        return kind(f"{error.smtp_code} {error.smtp_error!r}")
    return AnswerLost(str(error)) if sent else NotReached(str(error))
