"""The Avro libraries that others wrote, each as a command from frames to a line for each record."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import NamedTuple

from tests.foreign import tools
from tests.foreign.night import Place

DECODE_S_MAX = 280.0


class Decoded(NamedTuple):
    """What a reader made of one record."""

    survey: str
    """The SHA-256 of the survey's part, encoded anew by that reader."""
    filters: str
    """Those that our field names, between commas."""


class Answer(NamedTuple):
    """All that a reader made of a topic."""

    records: dict[Place, Decoded]
    refusal: str
    """The last line of what it complained of; empty where it read to the end."""


def _python(program: str) -> Callable[[], list[str]]:
    return lambda: [str(tools.environment("readers") / "python"), str(tools.READERS / program)]


def _avsc() -> list[str]:
    packages = f"NODE_PATH={tools.javascript()}"
    return ["env", packages, "node", str(tools.READERS / "avsc_reader.js")]


def _java() -> list[str]:
    return ["java", *tools.JAVA_FLAGS, "-cp", tools.java_classes(), "Decode"]


AVRO_READERS: dict[str, Callable[[], list[str]]] = {
    "fastavro": _python("fastavro_reader.py"),
    "avro (Apache, Python)": _python("apache_avro_reader.py"),
    "avro (Apache, Java)": _java,
    "avsc (JavaScript)": _avsc,
    "hamba/avro (Go)": lambda: [str(tools.go_program()), "decode"],
}


def decode(reader: str, frames: bytes, framing: str, registry: str) -> Answer:
    """What one of AVRO_READERS makes of frames."""
    done = subprocess.run(
        [*AVRO_READERS[reader](), framing, registry],
        input=frames,
        capture_output=True,
        timeout=DECODE_S_MAX,
        check=False,
    )
    complaint = done.stderr.decode().strip().split("\n")[-1] if done.returncode else ""
    records = {}
    for line in done.stdout.decode().splitlines():
        partition, offset, survey, filters = line.split(" ")
        records[Place(int(partition), int(offset))] = Decoded(survey, filters)
    return Answer(records, complaint)
