"""The jars of an Apache Kafka: Maven brings those that kafka-server.pom.xml names, once a version.

They stand in `.kafka/` beside the rooms.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

from broker.errors import KafkaUnavailable

POM: Final = Path(__file__).with_name("kafka-server.pom.xml")
LIBS_FOLDER: Final = Path(__file__).resolve().parents[1] / ".kafka"
VERSION: Final = "4.3.1"
"""The one that tests, benchmarks and `make kafka` start."""
HELD: Final = ("4.0.2", "4.1.2", "4.2.2", VERSION, "4.4.0")
"""Those that nights of `make chaos` are passed at: each minor release's newest, from 4.0 on."""


def fetch_jars(version: str = VERSION) -> Path:
    """The folder of the server's jars; Maven fills it the first time (47 jars, 45 MB).

    Raises KafkaUnavailable where Maven has no such version.
    """
    named_for = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    libs = LIBS_FOLDER / f"libs-{version}-{named_for}"
    LIBS_FOLDER.mkdir(exist_ok=True)
    with (LIBS_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libs.is_dir():
            _copy_dependencies(version, libs)
    return libs


def _copy_dependencies(version: str, libs: Path) -> None:
    # Into a folder beside it first: a fetch that was cut off must not look like a whole one.
    partial = libs.with_name(f"{libs.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = ["mvn", "-B", "-q", "-f", str(POM), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, f"-Dkafka.version={version}", f"-DoutputDirectory={partial}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = next((line for line in done.stdout.splitlines() if "ERROR" in line), "no reason")
        raise KafkaUnavailable(
            f"Maven could not bring the jars of Kafka {version}: {reason.strip()}"
        )
    partial.rename(libs)
