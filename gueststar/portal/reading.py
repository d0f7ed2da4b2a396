"""The threads that read Kafka for the portal, in groups of their own that commit nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from threading import Event, Thread

from broker.deployments.lists import Lists
from broker.deployments.register import Register
from broker.ports import Message, Source
from gueststar.ending import POLL_BYTES_MAX, POLL_MESSAGES_MAX
from gueststar.portal.judges import Judges
from gueststar.portal.night import Night
from gueststar.subscription import Subscription
from schemas.errors import GueststarError

LOG = logging.getLogger("gueststar.portal")

POLL_S = 0.2
"""How long one poll waits for a first message: how late a stop is heard."""
REGISTER_S = 15.0
"""Between two looks at what is deployed."""
AGAIN_S = 5.0
"""After a fault, Kafka is tried again so much later."""


def follow_stream(open_: Callable[[], Subscription], night: Night, stopped: Event) -> None:
    """Have a night take what comes until `stopped`; a fault is told, and it begins again."""

    def follow() -> None:
        with closing(open_()) as subscription:
            while not stopped.is_set():
                night.add(subscription.arrive(POLL_S))
                night.fault, night.lag = "", subscription.lag()

    _again_and_again(follow, lambda said: setattr(night, "fault", said), stopped)


def follow_topic(
    open_: Callable[[], Source], take: Callable[[list[Message]], None], stopped: Event
) -> None:
    """Have a topic's messages taken, a poll's at once; a fault is logged, and it begins again."""

    def follow() -> None:
        with closing(open_()) as source:
            while not stopped.is_set():
                take(
                    source.poll(
                        messages_max=POLL_MESSAGES_MAX, bytes_max=POLL_BYTES_MAX, timeout_s=POLL_S
                    )
                )

    _again_and_again(follow, lambda _: None, stopped)


def follow_filters(
    registered: Callable[[], tuple[Register, Lists]], judges: Judges, stopped: Event
) -> None:
    """Have the judges know what is deployed, again and again."""

    def follow() -> None:
        while not stopped.is_set():
            judges.take(*registered())
            stopped.wait(REGISTER_S)

    _again_and_again(follow, lambda _: None, stopped)


def _again_and_again(
    follow: Callable[[], None], tell: Callable[[str], None], stopped: Event
) -> None:
    said = ""
    while not stopped.is_set():
        try:
            follow()
        except GueststarError as error:
            if str(error) != said:
                said = str(error)
                LOG.warning("the portal tries again every %g s: %s", AGAIN_S, said)
            tell(said)
            stopped.wait(AGAIN_S)


def started(name: str, act: Callable[[], None]) -> Thread:
    """A thread that does not keep the process alive."""
    thread = Thread(target=act, name=name, daemon=True)
    thread.start()
    return thread
