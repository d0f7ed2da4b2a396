"""What a simulated night's seed decides: its world, its faults, and all that is done in it.

A stranger's new happening is one more draw here and one more branch where nights do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from broker.errors import (
    KafkaUnavailable,
    MemberFenced,
    OutputTooLarge,
    ProducerFenced,
    TransactionAborted,
)
from broker.memory import Fault
from broker.memory.faults import Call
from broker.observer import Phase
from schemas.errors import BrokerError
from tests.broker.test_remade import CHANGES, INPUTS
from tests.broker.world import WORKING

Action = tuple[str | int | float | Phase, ...]
"""What is done, then to whom or how."""

WORKERS: Final = ("one", "two", "three")
TWO: Final = WORKERS[:2]
"""Those of nights whose topics come and go."""
KINDS: Final = ("one Kafka", "beside the loop", "elsewhere", "topics come and go", "lake")
"""Of nights: the survey's topic in ours, the same with transactions carried out beside the loop,
in a Kafka of its own, topics that change, and ours with the lake's writer behind the workers."""
OFTEN: Final = (5, 5, 5, 4, 1)
"""How often each: one with a lake takes as long as ten others."""
JOBS: Final = ("alerts", "shared", "words")
PUBLISHING: Final = ("at once", "at the end", "at release")
SENDS: Final = ("good", "bad", "large", "huge")
ACTIONS: Final = (10, 60)
FAULTS_MAX: Final = 8

ABORTING: Final = (TransactionAborted, ProducerFenced, KafkaUnavailable)
ERRORS: Final[dict[Call, tuple[type[BrokerError], ...]]] = {
    "poll": (KafkaUnavailable, MemberFenced),
    "rebuild": (KafkaUnavailable,),
    "begin": ABORTING,
    "produce": (*ABORTING, OutputTooLarge),
    "send_offsets": ABORTING,
    "commit": ABORTING,
    "abort": ABORTING,
}
"""What may strike which call."""


@dataclass(frozen=True)
class Script:
    """A night, as data: what fails can be made smaller, and printed."""

    kind: str
    job: str
    publishing: str
    session_s: float
    faults: tuple[Fault, ...]
    actions: tuple[Action, ...]

    def smaller(self) -> Iterator[Script]:
        """This night without one of its faults or some of its actions, most at once first."""
        for at in range(len(self.faults)):
            yield replace(self, faults=self.faults[:at] + self.faults[at + 1 :])
        width = len(self.actions)
        while width := width // 2:
            for at in range(0, len(self.actions), width):
                yield replace(self, actions=self.actions[:at] + self.actions[at + width :])


def drawn(seed: int) -> Script:
    """The night of a seed."""
    rng = Random(seed)
    (kind,) = rng.choices(KINDS, OFTEN)
    acts = ACTS[kind]
    weights = [weight for weight, _ in acts]
    chosen = rng.choices([act for _, act in acts], weights, k=rng.randint(*ACTIONS))
    return Script(
        kind,
        "lake" if kind == "lake" else rng.choice(JOBS[:2] if kind == "beside the loop" else JOBS),
        rng.choice(PUBLISHING) if kind == "beside the loop" else "",
        rng.choice((5.0, 20.0)),
        tuple(_fault(rng) for _ in range(rng.randint(0, FAULTS_MAX))),
        tuple(act(rng) for act in chosen),
    )


def _fault(rng: Random) -> Fault:
    """A call that fails, or a commit that was carried out and whose answer was lost.

    Kafka never answers such a commit with an abort. A poll is a worker's own, at the survey's
    topic or at its positions, as whoever looks on polls, too.
    """
    nth, worker = rng.randint(1, 12), rng.choice(WORKERS)
    if rng.random() < 0.25:
        lost = rng.choice((ProducerFenced, KafkaUnavailable))
        return Fault("commit", nth, lost, applied=True)
    at = rng.choice(tuple(ERRORS))
    client = rng.choice((worker, f"g-{worker}")) if at == "poll" else None
    return Fault(at, nth, rng.choice(ERRORS[at]), client)


Draw = Callable[[Random], Action]


def _meeting(what: str, workers: tuple[str, ...] = WORKERS) -> Draw:
    """What happens to a worker as it next enters a phase."""
    return lambda rng: (what, rng.choice(workers), rng.choice(WORKING))


def _step(workers: tuple[str, ...]) -> Draw:
    return lambda rng: ("step", rng.choice(workers))


def _wait(rng: Random) -> Action:
    return "wait", rng.choice((1.0, 12.0, 40.0))


def _change(rng: Random) -> Action:
    """A topic changes, between two turns or as a worker enters a phase."""
    changed = rng.choice(CHANGES).__name__, rng.choice(INPUTS), rng.randint(1, 3)
    meets = (rng.choice(TWO), rng.choice(WORKING)) if rng.random() < 0.5 else ()
    return "change", *changed, *meets


PLAIN: Final[tuple[tuple[int, Draw], ...]] = (
    (8, _step(WORKERS)),
    (2, _meeting("kill")),
    (2, _wait),
    (2, lambda rng: ("send", rng.choice(SENDS))),
    (2, _meeting("stop")),
    (2, _meeting("namesake")),
    (1, lambda _: ("forget",)),
    (1, lambda rng: ("limit", rng.choice((40, 200, 650)))),
    (1, lambda rng: ("grow", rng.randint(2, 4))),
)
ACTS: Final[dict[str, tuple[tuple[int, Draw], ...]]] = {
    **dict.fromkeys(KINDS[:3], PLAIN),
    "topics come and go": (
        (8, _step(TWO)),
        (2, _meeting("kill", TWO)),
        (2, _wait),
        (2, lambda rng: ("send", rng.choice(INPUTS), rng.randint(1, 12))),
        (4, _change),
    ),
    "lake": (*PLAIN, (4, lambda _: ("write",)), (3, lambda rng: ("die", rng.randint(0, 60)))),
}
"""By the kind of night: what may be done, and how often."""
