"""docs/journey.md, typed block by block against a real Kafka and real alerts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_node.node import KafkaNode
from tests.pages import Shell

pytestmark = [pytest.mark.kafka, pytest.mark.data]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "journey.md"


@pytest.fixture(scope="module")
def shell(
    kafka: KafkaNode, data_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    """The whole page, typed."""
    night = data_folder / "ztf" / "ZwickyTransientFacility+ztfss18" / "alerts.tar.xz"
    settings = {"GUESTSTAR_BOOTSTRAP": kafka.address, "NIGHT": str(night)}
    typed = Shell(tmp_path_factory.mktemp("journey"), settings)
    with typed.typing(PAGE):
        yield typed


def test_the_page_can_be_typed(shell: Shell) -> None:
    assert "balances" in shell.said()


def test_a_misspelt_column_is_shown_where_it_stands(shell: Shell) -> None:
    assert "star_galaxy_score" in shell.said().split("$ python -m pytest")[0].split("misspelt")[-1]


def test_the_dry_run_leaves_a_page(shell: Shell) -> None:
    page = (shell.folder / "risers.html").read_text()
    assert "rising" in page
    assert "<img" in page or "<svg" in page


def test_the_filter_selects_while_the_broker_runs(shell: Shell) -> None:
    assert re.search(r"filter=?.*risers.*version", shell.said())


def test_why_names_the_clause(shell: Shell) -> None:
    assert "refused" in shell.said().split("$ gueststar subscribe gueststar.enriched")[1]


def test_the_plot_is_drawn(shell: Shell) -> None:
    assert (shell.folder / "alert.png").read_bytes().startswith(b"\x89PNG")


def test_the_broker_says_nothing_alarming(shell: Shell) -> None:
    assert "Traceback" not in (shell.folder / "log0").read_text()
