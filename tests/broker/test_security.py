"""Security settings from the environment: which are taken, which are refused, none is shown."""

from __future__ import annotations

import json
import time

import pytest
from confluent_kafka import KafkaError

from broker.errors import KafkaUnavailable, SettingsError
from broker.kafka import Connection
from broker.kafka.connection import security_of
from broker.kafka.watch import Watch
from schemas.errors import BrokerError

SET = {
    "GUESTSTAR_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "GUESTSTAR_KAFKA_SASL_USERNAME": "ada",
    "GUESTSTAR_KAFKA_SASL_PASSWORD": "secret_of_Ada",
    "GUESTSTAR_KAFKA_SSL_CA_LOCATION": "ca.pem",
    "GUESTSTAR_BOOTSTRAP": "broker:9092",
    "PATH": "anywhere",
}


def test_names_are_lower_case_with_dots_and_values_stay_as_they_are() -> None:
    assert security_of(SET) == {
        "security.protocol": "SASL_SSL",
        "sasl.username": "ada",
        "sasl.password": "secret_of_Ada",
        "ssl.ca.location": "ca.pem",
    }


def test_a_variable_that_is_no_security_setting_is_named() -> None:
    with pytest.raises(SettingsError, match=r"'group\.id' in the environment's GUESTSTAR_KAFKA_G"):
        security_of({"GUESTSTAR_KAFKA_GROUP_ID": "mine"})


def test_settings_given_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SET.items():
        monkeypatch.setenv(name, value)
    client = Connection.configured("here:1", security={"sasl.username": "grace"}).client()
    assert client["sasl.username"] == "grace"
    assert client["sasl.password"] == "secret_of_Ada"
    assert client["bootstrap.servers"] == "here:1"


def test_a_setting_given_must_be_one_of_security() -> None:
    with pytest.raises(SettingsError, match=r"'group\.id' in the settings given"):
        Connection.configured("here:1", security={"group.id": "mine"})


def test_a_kafka_that_never_let_us_in_is_not_waited_for() -> None:
    watch = Watch("here:1", 60.0)
    watch.client()["error_cb"](KafkaError(KafkaError._AUTHENTICATION, "bad password"))
    with pytest.raises(BrokerError, match=r"here:1 does not let us in \(bad password\).*GUESTSTAR"):
        watch.check()


def test_a_kafka_that_let_us_in_before_is_waited_for() -> None:
    now_s = 0.0
    watch = Watch("here:1", 60.0, monotonic_s=lambda: now_s)
    callbacks = watch.client()
    state = {
        "name": "c",
        "ts": time.monotonic() * 1e6,
        "brokers": {"b": {"state": "UP", "source": "learned"}},
    }
    callbacks["stats_cb"](json.dumps(state | {"replyq": 0, "rx_bytes": 0}))
    callbacks["error_cb"](KafkaError(KafkaError._SSL, "handshake"))
    watch.away()
    watch.check()
    now_s = 61.0
    with pytest.raises(BrokerError, match="does not let us in"):
        watch.check()


def test_an_outage_is_no_refusal() -> None:
    watch = Watch("here:1", 60.0)
    watch.client()["error_cb"](KafkaError(KafkaError._ALL_BROKERS_DOWN))
    watch.check()


def test_no_password_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUESTSTAR_KAFKA_SASL_PASSWORD", "secret_of_Ada")
    assert "secret" not in repr(Connection.configured("here:1"))


def test_an_outage_that_ended_while_nobody_listened_is_not_complained_of() -> None:
    now_s = 1_000.0
    watch = Watch("here:1", 60.0, monotonic_s=lambda: now_s)
    heard = watch.client()["stats_cb"]

    def statistics(age_s: float, state: str) -> str:
        brokers = {"b": {"state": state, "source": "learned"}}
        # Its clock of day may be any.
        times = {"ts": (time.monotonic() - age_s) * 1e6, "time": 0, "replyq": 0, "rx_bytes": 0}
        return json.dumps({"name": "c", "brokers": brokers, **times})

    heard(statistics(100, "DOWN"))
    heard(statistics(90, "DOWN"))
    watch.check_heard()
    heard(statistics(1, "UP"))
    watch.check()
    heard(statistics(0, "DOWN"))
    now_s += 61.0
    heard(statistics(0, "DOWN"))
    with pytest.raises(KafkaUnavailable, match="here:1"):
        watch.check_heard()


@pytest.mark.parametrize(
    ("sources", "up"),
    [(["configured"], 1), (["logical", "learned"], 2), (["logical"], None), ([], None)],
)
def test_a_client_that_knows_no_server_any_more_is_told_apart(
    sources: list[str], up: int | None
) -> None:
    brokers = {str(n): {"state": "UP", "source": each} for n, each in enumerate(sources)}
    told = {
        "name": "c",
        "ts": time.monotonic() * 1e6,
        "replyq": 0,
        "rx_bytes": 0,
        "brokers": brokers,
    }
    assert Watch("here:1", 60.0).hear_statistics(json.dumps(told)) == up
