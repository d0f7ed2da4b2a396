"""Clients of Kafka and readers of Avro that others wrote see what the ledger counts, no more.

FOREIGN=rewrite writes the tables into docs/subscribing.md; else they are compared with it.
"""

from __future__ import annotations

import pytest

from broker.alerts.counts import filter_sums
from broker.balance import Seen, balance
from broker.ledger import read_entry
from tests.chaos.proof import messages
from tests.foreign import matrix as tables
from tests.foreign.avro_readers import AVRO_READERS
from tests.foreign.matrix import (
    ABORTED,
    AT_ONCE,
    AT_TIMES,
    BY_DEFAULT,
    COMMITTED,
    ERRING,
    NOT_RUN,
    SAME,
    SAME_PLACES,
    VERIFIABLE,
    Matrix,
)
from tests.foreign.night import LEDGER, TOPICS, Morning
from tests.foreign.transports import TRANSPORTS

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(1_800)]

DEFAULTS = {
    "kcat": COMMITTED,
    "Java's console consumer": ABORTED,
    VERIFIABLE: ABORTED,
    "kafka-python": ABORTED,
    "aiokafka": ABORTED,
    "KafkaJS": AT_TIMES,
    "franz-go": ABORTED,
}
"""What each client shows that was not told of transactions."""
ONE_MORE = "1 of 1, and 1 others"


@pytest.fixture(scope="module")
def matrix(morning: Morning, tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    """All of them, run once."""
    return tables.fill(morning, tmp_path_factory.mktemp("matrix"))


def ran(cell: str) -> str:
    """What a cell says; skips where its client's runtime is absent."""
    if cell.startswith(NOT_RUN):
        pytest.skip(cell)
    return cell


def test_the_night_left_records_that_were_never_published(morning: Morning) -> None:
    for topic, committed in morning.committed.items():
        assert committed.items() < morning.everything[topic].items()


def test_the_ledger_counts_what_is_committed(morning: Morning) -> None:
    entries = [read_entry(value) for _, value in messages(morning.bootstrap, LEDGER)]
    books = balance(entries, lambda partition, gaps: Seen([]), filter_sums)
    assert not books.imbalances
    sent = morning.surveys.total()
    assert books.consumed == books.published == sent
    assert {len(morning.committed[topic]) for topic in TOPICS.values()} == {sent}


@pytest.mark.parametrize("framing", TOPICS)
@pytest.mark.parametrize("client", [*TRANSPORTS, VERIFIABLE])
def test_a_client_sees_every_committed_message_and_no_other(
    matrix: Matrix, client: str, framing: str
) -> None:
    expected = SAME_PLACES if client == VERIFIABLE else AT_TIMES if client in ERRING else SAME
    assert ran(matrix.transports[client, framing]) == expected


@pytest.mark.parametrize("client", [*TRANSPORTS, VERIFIABLE])
def test_a_client_passes_over_two_transactions_that_cross(matrix: Matrix, client: str) -> None:
    expected = SAME_PLACES if client == VERIFIABLE else ONE_MORE if client in ERRING else SAME
    assert ran(matrix.transports[client, AT_ONCE]) == expected


@pytest.mark.parametrize("client", DEFAULTS)
def test_what_a_client_shows_by_default_is_known(matrix: Matrix, client: str) -> None:
    assert ran(matrix.transports[client, BY_DEFAULT]) == DEFAULTS[client]


@pytest.mark.parametrize("framing", TOPICS)
@pytest.mark.parametrize("reader", AVRO_READERS)
def test_a_reader_gives_back_every_survey_record_byte_for_byte(
    matrix: Matrix, reader: str, framing: str
) -> None:
    assert ran(matrix.avro_readers[reader, framing]) == SAME


def test_the_page_shows_the_matrix(matrix: Matrix) -> None:
    for cell in (*matrix.transports.values(), *matrix.avro_readers.values()):
        ran(cell)
    tables.compare(tables.rendered(matrix))
