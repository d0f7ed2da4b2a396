"""The jars of an Apache Kafka: Maven brings those that kafka-server.pom.xml names, once.

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


def fetch_jars() -> Path:
    """The folder of the server's jars; Maven fills it the first time (47 jars, 45 MB)."""
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
