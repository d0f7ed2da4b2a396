"""docs/subscribing.md, typed block by block after the night, each client in its own environment."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.foreign import tools
from tests.foreign.matrix import PAGE, compare
from tests.foreign.night import TOPICS, Morning
from tests.pages import Block, Shell

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(1_800)]
ALERT_ID = re.compile(r"^(\d+)$", re.MULTILINE)
TOM_S_MAX, ASK_INTERVAL_S = 120.0, 0.3
PROGRAMS: dict[str, tuple[str, ...]] = {
    "python with_kafka_python.py": (),
    "python with_a_registry.py": (),
    "node with_kafkajs.js": ("node",),
    "go run with_franz_go.go": ("go",),
    'java -cp "$CLASSPATH" WithJava.java': ("javac",),
}
"""Those of the page that print what a few alerts hold, and the runtimes that they need."""
PEERS = {
    "hop": ("hop-client", "container", "without a password"),
    "tom": ("tom-alertstreams", "container", "SASL_SSL"),
    "fink": ("fink-client", "schema-in-key", "without a password"),
    "babamul": ("babamul", "container", "SASL_PLAINTEXT"),
}
"""Other brokers' clients: the package, what it reads, and by which listener."""
EVERY_ALERT = "every alert once"


class Terminal(Shell):
    """A shell for each client: a block says after `bash` whose it is; passed over where absent."""

    def type(self, block: Block) -> None:
        """See Shell."""
        if block.language == "bash" and block.what:
            with contextlib.suppress(pytest.skip.Exception):
                self.run(block._replace(what=""), self.of(block.what))
        else:
            super().type(block)

    def of(self, name: str) -> Mapping[str, str]:
        """The settings with which that client is at hand."""
        match name:
            case "javascript":
                return {"NODE_PATH": str(tools.javascript())}
            case "java":
                return {"CLASSPATH": tools.java_classes()}
            case "go":
                for each in ("go.mod", "go.sum"):
                    shutil.copy(tools.go_program().with_name(each), self.folder)
                return tools.go_settings()
        return {"PATH": f"{tools.environment(name)}:{self.environment['PATH']}"}


@pytest.fixture(scope="module")
def terminal(morning: Morning, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """The whole page, typed."""
    settings = {
        "GUESTSTAR_BOOTSTRAP": morning.bootstrap,
        "REGISTRY": morning.registry,
        "SASL": morning.listeners["SASL_PLAINTEXT"],
        "TLS": morning.listeners["SASL_SSL"],
    }
    typed = Terminal(tmp_path_factory.mktemp("subscribing"), settings)
    with typed.typing(PAGE):
        yield typed


def ids(path: Path) -> Counter[str]:
    """The alerts' ids that a program printed."""
    return Counter(ALERT_ID.findall(path.read_text()))


@pytest.fixture(scope="module")
def printed(terminal: Terminal, morning: Morning) -> dict[str, Counter[str]]:
    """The ids that each peer's client printed."""
    of = {peer: ids(terminal.folder / f"of_{peer}") for peer in PEERS if peer != "tom"}
    return of | {"tom": of_tom(terminal, morning)}


def of_tom(terminal: Terminal, morning: Morning) -> Counter[str]:
    """What a TOM's handler prints until it has every alert; a TOM listens for ever."""
    # hop trusts the public CAs of certifi alone; so does this process ours.
    trusting = 'import certifi, os\ncertifi.where = lambda: os.environ["CA"]\n'
    (terminal.folder / "sitecustomize.py").write_text(trusting)
    settings = {**terminal.of("tom"), "CA": str(morning.ca), "PYTHONPATH": str(terminal.folder)}
    log = terminal.start("django-admin readstreams --settings tom_settings", settings, deaf=True)
    deadline_s = time.monotonic() + TOM_S_MAX
    while ids(log) != morning.alert_ids and time.monotonic() < deadline_s:
        time.sleep(ASK_INTERVAL_S)
    return ids(log)


@pytest.mark.parametrize("peer", PEERS)
def test_a_peers_client_reads_every_alert(
    printed: dict[str, Counter[str]], morning: Morning, peer: str
) -> None:
    assert printed[peer] == morning.alert_ids


def test_the_page_shows_the_peers(printed: dict[str, Counter[str]], morning: Morning) -> None:
    rows = ["| client | version | framing | listener | reads |", "|---|---|---|---|---|"]
    for peer, (package, framing, listener) in PEERS.items():
        found = printed[peer] == morning.alert_ids
        reads = EVERY_ALERT if found else f"{printed[peer].total()} alerts"
        version = tools.PINS["pypi"][peer][package]
        rows.append(f"| {package} | {version} | {framing} | {listener} | {reads} |")
    compare({"peers": "\n".join(rows)})


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_prints_what_we_appended(terminal: Terminal, program: str) -> None:
    tools.need(*PROGRAMS[program])
    printed = terminal.said().split(f"$ {program}\n")[1].split("\n$ ")[0]
    assert "registered" in printed


def test_kcat_lists_and_saves(terminal: Terminal, morning: Morning) -> None:
    tools.need("kcat")
    listed = (terminal.folder / "sizes").read_text().splitlines()
    assert len(listed) == len(morning.committed[TOPICS["container"]])
    assert '"gueststar"' in (terminal.folder / "one.json").read_text()
