"""The portal as a process: it says where it is, shows what is missing, and ends when told to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from broker.errors import SettingsError
from gueststar.portal.service import serve

CONFIG = """
[kafka]
bootstrap = "127.0.0.1:1"
[topics]
input = ["survey"]
[lake]
path = "{lake}"
[portal]
port = 0
"""
COMMAND = "import sys; from gueststar.command import main; sys.argv[0] = 'gueststar'; main()"
ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def running(config: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and its address."""
    command = [sys.executable, "-c", COMMAND, "portal", str(config)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        try:
            said = (re.search(r"the portal is at (http://\S+/)", line) for line in process.stderr)
            yield process, next(found[1] for found in said if found)
        finally:
            process.kill()


def test_without_kafka_it_shows_the_lake_and_says_what_is_missing(
    tmp_path: Path, lake_folder: Path
) -> None:
    config = tmp_path / "gueststar.toml"
    config.write_text(CONFIG.format(lake=lake_folder))
    with running(config) as (process, address):
        assert b"SN1" in urlopen(f"{address}object?id=SN1").read()
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{address}object?id=nobody")
        for _ in range(600):
            if b"no answer from Kafka at 127.0.0.1:1" in urlopen(f"{address}part/figures").read():
                break
            time.sleep(0.1)
        else:
            pytest.fail("the page does not say that Kafka is away")
        with urlopen(f"{address}api/v1/stream") as stream:
            assert stream.readline() == b"retry: 3000\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) in {0, -signal.SIGTERM}


def test_a_start_that_is_none_is_said_before_anything_begins(tmp_path: Path) -> None:
    config = tmp_path / "gueststar.toml"
    config.write_text(CONFIG.format(lake="lake") + 'start = "soon"\n')
    with pytest.raises(SettingsError, match="start 'soon' is none of"):
        serve(config)
