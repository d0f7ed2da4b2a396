"""Users' answers as records of a compacted topic, each a version of its user's profile.

An answer stands until it is taken back, as a filter is live until it is removed. It holds what a
ranking reads of the alert, so that a profile is whole without the lake that it came from.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from broker.deployments.records import Cause, Change, State, Status
from broker.deployments.register import LiveRegister, live_records
from broker.json_records import require
from broker.ports import ControlTopic, Message
from broker.versions import (
    SHA256,
    Erased,
    VersionRecord,
    check_time,
    check_version,
)
from filters.expressions.filter import NAME
from gueststar.anomalies.taste import Seen
from schemas.errors import QuestionError

LOG: Final = logging.getLogger("gueststar.anomalies")
REVIEWS: Final = "gueststar.reviews"
"""The topic, before [topics] prefix."""


class Answer(StrEnum):
    """What a user said of an alert."""

    INTERESTING = "interesting"
    NOT = "not"
    ARTEFACT = "artefact"


@dataclass(frozen=True)
class Review(VersionRecord):
    """One answer; it never changes."""

    name: str
    """The profile's: the user's."""
    version: int
    """From 1, counted by the topic."""
    survey: str
    object_id: str
    alert_id: int
    answer: Answer
    sha256: str
    """Of the anomaly stage's file, whose leaves and whose embedding's numbers these are."""
    rarity: float
    leaves: tuple[int, ...]
    vector: tuple[float, ...]
    by: str
    """user@host"""
    deployed_unix_s: float
    """When it was said."""

    def __post_init__(self) -> None:
        """Raises RecordError for what no review writes."""
        require(NAME.fullmatch(self.name) is not None, f"{self.name!r:.80} is no user's name")
        check_version(self.version)
        require(SHA256.fullmatch(self.sha256) is not None, f"{self.sha256!r:.70} is no sha256")
        check_time(self.deployed_unix_s, "said")


Record = Review | Status | Erased


def records_of(messages: Iterable[Message]) -> Iterator[Record]:
    """What messages of the topic say; one that is no record is logged and passed over."""
    return live_records(Review, messages, what="review", log=LOG)


class Register(LiveRegister[Review]):
    """All answers that were ever given. Never changed."""


class Profile:
    """What one user said, as the topic has it, and what is said next."""

    def __init__(self, control: ControlTopic, user: str, *, sha256: str, by: str) -> None:
        """sha256: of the file whose leaves are compared; answers on another's are not used.

        Raises QuestionError for what is no name; KafkaUnavailable.
        """
        if not NAME.fullmatch(user):
            raise QuestionError(f"{user!r} is no user's name; write a to z, digits, _ and -")
        self.user, self._control, self._sha256, self._by = user, control, sha256, by
        self._register = Register().after(records_of(control.present()))

    @property
    def answers(self) -> tuple[Review, ...]:
        """Those that stand, of each object the newest, the oldest first."""
        standing = {
            (each.survey, each.object_id): each
            for each in self._register.versions(self.user)
            if self._register.change(each).state is State.LIVE
        }
        return tuple(sorted(standing.values(), key=lambda each: each.version))

    @property
    def usable(self) -> tuple[Review, ...]:
        """Those of them that were given on this file's leaves."""
        return tuple(each for each in self.answers if each.sha256 == self._sha256)

    def taught(self) -> tuple[Seen, np.ndarray]:
        """What a ranking learns of: alerts (m,), and which of them are interesting, bool (m,)."""
        known = self.usable
        seen = Seen(
            np.array([each.rarity for each in known]),
            np.array([each.leaves for each in known], np.int16),
            np.array([each.vector for each in known], np.float32),
        )
        return seen, np.array([each.answer is Answer.INTERESTING for each in known], np.bool_)

    def say(self, answer: Answer, of: tuple[str, str, int], seen: Seen) -> Review:
        """Write an answer; of: survey, object and alert; seen: that alert alone."""
        self.learn()
        review = Review(
            self.user,
            self._register.next_version(self.user),
            *of,
            answer,
            self._sha256,
            float(seen.rarity[0]),
            tuple(seen.leaves[0].tolist()),
            tuple(round(one, 6) for one in seen.vector[0].tolist()),
            self._by,
            time.time(),
        )
        self._control.write(review.key, review.encode())
        self.learn()
        return review

    def take_back(self) -> Review | None:
        """The newest answer stands no more; None where there is none."""
        if not self.answers:
            return None
        review = self.answers[-1]
        wanted = Change(State.REMOVED, Cause.ASKED, "taken back", self._by, time.time())
        status = self._register.changed(review, wanted)
        self._control.write(status.key, status.encode())
        self.learn()
        return review

    def learn(self) -> None:
        """What was said meanwhile, elsewhere too. Raises KafkaUnavailable."""
        self._register = self._register.after(records_of(self._control.present()))
