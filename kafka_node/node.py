"""A real Apache Kafka of one node: what tests, benchmarks and `make kafka` start, kill and restart.

No container: Java 17 runs the jars of kafka_node/jars.py. `python -m kafka_node` stays up in the
foreground. kafka_node/listeners.py has its listeners: plain, with a password, over TLS, by a proxy.
"""

from __future__ import annotations

import atexit
import fcntl
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from broker.errors import KafkaUnavailable
from broker.kafka.admin import KafkaAdmin
from broker.kafka.asking import ASK_INTERVAL_S
from broker.kafka.connection import Connection
from kafka_node.jars import VERSION, fetch_jars
from kafka_node.listeners import (
    HOST,
    PLAIN,
    User,
    client_settings,
    make_certificates,
    protocols,
)
from kafka_node.listeners import settings as listener_settings

PACKAGES: Final = {"java": "openjdk-17-jre-headless", "mvn": "maven"}
HEAP_MB: Final = 512
START_S_MAX: Final = 240.0
STOP_S_MAX: Final = 20.0
WATCH_INTERVAL_S: Final = 0.5
TOOL_S_MAX: Final = 240.0
FEATURES: Final = "org.apache.kafka.tools.FeatureCommand"
"""`kafka-features.sh`."""
BRIEF: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Of Java, where it is to be over soon."""
FOREGROUND_PORT: Final = 9092
CONTROLLER: Final = "controller.quorum.bootstrap.servers"

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
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


class KafkaNode:
    """One Kafka on loopback. `with KafkaNode() as node:` starts it, and leaves nothing behind.

    folder: where its data and log live; a temporary one, removed at `stop`, where None.
    port: for clients; a free one where None.
    settings: more server settings, over SETTINGS.
    user: also a listener that asks for this user's password (SASL_PLAINTEXT, SCRAM-SHA-512).
    tls: also a listener over TLS, by a CA made for this folder; it asks for the password, too. The
        server's own two, controller and `internal`, are over TLS then, and want its certificate.
    proxy: the address of one that forwards to `addresses[PROXIED]`, a listener of its own whose
        clients are told to come by the proxy.
    version: Apache Kafka's.
    Raises KafkaUnavailable where java or mvn is absent, the port or the folder is another
    server's, or the server does not come up.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        user: User | None = None,
        tls: bool = False,
        proxy: str | None = None,
        version: str = VERSION,
    ) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="gueststar-kafka-"))
        self.port = port or free_ports(1)[0]
        self._user, self._tls, self._proxy = user, tls, proxy
        self._version = version
        self.addresses = self._addresses()
        self.internal = f"{HOST}:{free_ports(1)[0]}"
        self._more_settings = settings or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What clients call `bootstrap.servers`, of the listener that asks for nothing."""
        return self.addresses[PLAIN]

    def client(self, protocol: str) -> dict[str, str]:
        """What a client of librdkafka needs for one of `addresses`: address and security."""
        security = client_settings(protocol, self._user, self.folder / "tls" / "ca.pem")
        return {"bootstrap.servers": self.addresses[protocol], **security}

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
        self._require_free()
        known = self._settings_file.exists()
        self._write_settings()
        if not known:
            self._format()
        self._run()
        if self._user is not None:
            KafkaAdmin(Connection(self.address)).admit(*self._user)
        return self

    def status(self) -> int | None:
        """The server's exit status where it has ended by itself, else None."""
        return None if self._process is None else self._process.poll()

    def stop(self) -> None:
        """Ask the server to end, then make sure; a temporary folder goes with it. Idempotent."""
        self._end(signal.SIGTERM)
        atexit.unregister(self.stop)
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """End it as a power cut does (SIGKILL); `restart` brings it back with its data."""
        self._end(signal.SIGKILL)

    def restart(self, version: str | None = None) -> None:
        """Run it again, on the same ports and data; stops it first where it runs.

        version: the one to go on as, where not as the last.
        """
        self._end(signal.SIGTERM)
        self._version = version or self._version
        self._run()

    def tool(self, name: str, *arguments: str) -> str:
        """What one of Kafka's own tools, a Java class, answers of this node.

        Raises KafkaUnavailable with what it says where it fails.
        """
        asked = self._java(*BRIEF, name, "--bootstrap-server", self.address, *arguments)
        done = subprocess.run(
            asked, capture_output=True, text=True, timeout=TOOL_S_MAX, check=False
        )
        if done.returncode != 0:
            raise KafkaUnavailable(f"{name}: {(done.stdout + done.stderr).strip()}")
        return done.stdout

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _settings_file(self) -> Path:
        return self.folder / "server.properties"

    def _addresses(self) -> dict[str, str]:
        """By protocol; the plain one's port, and beside it the next that are free."""
        ports = {PLAIN: self.port}
        others = protocols(self._user, tls=self._tls, proxied=self._proxy is not None)
        for nth, protocol in enumerate(others, 1):
            near = self.port + nth
            ports[protocol] = near if port_is_free(near) else free_ports(1)[0]
        return {protocol: f"{HOST}:{port}" for protocol, port in ports.items()}

    def _write_settings(self) -> None:
        made = make_certificates(self.folder / "tls") if self._tls else None
        settings = {
            **SETTINGS,
            **listener_settings(
                self.addresses, self._controller(), made, self._proxy, self.internal
            ),
            "log.dirs": str(self.folder / "data"),
            **self._more_settings,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        self._settings_file.write_text("".join(lines))

    def _controller(self) -> str:
        """Its own address as controller, which a folder was formatted for."""
        if self._settings_file.exists():
            for line in self._settings_file.read_text().splitlines():
                if line.startswith(f"{CONTROLLER}="):
                    return line.partition("=")[2]
        return f"{HOST}:{free_ports(1)[0]}"

    def _require_free(self) -> None:
        """Raises KafkaUnavailable where another server has the port or the folder."""
        if not port_is_free(self.port):
            raise KafkaUnavailable(
                f"port {self.port} is in use; stop who uses it, or choose another with --port"
            )
        lock = self.folder / "data" / ".lock"
        if lock.exists() and _is_locked(lock):
            raise KafkaUnavailable(
                f"another Kafka runs on {self.folder}; stop it, or choose another with --folder"
            )

    def _java(self, *arguments: str) -> list[str]:
        jars = f"{fetch_jars(self._version)}/*"
        return ["java", f"-Xmx{HEAP_MB}m", "-cp", jars, *arguments]

    def _format(self) -> None:
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
                # Kafka logs nothing below ERROR unless told to.
                self._java("-Dlog4j2.level=INFO", "kafka.Kafka", str(self._settings_file)),
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
        while process.poll() is not None or not admin.answers():
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


def _is_locked(file: Path) -> bool:
    """Whether another process holds Kafka's lock of a data folder."""
    with file.open("r+b") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
