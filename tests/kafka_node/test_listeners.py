"""The listeners of a secured node: its own two are over TLS, and want its own certificate."""

from __future__ import annotations

import pytest

from broker.kafka import Connection
from broker.kafka.quotas import KafkaQuotas
from broker.kafka.wire import wired
from schemas.errors import BrokerError
from tests.guarded import Guarded

pytestmark = pytest.mark.kafka

API_VERSIONS = 18


def settings(guarded: Guarded) -> dict[str, str]:
    """What the server was started with."""
    text = (guarded.node.folder / "server.properties").read_text()
    return dict(line.split("=", 1) for line in text.splitlines())


def test_no_listener_but_that_of_this_machine_is_plain_and_no_server_uses_it(
    guarded: Guarded,
) -> None:
    said = settings(guarded)
    protocols = dict(each.split(":") for each in said["listener.security.protocol.map"].split(","))
    plain = {name for name, protocol in protocols.items() if protocol == "PLAINTEXT"}
    assert plain == {"PLAINTEXT"}
    assert protocols[said["inter.broker.listener.name"]] == "SSL"
    assert protocols[said["controller.listener.names"]] == "SSL"


@pytest.mark.parametrize("which", ["INTERNAL", "CONTROLLER"])
@pytest.mark.parametrize("security", ["plain", "no certificate", "its certificate"])
def test_only_the_server_s_certificate_enters_by_a_listener_of_its_own(
    guarded: Guarded, which: str, security: str
) -> None:
    listeners = dict(each.split("://") for each in settings(guarded)["listeners"].split(","))
    folder = guarded.node.folder / "tls"
    over_tls = {"security.protocol": "SSL", "ssl.ca.location": str(folder / "ca.pem")}
    own = {f"ssl.{each}.location": str(folder / "server.pem") for each in ("certificate", "key")}
    given = {"plain": {}, "no certificate": over_tls, "its certificate": {**over_tls, **own}}
    link = Connection(listeners[which], security=given[security])
    if security != "its certificate":
        with pytest.raises(BrokerError), wired(link) as wire:
            wire.ask(API_VERSIONS, 0, b"")
        return
    with wired(link) as wire:
        assert wire.ask(API_VERSIONS, 0, b"").number("h") == 0


def test_the_server_may_all_as_itself(guarded: Guarded) -> None:
    folder = guarded.node.folder / "tls"
    own = {f"ssl.{each}.location": str(folder / "server.pem") for each in ("certificate", "key")}
    over_tls = {"security.protocol": "SSL", "ssl.ca.location": str(folder / "ca.pem")}
    KafkaQuotas(Connection(guarded.node.internal, security={**over_tls, **own})).limits()
