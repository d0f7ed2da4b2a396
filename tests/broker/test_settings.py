"""The configuration file: its defaults, its example, and what is said of a mistake in it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from broker.errors import SettingsError
from broker.kafka_settings import TopicsSection
from broker.ledger import Delivery
from broker.settings import Settings, read_settings
from broker.topic_names import prefixed

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "gueststar.toml"
SET_ON_PURPOSE = {"topics.input", "filters.builtin", "filters.files"}
"""What the example sets, since a default would say nothing; it marks them (*)."""

LEAST = '[topics]\ninput = ["alerts"]\n'


def read(folder: Path, text: str) -> Settings:
    path = folder / "gueststar.toml"
    path.write_text(text)
    return read_settings(path)


def test_the_least_that_must_be_said_is_what_to_read(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST) == Settings(TopicsSection(input=("alerts",)))


def written(value: Any) -> object:  # noqa: ANN401 - any setting
    """A default as it would stand in the file."""
    if is_dataclass(value):
        return {one.name: written(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [written(one) for one in value]
    if isinstance(value, StrEnum):
        return str(value)
    return "" if value is None else value


def keys_of(document: dict[str, Any], table: str = "") -> Iterator[tuple[str, object]]:
    for key, value in document.items():
        name = f"{table}{key}"
        if isinstance(value, dict) and value:
            yield from keys_of(value, f"{name}.")
        else:
            yield name, value


def test_the_example_lists_every_key_with_its_default() -> None:
    defaults = written(Settings(TopicsSection(input=("alerts",))))
    assert isinstance(defaults, dict)
    expected = dict(keys_of(defaults))
    found = dict(keys_of(tomllib.loads(EXAMPLE.read_text())))
    assert found.keys() == expected.keys()
    assert {key for key in found if found[key] != expected[key]} <= SET_ON_PURPOSE


def test_the_example_says_a_sentence_for_every_key() -> None:
    said = False
    for line in EXAMPLE.read_text().splitlines():
        if line.startswith("#"):
            said = True
        elif not line:
            said = False
        assert said or line.startswith("[") or not line, f"nothing is said of {line!r}"


def test_the_example_is_read() -> None:
    settings = read_settings(EXAMPLE)
    assert settings.filters.files == (EXAMPLE.parent / "filters_of_mine.py",)
    assert settings.kafka.delivery is Delivery.EXACTLY_ONCE
    assert settings.schemas.folder is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[kafka]\nbootstap = "a"',
            r"unknown key 'bootstap' in \[kafka\]; did you mean 'bootstrap'",
        ),
        ("[kafak]", r"unknown key 'kafak' in the file; did you mean 'kafka'"),
        ("[limits]\npoll_messages_max = 0", r"\[limits\] poll_messages_max = 0 is out of bounds"),
        ("[limits]\npoll_wait_s = -1", r"\[limits\] poll_wait_s = -1 is out of bounds"),
        ("[limits]\npoll_wait_s = nan", r"poll_wait_s = nan is out of bounds"),
        ("[limits]\naborts_max = true", r"aborts_max = True is not a whole number"),
        ("[limits]\naborts_max = 1.5", r"aborts_max = 1.5 is not a whole number"),
        ("[metrics]\nport = 70000", r"\[metrics\] port = 70000 is out of bounds"),
        ('[enriched]\nrescore = "no"', r"rescore = 'no' is not true or false"),
        ("[kafka]\nbootstrap = 9092", r"\[kafka\] bootstrap = 9092 is not a text"),
        ('[kafka]\nstart = "begin"', r"start = 'begin'; it is one of earliest, latest"),
        ('[kafka]\ndelivery = "once"', r"delivery = 'once'; it is one of exactly-once, at-least"),
        ('[filters]\nbuiltin = "young"', r"\[filters\] builtin = 'young' is not a list"),
        ('[filters]\nlive = "a b"', r"\[filters\] live = 'a b' is no topic name"),
        ('[filters]\nlive = "alerts"', r"\[filters\] live = 'alerts': \[topics\] uses it"),
        ('[filters]\ntopic_prefix = "a/"', r"topic_prefix = 'a/' begins no topic name"),
        ("[filters]\ncost_us_max = 0", r"\[filters\] cost_us_max = 0 is out of bounds"),
        ("[filters.regions]\nmoc = 3", r"\[filters\] regions.moc = 3 is not a text"),
        ("kafka = 3", r"\[kafka\] = 3 is not a table"),
        (
            '[topics.forms]\nyoung = "small"',
            r"\[topics\] forms.young = 'small'; it is one of full, lite",
        ),
        (
            '[kafka.security]\n"group.id" = "a"',
            r"'group.id' in \[kafka.security\] is not passed on",
        ),
        ('[schemas]\nfolder = "a"\nregistry.url = "b"', r"names a folder and a registry"),
        ('[schemas.registry]\n"ssl.ca.location" = "b"', r"\[schemas.registry\] has no url"),
        ('[enriched.registry]\n"ssl.ca.location" = "b"', r"\[enriched.registry\] has no url"),
        ('[enriched]\nframing = "confluent"', r"needs \[enriched.registry\]"),
        ('[kafka]\nbootstrap = "$NO_SUCH_NAME"', r"no such environment variable is set"),
        ("[kafka", r"no TOML: "),
        ("a = " + "[" * 5_000, r"no TOML: it is nested too deep"),
        ("a = " + "9" * 5_000, r"no TOML: "),
        ("[limits]\npoll_wait_s = " + "9" * 400, r"poll_wait_s = 9+ is out of bounds"),
        (f'kafka = "{"x" * 5_000}"', r"\[kafka\] = 'x+ … x+' is not a table"),
        ('["a\\nb"]', r"unknown key"),
        ('[topics.forms]\n"a\\u202eb" = 3', r"forms.a\\u202eb = 3"),
        ("[disagreement]\nreal_min = 1.5", r"bogus_max = 0.1 and real_min = 1.5: probabilities"),
        ("[disagreement]\nbogus_max = 0.9", r"bogus_max = 0.9 and real_min = 0.9: probabilities"),
        ("[disagreement]\nreal_mni = 0.8", r"unknown key 'real_mni' in \[disagreement\]"),
        ('[classifiers]\nprior = "flat"', r"prior = 'flat'; it is one of natural, even"),
        ("[classifiers.priors.net]\na = 0", r"priors.net.a = 0 is out of bounds; it must be above"),
        ("[decoding]\npacket_bytes_max = 0", r"packet_bytes_max = 0 is out of bounds"),
    ],
)
def test_a_mistake_is_said_in_one_line_that_names_file_and_key(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        read(tmp_path, f"{text}\n{LEAST}")
    assert str(raised.value).startswith(f"{tmp_path / 'gueststar.toml'}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"\[topics\] input is empty"),
        ("[topics]\ninput = []", r"\[topics\] input is empty"),
        ('[topics]\ninput = ["a"]\nledger = "a"', r"\[topics\] a: one topic, two uses"),
        ('[topics]\ninput = ["a.ledger"]\nprefix = "a."', r"a.ledger: one topic, two uses"),
        ('[topics]\ninput = ["a"]\nprefix = "a/."', r"prefix = 'a/.' begins no topic name"),
        ('[topics]\ninput = ["a"]\nprefix = "a"', r"prefix = 'a' runs into the names"),
    ],
)
def test_topics_that_make_no_sense_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read(tmp_path, text)


def test_regions_and_watchlists_are_files_beside_the_configuration(tmp_path: Path) -> None:
    text = '[filters]\nlive = ""\n[filters.regions]\nmoc = "a.fits"\n'
    filters = read(tmp_path, f"{text}{LEAST}").filters
    assert (filters.live, filters.regions) == ("", {"moc": tmp_path / "a.fits"})


@pytest.mark.parametrize(
    ("prefix", "name", "called"),
    [
        ("", "gueststar.enriched", "gueststar.enriched"),
        ("", "young-supernovae", "young-supernovae"),
        ("gueststar.", "gueststar.enriched", "gueststar.enriched"),
        ("gueststar.", "young-supernovae", "gueststar.young-supernovae"),
        ("two.", "gueststar.enriched", "two.enriched"),
        ("two.", "gueststar.filter.risers", "two.filter.risers"),
        ("two.", "young-supernovae", "two.young-supernovae"),
        ("two.", "two.young-supernovae", "two.young-supernovae"),
        ("two.gueststar.", "gueststar.enriched", "two.gueststar.enriched"),
    ],
)
def test_a_prefix_begins_a_name_in_place_of_ours(prefix: str, name: str, called: str) -> None:
    assert prefixed(prefix, name) == called


def test_with_a_prefix_every_name_of_ours_has_it(tmp_path: Path) -> None:
    settings = read(tmp_path, f'{LEAST}prefix = "two."\nforms = {{ "solar-system" = "lite" }}\n')
    topics, filters = settings.topics, settings.filters
    ours = ["two.enriched", "two.dead-letters", "two.ledger", "two.positions", "two.replayed"]
    assert topics.used == ["alerts", *ours]
    assert topics.forms == {"two.solar-system": "lite"}
    assert (filters.live, filters.topic_prefix) == ("two.filters", "two.filter.")
    assert settings.kafka.group == "two.gueststar"
    assert replace(settings) == settings


def test_a_group_that_is_named_and_a_control_topic_that_is_none_have_no_prefix(
    tmp_path: Path,
) -> None:
    text = '[kafka]\ngroup = "mine"\n[filters]\nlive = ""\n'
    settings = read(tmp_path, f'{text}{LEAST}prefix = "two."\n')
    assert (settings.kafka.group, settings.filters.live) == ("mine", "")


@pytest.mark.parametrize(
    ("schemas", "enriched", "ours"),
    [
        ('folder = "rubin"', 'registry.url = "ours"', "ours"),
        ('registry.url = "rubins"', 'registry.url = "ours"', "ours"),
        ('registry.url = "rubins"', "", "rubins"),
    ],
)
def test_our_schemas_have_a_registry_of_their_own_or_the_survey_s(
    tmp_path: Path, schemas: str, enriched: str, ours: str
) -> None:
    text = f'[schemas]\n{schemas}\n[enriched]\nframing = "confluent"\n{enriched}\n'
    assert read(tmp_path, f"{text}{LEAST}").own_registry == {"url": ours}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: No such file"):
        read_settings(tmp_path / "none.toml")


def test_a_secret_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_PASSWORD", "s3cret")
    settings = read(tmp_path, f'{LEAST}[kafka.security]\n"sasl.password" = "$A_PASSWORD"\n')
    assert settings.kafka.security == {"sasl.password": "s3cret"}


def test_every_number_has_its_unit_or_what_it_counts_last() -> None:
    numbers = [
        key
        for key, value in keys_of(dict(tomllib.loads(EXAMPLE.read_text())))
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    endings = ("_s", "_ms", "_days", "_max", "_min", "port", "partitions", "replication")
    assert [key for key in numbers if not key.endswith(endings)] == []


SOURCE = """
[source]
bootstrap = "survey:9092"
topics = ["^night"]
group = "given-out"
start = "latest"
"""


def test_letters_sent_again_are_read_at_our_kafka_by_a_worker_of_their_own(tmp_path: Path) -> None:
    settings = read(tmp_path, SOURCE)
    assert (settings.read, settings.group, settings.start) == (("^night",), "given-out", "latest")
    letters = settings.of_letters()
    assert not letters.is_elsewhere
    assert letters.read == ("gueststar.replayed",)
    assert (letters.group, letters.start) == ("gueststar.letters", "earliest")
    for others in (LEAST, f'{SOURCE}[topics]\nreplayed = ""'):
        with pytest.raises(SettingsError, match="--letters"):
            read(tmp_path, others).of_letters()
