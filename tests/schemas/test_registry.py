"""The registry client against a server of the protocol, over HTTP."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.kafka_settings import TopicsSection
from broker.schema_sources import schema_source
from broker.settings import SchemasSection, Settings
from gueststar import replay_command, subscription
from kafka_node.listeners import Certificates, make_certificates
from schemas.errors import RegistryError
from schemas.registry import UNKNOWN_KEPT_S, RegistrySchemas
from tests.schemas.registry_server import RegistryServer, serving

SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "alert",
        "namespace": "lsst.v10_1",
        "fields": [{"name": "diaSourceId", "type": "long"}],
    }
)
QUICK = {"timeout": 2, "max.retries": 2, "retries.wait.ms": 1}


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with serving() as server:
        yield server


def test_a_schema_is_found_by_its_id_with_no_version_known_to_the_code(
    registry: RegistryServer,
) -> None:
    registry.schemas[1001] = SCHEMA
    schema = RegistrySchemas({"url": registry.url}).find(1001)
    assert schema is not None
    assert (schema.name, schema.registry_id) == ("lsst.v10_1.alert", 1001)


def test_an_unknown_id_is_none_and_is_asked_for_again_after_a_while(
    registry: RegistryServer,
) -> None:
    now_s = 0.0
    schemas = RegistrySchemas({"url": registry.url}, monotonic_s=lambda: now_s)
    assert [schemas.find(7), schemas.find(7)] == [None, None]
    assert len(registry.requests) == 1
    registry.schemas[7] = SCHEMA
    now_s += UNKNOWN_KEPT_S + 1
    assert schemas.find(7) is not None


def test_what_is_no_record_schema_is_none(registry: RegistryServer) -> None:
    registry.schemas[8] = '"string"'
    assert RegistrySchemas({"url": registry.url}).find(8) is None


def test_a_registry_that_is_starting_is_asked_again(registry: RegistryServer) -> None:
    registry.schemas[9] = SCHEMA
    registry.failures_left = 2
    assert RegistrySchemas({"url": registry.url, **QUICK}).find(9) is not None


def test_a_registry_that_does_not_answer_is_named_with_the_remedy() -> None:
    with serving() as gone:
        url = gone.url
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:\d+ does not answer.*check that it"):
        RegistrySchemas({"url": url, **QUICK}).find(1)


def test_an_error_of_the_registry_is_no_unknown_schema(registry: RegistryServer) -> None:
    registry.failures_left = 99
    with pytest.raises(RegistryError, match=r"schema id 1.*starting"):
        RegistrySchemas({"url": registry.url, **QUICK}).find(1)


def test_credentials_are_sent_and_their_absence_is_named(registry: RegistryServer) -> None:
    registry.schemas[1] = SCHEMA
    registry.user_info = "reader:secret"
    login = {"basic.auth.user.info": "reader:secret"}
    assert RegistrySchemas({"url": registry.url, **login}).find(1) is not None
    with pytest.raises(RegistryError, match="give the registry's user and password"):
        RegistrySchemas({"url": registry.url}).find(1)


def test_a_password_within_the_address_is_not_shown() -> None:
    schemas = RegistrySchemas({"url": "http://reader:secret@127.0.0.1:1", **QUICK})
    with pytest.raises(RegistryError) as caught:
        schemas.find(1)
    assert "secret" not in str(caught.value)


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(RegistryError, match=r"ssl\.keys"):
        RegistrySchemas({"url": "http://127.0.0.1:1", "ssl.keys": "x"})


def test_our_schema_is_registered_once(registry: RegistryServer) -> None:
    schemas = RegistrySchemas({"url": registry.url})
    ids = {schemas.register("lsst.v10_1.alert_gueststar", SCHEMA) for _ in range(3)}
    assert ids == {1}
    assert registry.requests == ["POST /subjects/lsst.v10_1.alert_gueststar/versions"]


def test_a_conflict_with_a_worker_that_registers_the_same_is_no_error(
    registry: RegistryServer,
) -> None:
    registry.refusal, registry.refusals_left = (409, "already exists"), 1
    assert RegistrySchemas({"url": registry.url}).register("ours", SCHEMA) == 1


def test_a_refused_schema_is_an_error_with_the_remedy(registry: RegistryServer) -> None:
    registry.refusal = (409, "incompatible")
    with pytest.raises(RegistryError, match=r"register ours.*incompatible.*to NONE"):
        RegistrySchemas({"url": registry.url}).register("ours", SCHEMA)


def test_compatibility_levels_are_told_of_the_registry_and_of_our_subjects(
    registry: RegistryServer,
) -> None:
    for subject in ("lsst.v10_1.alert", "lsst.v10_1.alert_gueststar", "ztf.alert_gueststar"):
        registry.registered(subject, SCHEMA)
    registry.levels["ztf.alert_gueststar"] = "NONE"
    default, subjects = RegistrySchemas({"url": registry.url}).levels("_gueststar")
    assert default == "BACKWARD"
    assert subjects == {"lsst.v10_1.alert_gueststar": "BACKWARD", "ztf.alert_gueststar": "NONE"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of a CA that nobody else knows."""
    if shutil.which("openssl") is None:
        pytest.skip("certificates need openssl: apt install it first")
    return make_certificates(tmp_path_factory.mktemp("ca"))


def test_over_tls_a_registry_of_a_ca_of_ones_own_is_asked_with_user_and_password(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"basic.auth.user.info": "reader:secret", "ssl.ca.location": str(certificates.ca)}
    with serving(certificates.server) as registry:
        registry.user_info, registry.schemas[1] = "reader:secret", SCHEMA
        section = SchemasSection(registry={"url": registry.url, **login})
        source = schema_source(Settings(TopicsSection(input=("rubin",)), schemas=section))
        assert source is not None and source.find(1) is not None
        for name, value in login.items():
            monkeypatch.setenv(f"GUESTSTAR_REGISTRY_{name.upper().replace('.', '_')}", value)
        assert replay_command.registered(registry.url) == 1
        reader = subscription.registered(registry.url)
        assert reader is not None and reader.find(1) is not None


def test_a_registry_of_another_ca_is_refused_in_a_line_that_names_the_setting(
    certificates: Certificates, tmp_path: Path
) -> None:
    another = make_certificates(tmp_path)
    with serving(certificates.server) as registry:
        for settings in ({}, {"ssl.ca.location": str(another.ca)}):
            with pytest.raises(RegistryError, match=r"is not trusted.*ssl\.ca\.loc") as raised:
                RegistrySchemas({"url": registry.url, **QUICK, **settings}).find(1)
            assert "\n" not in str(raised.value)
        assert registry.requests == []


def test_a_ca_that_cannot_be_read_is_named_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("none.pem", "empty.pem"):
        settings = {"url": "https://there:1", "ssl.ca.location": str(tmp_path / name)}
        with pytest.raises(RegistryError, match=rf"ssl\.ca\.location = '.*{name}'"):
            RegistrySchemas(settings)
