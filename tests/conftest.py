"""What every room's tests share: the real data's folder, and a real Kafka."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kafka_node.listeners import GUARDED, User
from kafka_node.node import KafkaNode, missing_packages
from schemas import secrets
from tests.guarded import Guarded
from tests.seeds import SEED, run_seed

pytest.register_assert_rewrite(
    "tests.broker.behaviours",
    "tests.broker.control_topic_behaviours",
    "tests.broker.history_behaviours",
    "tests.broker.life_behaviours",
    "tests.broker.member_behaviours",
)

# How long an example takes says nothing on a machine that others use, too.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Tests stop members and producers for longer than their time-outs; these let them be short.
# Not for a node that is killed under transactions that may time out meanwhile: a restarted Kafka
# which looks for such ones before it leads its partitions again ends them without markers, and
# readers stand behind them for ever. The default, every 10 s, comes after that.
QUICK_KAFKA = {
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
}


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say what is drawn by, at once: a run that is cut short says nothing at its end."""
    seed, told = run_seed(), session.config.pluginmanager.get_plugin("terminalreporter")
    if told is not None:
        told.write_line(f"{SEED}={seed}")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real alerts' folder; skips where GUESTSTAR_DATA does not name one."""
    named = os.environ.get("GUESTSTAR_DATA", "")
    if not named or not Path(named).is_dir():
        pytest.skip("GUESTSTAR_DATA names no folder of real alerts")
    return Path(named)


@pytest.fixture(autouse=True, scope="module")
def own_secrets() -> Iterator[None]:
    """What one module's tests call secret may be read in those of the next."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(secrets, "_kept", set())
        yield


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaNode]:
    """A real Kafka of one node; skips where Java or Maven is absent, but fails with CI=true."""
    require_kafka()
    with KafkaNode(settings=QUICK_KAFKA) as node:
        yield node


@pytest.fixture(scope="session")
def guarded() -> Iterator[Guarded]:
    """A Kafka whose one user, by password and over TLS, may do what is granted; skips, too."""
    require_kafka()
    user = User("ada", "secret-of-ada")
    with KafkaNode(settings={**QUICK_KAFKA, **GUARDED}, user=user, tls=True) as node:
        yield Guarded(node, user)


def require_kafka() -> None:
    """Skip where Java or Maven is absent, but fail with CI=true."""
    if without := missing_kafka():
        if os.environ.get("CI") == "true":
            pytest.fail(without)
        pytest.skip(without)


def missing_kafka() -> str:
    """What to install before the tests that need a real Kafka run; empty where all is here."""
    absent = missing_packages()
    return f"a real Kafka needs {' and '.join(absent)} (Debian packages)" if absent else ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line that the tests against a real Kafka did not run, and why."""
    without = missing_kafka()
    if without and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line(f"skipped what needs a real Kafka: {without}")
