"""A real Apache Kafka of one node: what tests, benchmarks and `make kafka` start, kill and restart.

No container: Maven brings the jars that broker/kafka-server.pom.xml names, once, into `.kafka/`
beside the rooms; Java 17 runs them. `python -m broker.node` stays up in the foreground.
"""

from __future__ import annotations

import argparse
import atexit
import fcntl
import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from broker.errors import KafkaUnavailable
from broker.kafka.admin import ASK_INTERVAL_S, KafkaAdmin
from broker.kafka.connection import Connection

POM: Final = Path(__file__).with_name("kafka-server.pom.xml")
LIBS_FOLDER: Final = Path(__file__).resolve().parents[1] / ".kafka"
PACKAGES: Final = {"java": "openjdk-17-jre-headless", "mvn": "maven"}
HEAP_MB: Final = 512
START_S_MAX: Final = 90.0
STOP_S_MAX: Final = 20.0
FOREGROUND_PORT: Final = 9092

# Below Linux's range for outgoing connections (32768 and up): a client that keeps calling a
# killed node's port from within that range can be given that very port, connect to itself, and
# stand in the way of the restart.
PORTS: Final = range(20_000, 32_000)

# What one node needs to serve groups and transactions without the peers its defaults expect.
SETTINGS: Final[Mapping[str, str]] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After `kill -9` the node may not come back before its old session has ended: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # A topic is made on purpose, with the settings it needs, or reported as missing.
    "auto.create.topics.enable": "false",
}


def missing_packages() -> list[str]:
    """The Debian packages to install before a node can start; empty where all are here."""
    return [package for tool, package in PACKAGES.items() if shutil.which(tool) is None]


def free_ports(count: int) -> list[int]:
    """That many TCP ports of loopback that nobody listens on now."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().choice(PORTS)
        if port not in found and port_is_free(port):
            found.append(port)
    return found


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def fetch_jars() -> Path:
    """The folder of the server's jars; Maven fills it the first time (46 jars, 45 MB)."""
    named_for = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    libs = LIBS_FOLDER / f"libs-{named_for}"
    LIBS_FOLDER.mkdir(exist_ok=True)
    with (LIBS_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libs.is_dir():
            _copy_dependencies(libs)
    return libs


def _copy_dependencies(libs: Path) -> None:
    # Into a folder beside it first: a fetch that was cut off must not look like a whole one.
    partial = libs.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = ["mvn", "-B", "-q", "-f", str(POM), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={partial}"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = next((line for line in done.stdout.splitlines() if "ERROR" in line), "no reason")
        raise KafkaUnavailable(f"Maven could not bring Kafka's jars: {reason.strip()}")
    partial.rename(libs)


class KafkaNode:
    """One Kafka on loopback. `with KafkaNode() as node:` starts it, and leaves nothing behind.

    folder: where its data and log live; a temporary one, removed at `stop`, where None.
    port: for clients; a free one where None.
    settings: more server settings, over SETTINGS.
    Raises KafkaUnavailable where java or mvn is absent or the server does not come up.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="gueststar-kafka-"))
        free = free_ports(2)
        self.port, self._controller_port = port or free[0], free[1]
        self._settings = {**SETTINGS, **self._own_settings(), **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What clients call `bootstrap.servers`."""
        return f"127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """What the server says; look here when it does not start."""
        return self.folder / "server.log"

    @property
    def pid(self) -> int:
        """The server's process id, while it runs."""
        assert self._process is not None, "the node was not started"
        return self._process.pid

    def start(self) -> Self:
        """Format the data folder where that is new, run the server, return when it answers."""
        assert self._process is None, "the node is running"
        if absent := missing_packages():
            raise KafkaUnavailable(f"Kafka needs {' and '.join(absent)}: apt install them first")
        if not self._settings_file.exists():
            self._format()
        self._run()
        return self

    def stop(self) -> None:
        """Ask the server to end, then make sure; a temporary folder goes with it. Idempotent."""
        self._end(signal.SIGTERM)
        atexit.unregister(self.stop)
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """End it as a power cut does (SIGKILL); `restart` brings it back with its data."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Run it again, on the same ports and data; stops it first where it runs."""
        self._end(signal.SIGTERM)
        self._run()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _settings_file(self) -> Path:
        return self.folder / "server.properties"

    def _own_settings(self) -> dict[str, str]:
        controller = f"127.0.0.1:{self._controller_port}"
        return {
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "controller.quorum.bootstrap.servers": controller,
            "log.dirs": str(self.folder / "data"),
        }

    def _java(self, *arguments: str) -> list[str]:
        # Kafka logs nothing below ERROR unless told to.
        flags = [f"-Xmx{HEAP_MB}m", "-Dlog4j2.level=INFO"]
        return ["java", *flags, "-cp", f"{fetch_jars()}/*", *arguments]

    def _format(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in self._settings.items()]
        self._settings_file.write_text("".join(lines))
        cluster = uuid.uuid4().hex[:22]
        tool = self._java("kafka.tools.StorageTool", "format", "--standalone", "-t", cluster)
        with self.log_file.open("ab") as log:
            done = subprocess.run(
                [*tool, "-c", str(self._settings_file)], stdout=log, stderr=log, check=False
            )
        if done.returncode != 0:
            raise KafkaUnavailable(f"Kafka's data folder was not formatted: see {self.log_file}")

    def _run(self) -> None:
        with self.log_file.open("ab") as log:
            # A session of its own: an interrupt of the terminal reaches us, and we stop it.
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._settings_file)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        atexit.register(self.stop)
        self._wait(self._process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        admin = KafkaAdmin(Connection(self.address))
        deadline_s = time.monotonic() + START_S_MAX
        while not admin.answers():
            if process.poll() is not None or time.monotonic() > deadline_s:
                self._end(signal.SIGKILL)
                raise KafkaUnavailable(f"Kafka did not start: see {self.log_file}")
            time.sleep(ASK_INTERVAL_S)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> None:
    """Run a node in the foreground until interrupted, and print its address."""
    options = argparse.ArgumentParser(prog="python -m broker.node", description=main.__doc__)
    options.add_argument("--port", type=int, help=f"default {FOREGROUND_PORT}, or a free one")
    options.add_argument("--folder", type=Path, help="keep the data here (default: a new night)")
    chosen = options.parse_args()
    port = chosen.port or (FOREGROUND_PORT if port_is_free(FOREGROUND_PORT) else None)
    stopped = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stopped.set())
    started_s = time.monotonic()
    try:
        with KafkaNode(folder=chosen.folder, port=port) as node:
            took_s = time.monotonic() - started_s
            _say(f"Kafka answers at {node.address} after {took_s:.1f} s; log: {node.log_file}")
            stopped.wait()
    except KafkaUnavailable as reason:
        raise SystemExit(f"kafka: {reason}") from None


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main()
