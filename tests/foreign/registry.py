"""Apicurio's registry server on a free port, which speaks the Confluent registry's protocol."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka_node.node import free_ports

START_S_MAX = 120.0
ASK_INTERVAL_S = 0.3


@contextmanager
def apicurio(program: Path, log: Path) -> Iterator[str]:
    """The address of the registry until the block ends; it forgets everything then."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    flags = [
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        f"-Dquarkus.http.port={port}",
        "-Dquarkus.http.host=127.0.0.1",
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["java", *flags, "-jar", str(program)],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait(server, url, log)
        yield url
    finally:
        server.kill()
        server.wait()


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline_s = time.monotonic() + START_S_MAX
    while True:
        try:
            urllib.request.urlopen(f"{url}/subjects", timeout=5).close()
        except (urllib.error.URLError, OSError):
            ran_out = time.monotonic() > deadline_s
            assert server.poll() is None and not ran_out, f"the registry did not start: {log}"
            time.sleep(ASK_INTERVAL_S)
        else:
            return
