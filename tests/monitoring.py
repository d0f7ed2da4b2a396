"""A real Prometheus and a real Alertmanager, and who is told of alerts."""

from __future__ import annotations

import json
import math
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

from tests.broker.test_metrics import free_port, needs

GRAFANA = Path(__file__).resolve().parents[1] / "deploy" / "grafana"
CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: {rules}
scrape_configs:
  - job_name: gueststar
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
alerting:
  alertmanagers:
    - static_configs: [{{targets: {managers}}}]
"""
ROUTE = """
route: {{receiver: ours, group_by: [alertname], group_wait: 100ms, group_interval: 1s}}
receivers:
  - name: ours
    webhook_configs: [{{url: '{url}', send_resolved: true}}]
"""


@contextmanager
def _served(program: str, config: Path, storage: str, *more: str) -> Iterator[str]:
    """One of Prometheus' programs: where it listens, host and port."""
    place = f"127.0.0.1:{free_port()}"
    options = {
        "config.file": config,
        storage: config.parent / f"{config.stem}.data",
        "web.listen-address": place,
    }
    process = subprocess.Popen(
        [needs(program), *(f"--{name}={value}" for name, value in options.items()), *more],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield place
    finally:
        process.kill()
        process.wait()


@contextmanager
def prometheus_of(
    folder: Path, port: int, *, rules: Path | None = None, manager: str | None = None
) -> Iterator[str]:
    """One that scrapes that port five times a second: its address.

    rules: its file of rules. manager: the Alertmanager that it tells of alerts.
    """
    config = folder / "prometheus.yml"
    named = [str(each) for each in (rules,) if each is not None]
    config.write_text(CONFIG.format(port=port, rules=named, managers=[manager] if manager else []))
    with _served("prometheus", config, "storage.tsdb.path") as place:
        yield f"http://{place}"


@contextmanager
def alertmanager_of(folder: Path, receiver: str) -> Iterator[str]:
    """One that tells an address of alerts: where it listens."""
    config = folder / "alertmanager.yml"
    config.write_text(ROUTE.format(url=receiver))
    with _served(
        "prometheus-alertmanager", config, "storage.path", "--cluster.listen-address="
    ) as place:
        yield place


class Receiver:
    """Who is told of alerts by Alertmanager."""

    def __init__(self, url: str, told: list[dict[str, Any]]) -> None:
        self.url = url
        self._told = told

    def has(self, alert: str, status: str) -> bool:
        """Whether it was told that the alert is "firing", or "resolved"."""
        return any(
            each["status"] == status and each["labels"]["alertname"] == alert for each in self._told
        )

    @property
    def names(self) -> set[str]:
        """Of what it was told."""
        return {each["labels"]["alertname"] for each in self._told}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver at its work."""
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Receiver(f"http://127.0.0.1:{server.server_port}/", told)
        finally:
            server.shutdown()
            thread.join()


def asked(address: str, query: str, *, patience_s: float = 30) -> dict[str, float]:
    """What Prometheus answers to a query, by the first label's value, once it has an answer."""
    found = answered(address, query, patience_s=patience_s)
    return {next(iter(labels.values()), ""): value for labels, value in found}


def answered(
    address: str, query: str, *, patience_s: float = 30
) -> list[tuple[dict[str, str], float]]:
    """The same as series, each its labels and its number."""
    deadline_s = time.monotonic() + patience_s
    while time.monotonic() < deadline_s:
        try:
            with urlopen(f"{address}/api/v1/query?query={quote(query)}") as answer:
                found: list[Any] = json.load(answer)["data"]["result"]
        except OSError:
            found = []
        if found:
            return [(one["metric"], float(one["value"][1])) for one in found]
        time.sleep(0.1)
    raise AssertionError(f"Prometheus had no answer to {query} within {patience_s} s")


def check_dashboard(address: str, dashboard: str) -> None:
    """Each panel of one of deploy/grafana has numbers to draw, and what its legends name."""
    panels = json.loads((GRAFANA / dashboard).read_text())["panels"]
    targets = [target for panel in panels for target in panel["targets"]]
    assert len(targets) > len(panels) > 1
    for target in targets:
        series = answered(address, target["expr"])
        named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        assert all(named <= labels.keys() for labels, _ in series), target
        assert not any(math.isnan(value) for _, value in series), target
