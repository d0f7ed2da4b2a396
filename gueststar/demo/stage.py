"""The demo's actors, a thread each: one sends the night, one is the broker, one reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from threading import Event

from broker.alerts.outcome import AlertOutcome
from broker.assembly import Parts, build, make_runner
from broker.clock import SystemClock
from broker.kafka import AtLeastOnceSink, Connection, KafkaSource
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.ledger import Delivery
from broker.observer import BatchReport, Observers, Phase
from broker.portal_settings import PortalSection
from broker.runner import Runner
from broker.settings import FiltersSection, Settings
from filters.sources import builtin_names
from gueststar.demo.gate import Gate
from gueststar.demo.night import Night
from gueststar.demo.tally import Tally
from gueststar.release import __version__
from gueststar.subscription import connected
from replay.pacing import steady
from replay.sender import Sent, send
from schemas.errors import BrokerError

SURVEY_TOPIC = "survey"
WORKER = "demo"
TICK_S = 0.2

# The mock Kafka accepts transactions but hides nothing, so the mode is said to be what it is.
DELIVERY = Delivery.AT_LEAST_ONCE


def demo_settings() -> Settings:
    """Every built-in filter, reading the demo's survey."""
    return Settings(
        topics=TopicsSection(input=(SURVEY_TOPIC,)),
        kafka=KafkaSection(delivery=DELIVERY),
        filters=FiltersSection(builtin=tuple(builtin_names())),
        portal=PortalSection(start="earliest"),
    )


def demo_parts() -> Parts:
    """The broker as it is served."""
    return build(demo_settings())


class Stage:
    """What plays a night: every alert goes through Kafka to the broker, and again to a reader."""

    def __init__(self, parts: Parts, connection: Connection, night: Night, rate: float) -> None:
        """`rate` is in alerts a second. Nobody has begun."""
        self.tally = Tally()
        self._parts = parts
        self._connection = connection
        self._night = night
        self._rate = rate
        self._gate = Gate()
        self._broker_is_ready = Event()
        self._over = Event()
        self._runner = self._broker()

    def play(self, stop: Event, tick: Callable[[], None]) -> None:
        """Play until the last alert is through or `stop` is set, with a `tick` now and then.

        Raises what the first actor who failed raised.
        """
        with ThreadPoolExecutor(thread_name_prefix="demo") as pool:
            sender, *others = (pool.submit(act) for act in (self._send, self._run, self._read))
            try:
                while not self._is_through(sender, others) and not stop.wait(TICK_S):
                    tick()
            finally:
                self._over.set()
                self._broker_is_ready.set()
                self._gate.shut()
                self._runner.stop()
        for actor in (*others, sender):
            actor.result()

    def _is_through(self, sender: Future[None], others: list[Future[None]]) -> bool:
        """All alerts have come through, or somebody gave up."""
        if any(other.done() for other in others):
            return True
        return sender.done() and (self._gate.is_empty or sender.exception() is not None)

    def _send(self) -> None:
        """The survey; it waits for the broker, so that latencies are those of a running one."""
        self._broker_is_ready.wait()
        with closing(self._sink([SURVEY_TOPIC])) as sink:
            sink.rebuild()
            send(
                steady(self._gate.admitted(self._night), rate_per_s=self._rate),
                sink=sink,
                topic=SURVEY_TOPIC,
                clock=SystemClock(),
                together_max=1,
                on_sent=self._note_sent,
            )

    def _run(self) -> None:
        self._runner.run()

    def _read(self) -> None:
        enriched = self._parts.topics.enriched
        with closing(connected(self._connection, enriched, start="earliest")) as subscription:
            while not self._over.is_set():
                alerts = subscription.poll(TICK_S)
                self.tally.add(alerts)
                self._gate.leave(len(alerts))

    def _broker(self) -> Runner[AlertOutcome]:
        source = KafkaSource(
            self._connection, topics=[SURVEY_TOPIC], group="gueststar", worker=WORKER
        )
        return make_runner(
            self._parts,
            source,
            self._sink(self._parts.outputs),
            worker=WORKER,
            version=__version__,
            observer=Observers(self.tally, self),
        )

    def _sink(self, topics: Sequence[str]) -> AtLeastOnceSink:
        """A producer that does not ask for the topics' limits: the mock Kafka answers nothing."""
        return AtLeastOnceSink(self._connection, topics=topics, ask_limits=False)

    def _note_sent(self, sent: Sent) -> None:
        self.tally.sent = sent.packets

    def on_phase(self, phase: Phase) -> None:
        """The broker polls as soon as its group has it."""
        if phase is Phase.POLLING:
            self._broker_is_ready.set()

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Of no interest here: the batch comes again."""

    def on_batch(self, report: BatchReport[object]) -> None:
        """The dead reach no reader, so they are through now."""
        self._gate.leave(sum(report.entry.counts.dead.values()))
