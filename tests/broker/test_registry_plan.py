"""What `gueststar check` says of the registry of our own schemas, before a worker needs it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from broker.assembly import build
from broker.kafka_settings import TopicsSection
from broker.plan import Plan, plan
from broker.settings import EnrichedSection, SchemasSection, Settings
from gueststar.logs import log_to_stderr
from schemas.registry import RegistrySchemas
from tests.broker.fakes import FakeAdmin
from tests.schemas.registry_server import RegistryServer, serving


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with serving() as server:
        yield server


def planned(url: str) -> Plan:
    settings = Settings(
        TopicsSection(input=("ztf",)),
        enriched=EnrichedSection("confluent", registry={"url": url}),
    )
    return plan(build(settings), FakeAdmin(ztf=1_048_588))


def test_the_registry_and_our_subjects_are_named_before_the_first_run(
    registry: RegistryServer,
) -> None:
    registry.level = "NONE"
    found = planned(registry.url)
    assert any(registry.url[7:] in step and "RECORD_gueststar" in step for step in found.steps)
    assert (found.problems, found.warnings) == ((), ())
    assert not any(request.startswith("POST") for request in registry.requests)


@pytest.mark.parametrize(
    ("there", "levels", "named"),
    [
        ([], {}, ["RECORD_gueststar (BACKWARD, as all"]),
        (["ztf.alert"], {}, ["RECORD_gueststar (BACKWARD, as all"]),
        (["ztf.alert_gueststar"], {}, ["ztf.alert_gueststar (BACKWARD)"]),
        (["ztf.alert_gueststar"], {"ztf.alert_gueststar": "FULL"}, ["ztf.alert_gueststar (FULL)"]),
        (["ztf.alert_gueststar"], {"ztf.alert_gueststar": "NONE"}, []),
        (["a_gueststar", "b_gueststar"], {"b_gueststar": "NONE"}, ["a_gueststar (BACKWARD)"]),
    ],
)
def test_a_level_that_may_refuse_a_survey_s_next_schema_is_named_with_the_remedy(
    registry: RegistryServer, there: list[str], levels: dict[str, str], named: list[str]
) -> None:
    for subject in there:
        registry.registered(subject, "{}")
    registry.levels = levels
    warnings = planned(registry.url).warnings
    assert len(warnings) == len(named)
    for warning, subject in zip(warnings, named, strict=True):
        assert subject in warning
        assert "set to NONE" in warning


def test_a_registry_that_does_not_answer_is_a_problem() -> None:
    with serving() as gone:
        url = gone.url
    (problem,) = planned(url).problems
    assert f"{url[7:]} does not answer" in problem


def test_where_no_framing_needs_it_a_registry_is_asked_for_the_survey_s_schemas_alone(
    registry: RegistryServer,
) -> None:
    settings = Settings(
        TopicsSection(input=("ztf",)), schemas=SchemasSection(registry={"url": registry.url})
    )
    plan(build(settings), FakeAdmin(ztf=1_048_588))
    assert registry.requests == ["GET /schemas/ids/1"]


def test_a_request_to_the_registry_is_no_line_of_a_worker_s_log(
    registry: RegistryServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log_to_stderr()
    with caplog.at_level(logging.INFO):
        assert RegistrySchemas({"url": registry.url}).find(1) is None
    assert registry.requests
    assert caplog.text == ""
