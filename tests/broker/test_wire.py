"""Kafka's own requests over a socket: SCRAM held to RFC 7677's example, and who is not let in."""

from __future__ import annotations

import pytest

from broker.errors import KafkaUnavailable
from broker.kafka import Connection
from broker.kafka.quotas import KafkaQuotas
from broker.kafka.wire import EntryError, scram
from schemas.errors import BrokerError
from tests.broker.test_metrics import free_port
from tests.guarded import Guarded
from tests.running import until

NONCE = "rOprNGfwEbeRWgbNEkqO"
FIRST = f"r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
LAST = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="


def said(monkeypatch: pytest.MonkeyPatch, password: str, first: str = FIRST) -> list[str]:
    """What the client of RFC 7677, section 3, says."""
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: NONCE)
    told: list[str] = []
    answers = iter((first, LAST))

    def exchange(message: bytes) -> bytes:
        told.append(message.decode())
        return next(answers).encode()

    scram(exchange, "sha256", "user", password)
    return told


def test_scram_says_what_the_rfc_s_client_says(monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = said(monkeypatch, "pencil")
    assert first == f"n,,n=user,r={NONCE}"
    assert last == f"c=biws,r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p={PROOF}"


def test_a_server_that_does_not_know_the_password_or_answers_another_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(EntryError, match="does not know the password"):
        said(monkeypatch, "pen")
    with pytest.raises(EntryError, match="not for us"):
        said(monkeypatch, "pencil", FIRST.replace(NONCE, "another"))


def test_a_kafka_that_is_not_there_is_one_line() -> None:
    with pytest.raises(KafkaUnavailable, match=r"no answer from Kafka at 127.0.0.1:\d+ \("):
        KafkaQuotas(Connection(f"127.0.0.1:{free_port()}")).limits()


@pytest.mark.kafka
@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL"])
def test_who_may_is_let_in_by_each_listener_and_who_may_not_is_refused_by_name(
    guarded: Guarded, protocol: str
) -> None:
    guarded.grant([])
    client = guarded.node.client(protocol)
    quotas = KafkaQuotas(Connection(client.pop("bootstrap.servers"), security=client))
    if protocol == "PLAINTEXT":
        quotas.limit("somebody", 1000)
        until(lambda: quotas.limits() == {"somebody": 1000})
        quotas.limit("somebody", None)
        until(lambda: quotas.limits() == {})
        return
    for asked in (lambda: quotas.limit("ada", 1e9), quotas.limits):
        with pytest.raises(BrokerError, match=r"(?i)as user 'ada': .*authorization failed"):
            asked()


@pytest.mark.kafka
@pytest.mark.parametrize("changed", [{"sasl.password": "wrong"}, {"sasl.mechanism": "PLAIN"}])
def test_a_wrong_password_or_mechanism_is_one_line(
    guarded: Guarded, changed: dict[str, str]
) -> None:
    client = {**guarded.node.client("SASL_SSL"), **changed}
    place = client.pop("bootstrap.servers")
    with pytest.raises(BrokerError, match=f"Kafka at {place} does not let us in") as raised:
        KafkaQuotas(Connection(place, security=client)).limits()
    assert "\n" not in str(raised.value) and "wrong" not in str(raised.value)
