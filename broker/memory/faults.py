"""Faults as data: which call of which client fails, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from schemas.errors import BrokerError

Call = Literal["poll", "begin", "produce", "send_offsets", "commit", "abort", "rebuild"]


@dataclass(frozen=True)
class Fault:
    """The `nth` call (from 1) of a method fails with `error`, once.

    ProducerFenced ends the transaction and the producer's epoch, as a time-out does; MemberFenced
    gives the member's name to another process. The other errors change nothing by themselves.
    """

    at: Call
    nth: int
    error: type[BrokerError]
    client: str | None = None
    """The sink's name or the source's worker; None counts the calls of all."""
    applied: bool = False
    """Whether the call did its work before it failed: an answer that was lost on the way."""


class Faults:
    """Counts calls and finds the fault that is due."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = tuple(faults)
        self._calls: Counter[tuple[Call, str | None]] = Counter()

    def strike(self, at: Call, client: str | None) -> None:
        """Count a call; raises the error of the fault that strikes it."""
        if (fault := self.due(at, client)) is not None:
            raise fault.error(f"fault at {at} {fault.nth}")

    def due(self, at: Call, client: str | None) -> Fault | None:
        """Count a call; the fault that strikes it, if any."""
        self._calls.update({(at, client), (at, None)})
        for fault in self._faults:
            mine = fault.at == at and fault.client in (client, None)
            if mine and self._calls[at, fault.client] == fault.nth:
                return fault
        return None
