"""Who has signed in with a browser: a cookie's random text stands for a token, for some hours."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass
from threading import Lock

HOURS = 12
HOUR_S = 3600.0
SESSIONS_MAX = 10_000
"""More are not kept; the oldest end."""


@dataclass(frozen=True)
class Session:
    """One browser's, from sign-in to sign-out."""

    token_sha256: str
    csrf: str
    """What a form of ours sends back, and a page of others cannot know."""
    until_s: float

    def is_of_ours(self, given: str) -> bool:
        """Whether what came with a request is what our page held."""
        return hmac.compare_digest(self.csrf.encode(), given.encode("utf-8", "replace"))


class Sessions:
    """All of them, in memory: who signed in before a restart signs in again."""

    def __init__(self) -> None:
        self._known: dict[str, Session] = {}
        self._lock = Lock()

    def begin(self, token_sha256: str) -> str:
        """A new session's cookie."""
        cookie = secrets.token_urlsafe(32)
        until_s = time.monotonic() + HOURS * HOUR_S
        with self._lock:
            while len(self._known) >= SESSIONS_MAX:
                self._known.pop(next(iter(self._known)))
            self._known[cookie] = Session(token_sha256, secrets.token_urlsafe(32), until_s)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """None where it ended, or never was."""
        with self._lock:
            found = self._known.get(cookie)
            if found is not None and found.until_s < time.monotonic():
                self._known.pop(cookie)
                return None
            return found

    def end(self, cookie: str) -> None:
        """Forget one."""
        with self._lock:
            self._known.pop(cookie, None)
