"""docs/subscribing.md, typed block by block after the night, each client in its own environment."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.foreign import tools
from tests.foreign.matrix import PAGE
from tests.foreign.night import TOPICS, Morning
from tests.pages import Block, Shell, blocks

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(1_800)]
ALERT_ID = re.compile(r"^(\d{9,}) ", re.MULTILINE)
PEERS = ("hop", "fink", "babamul")


class Terminal(Shell):
    """A shell for each client: a block says after `bash` whose it is."""

    def type(self, block: Block) -> None:
        """See Shell."""
        if block.language == "bash" and block.what:
            name, _, stays = block.what.partition(" ")
            settings = self._of(name)
            if stays:
                self.start(block.text, settings)
            else:
                self.run(block._replace(what=""), settings)
        else:
            super().type(block)

    def _of(self, name: str) -> Mapping[str, str]:
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
    settings = {"GUESTSTAR_BOOTSTRAP": morning.bootstrap, "REGISTRY": morning.registry}
    typed = Terminal(tmp_path_factory.mktemp("subscribing"), settings)
    try:
        for block in blocks(PAGE):
            typed.type(block)
        yield typed
    finally:
        typed.close()


def ids(path: Path) -> Counter[str]:
    """The alerts' ids that a program printed."""
    return Counter(ALERT_ID.findall(path.read_text()))


@pytest.mark.parametrize("peer", PEERS)
def test_a_peers_client_reads_every_alert(terminal: Terminal, morning: Morning, peer: str) -> None:
    assert ids(terminal.folder / f"of_{peer}") == morning.alert_ids


def test_kcat_lists_and_saves(terminal: Terminal, morning: Morning) -> None:
    listed = (terminal.folder / "sizes").read_text().splitlines()
    assert len(listed) == len(morning.committed[TOPICS["container"]])
    assert '"gueststar"' in (terminal.folder / "one.json").read_text()
