"""What the tracker needs of whatever observes, and the ways in which asking goes wrong.

What may have been heard and what cannot have been are two errors: after the one a telescope is
asked what it knows before anything is asked again, after the other nothing has happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from broker.ports import Output
from schemas.errors import GueststarError
from schemas.object_annotation import Measured
from services.followup.requests import Request, State


class TelescopeError(GueststarError):
    """Something went wrong in asking a telescope."""


class NotReached(TelescopeError):  # noqa: N818 - named for what happened
    """It cannot have heard: nothing was sent, or it says that it did nothing."""


class AnswerLost(TelescopeError):  # noqa: N818 - named for what happened
    """It may have heard, or not."""


class Refused(TelescopeError):  # noqa: N818 - named for what happened
    """It heard, and will not."""


class CannotTell(TelescopeError):  # noqa: N818 - named for what happened
    """It keeps no record of what it was asked."""


@dataclass(frozen=True)
class Result:
    """What an observation gave."""

    kind: str
    """"photometry", "spectrum" or "classification"."""
    points: Sequence[Measured] = ()
    type: str = ""
    """Of a classification: "SNIa"."""
    probability: float = float("nan")
    redshift: float = float("nan")
    text: str = ""
    """Where the data are, or what else is to be said."""


@dataclass(frozen=True)
class Found:
    """How a telescope says that something stands which it was asked for."""

    reference: str
    """What it calls it."""
    state: State
    """PENDING, or a final one."""
    reason: str = ""
    results: Sequence[Result] = field(default=())
    outputs: Sequence[Output] = ()
    """To be published in the transaction that says so: how topics are asked."""
    made_unix_s: float = inf
    """When it was asked, where the telescope says it."""


class Telescope(Protocol):
    """One site's. Each call may raise NotReached, AnswerLost or Refused."""

    def submit(self, request: Request) -> Found:
        """Ask for an observation in the request's window; it is called by the request's id."""
        ...

    def find(self, request: Request) -> Sequence[Found]:
        """All that it was ever asked for under this id. Raises CannotTell, too."""
        ...

    def cancel(self, request: Request, reference: str) -> None:
        """Have it given up; nothing happens where it is over already."""
        ...


def told(error: TelescopeError) -> str:
    """One line of what went wrong."""
    return f"{type(error).__name__}: {error}"
