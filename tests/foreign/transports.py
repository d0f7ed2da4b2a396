"""The Kafka clients that others wrote, each as a command from a topic to frames of all it read."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from tests.foreign import tools
from tests.foreign.night import Morning, Place, digest

READ_S_MAX = 240.0


Read = Callable[[Morning, str, str], bytes]
"""Frames (see readers/frames.py) of all that a client reads of a topic, at an isolation level."""


def frame(partition: int, offset: int, key: bytes, value: bytes) -> bytes:
    """A message, as readers/frames.py writes it."""
    head = struct.pack(">iqi", partition, offset, len(key))
    return b"".join((head, key, struct.pack(">i", len(value)), value))


def unframed(frames: bytes) -> Iterator[tuple[Place, bytes, bytes]]:
    """Each message's place, key and value."""
    at = 0
    while at < len(frames):
        partition, offset, key_bytes = struct.unpack_from(">iqi", frames, at)
        key = frames[at + 16 : at + 16 + key_bytes]
        at += 16 + key_bytes
        (value_bytes,) = struct.unpack_from(">i", frames, at)
        value = frames[at + 4 : at + 4 + value_bytes]
        at += 4 + value_bytes
        yield Place(partition, offset), key, value


def digests(frames: bytes) -> dict[Place, str]:
    """Of each message, as `Morning` has them."""
    return {place: digest(key, value) for place, key, value in unframed(frames)}


def _output(command: list[str]) -> bytes:
    done = subprocess.run(command, capture_output=True, timeout=READ_S_MAX, check=False)
    assert done.returncode == 0, f"{command[:3]}: {done.stderr.decode()[-2000:]}"
    return done.stdout


def _asked(morning: Morning, topic: str, isolation: str) -> list[str]:
    return [morning.bootstrap, topic, isolation, morning.lasts(topic)]


def _python(program: str) -> Read:
    def read(morning: Morning, topic: str, isolation: str) -> bytes:
        python = tools.environment("readers") / "python"
        program_path = str(tools.READERS / program)
        return _output([str(python), program_path, *_asked(morning, topic, isolation)])

    return read


def _kafkajs(morning: Morning, topic: str, isolation: str) -> bytes:
    packages = f"NODE_PATH={tools.javascript()}"
    command = ["env", packages, "node", str(tools.READERS / "kafkajs_transport.js")]
    return _output(command + _asked(morning, topic, isolation))


def _franz_go(morning: Morning, topic: str, isolation: str) -> bytes:
    command = [str(tools.go_program()), "transport"]
    return _output(command + _asked(morning, topic, isolation))


def _kcat(morning: Morning, topic: str, isolation: str) -> bytes:
    tools.need("kcat")
    asked = [] if isolation == "default" else ["-X", f"isolation.level={isolation}"]
    command = ["kcat", "-C", "-q", "-e", "-o", "beginning", "-b", morning.bootstrap, "-t", topic]
    # Lengths first, then key and value as they are.
    printed = _output([*command, *asked, "-D", "", "-f", "%p %o %K %S\n%k%s"])
    frames, at = [], 0
    while at < len(printed):
        end = printed.index(b"\n", at)
        partition, offset, key_bytes, value_bytes = map(int, printed[at:end].split())
        key_end, at = end + 1 + key_bytes, end + 1 + key_bytes + value_bytes
        frames.append(frame(partition, offset, printed[end + 1 : key_end], printed[key_end:at]))
    return b"".join(frames)


def _console_consumer(morning: Morning, topic: str, isolation: str) -> bytes:
    between, after = f"<{uuid4().hex}>".encode(), f"<{uuid4().hex}>".encode()
    properties = {
        "print.partition": "true",
        "print.offset": "true",
        "print.key": "true",
        "key.separator": between.decode(),
        "line.separator": after.decode(),
    }
    told = [f"{name}={value}" for name, value in properties.items()]
    asked = [] if isolation == "default" else ["--isolation-level", isolation]
    known = morning.committed if isolation == "read_committed" else morning.everything
    printed = _output(
        [
            *_java_tool("ConsoleConsumer", morning, topic),
            "--from-beginning",
            *asked,
            "--max-messages",
            str(len(known[topic])),
            *(part for each in told for part in ("--formatter-property", each)),
        ]
    )
    frames = []
    for message in printed.split(after)[:-1]:
        partition, offset, key, value = message.split(between)
        place = Place(_number(partition), _number(offset))
        frames.append(frame(*place, key, value))
    return b"".join(frames)


def _number(text: bytes) -> int:
    """Of "Partition:1"."""
    return int(text.rpartition(b":")[2])


def verifiable_consumer(morning: Morning, topic: str, isolation: str, folder: Path) -> set[Place]:
    """Where the messages lie that Kafka's own test consumer reads; it has values as text alone."""
    config = folder / f"{topic}.properties"
    config.write_text("" if isolation == "default" else f"isolation.level={isolation}\n")
    known = morning.committed if isolation == "read_committed" else morning.everything
    group = ["--group-id", uuid4().hex, "--max-messages", str(len(known[topic])), "--verbose"]
    reset = ["--reset-policy", "earliest", "--command-config", str(config)]
    printed = _output([*_java_tool("VerifiableConsumer", morning, topic), *group, *reset])
    told = [json.loads(line) for line in printed.split(b"\n") if line.startswith(b"{")]
    return {
        Place(each["partition"], each["offset"]) for each in told if each["name"] == "record_data"
    }


def _java_tool(name: str, morning: Morning, topic: str) -> list[str]:
    program = f"org.apache.kafka.tools.{name}"
    if name == "ConsoleConsumer":
        program = "org.apache.kafka.tools.consumer.ConsoleConsumer"
    java = ["java", *tools.JAVA_FLAGS, "-cp", tools.java_classes(), program]
    return [*java, "--bootstrap-server", morning.bootstrap, "--topic", topic]


TRANSPORTS: dict[str, Read] = {
    "kcat": _kcat,
    "Java's console consumer": _console_consumer,
    "kafka-python": _python("kafka_python_transport.py"),
    "aiokafka": _python("aiokafka_transport.py"),
    "KafkaJS": _kafkajs,
    "franz-go": _franz_go,
}
