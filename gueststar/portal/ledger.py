"""The ledger's sums for the portal: added up by a thread of its own, and kept for a while."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Thread

from broker.balance import Balance
from schemas.errors import GueststarError

FRESH_S = 60.0
"""So long sums are taken to be what they were: the whole ledger is read for them."""


@dataclass(frozen=True)
class Audited:
    """What an audit found."""

    balance: Balance | None = None
    fault: str = ""
    """Why there is no balance."""
    unix_s: float = 0.0
    """When; 0 where none has ended yet."""
    is_running: bool = False


class Ledger:
    """Adds the ledger up when somebody asks, never twice at once."""

    def __init__(self, balanced: Callable[[], Balance]) -> None:
        """`balanced` reads the ledger, which may take its time."""
        self._balanced = balanced
        self._lock = Lock()
        self._last = Audited()
        self._fresh_until_s = -math.inf

    def audited(self) -> Audited:
        """The last sums; where they are old, new ones are begun, and are there later."""
        with self._lock:
            last = self._last
            if not last.is_running and time.monotonic() > self._fresh_until_s:
                self._last = Audited(last.balance, last.fault, last.unix_s, is_running=True)
                Thread(target=self._audit, name="ledger", daemon=True).start()
            return self._last

    def _audit(self) -> None:
        try:
            found = Audited(balance=self._balanced(), unix_s=time.time())
        except GueststarError as error:
            found = Audited(fault=str(error), unix_s=time.time())
        except BaseException:
            found = Audited(fault="a fault of ours; see the portal's log", unix_s=time.time())
            raise
        finally:
            with self._lock:
                self._last, self._fresh_until_s = found, time.monotonic() + FRESH_S
