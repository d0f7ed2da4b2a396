"""A reader names topics in every way a user would, and hears of what is none."""

from __future__ import annotations

import pytest

from broker.errors import SettingsError, TopicMissing
from broker.topics import Topics, matching, topics_of

THERE = ["ztf_20261127", "ztf_20261128", "young-supernovae", "__consumer_offsets"]


@pytest.mark.parametrize(
    ("named", "topics"),
    [
        ("young", ("young",)),
        ("young, nuclear", ("young", "nuclear")),
        (["young", "nuclear", "young"], ("young", "nuclear")),
        (("young,fast",), ("young", "fast")),
        ("^ztf_[0-9]{2,8}$", ("^ztf_[0-9]{2,8}$",)),
        (["^ztf_", "young"], ("^ztf_", "young")),
    ],
)
def test_one_topic_several_and_patterns_are_read(named: Topics, topics: tuple[str, ...]) -> None:
    assert topics_of(named) == topics


@pytest.mark.parametrize(
    "named",
    ["", [], "['a', 'b']", "two words", "a,,b", "^(", "x" * 250, None, 7, ["young", 7], b"young"],
)
def test_what_names_no_topic_is_refused_with_a_remedy(named: object) -> None:
    with pytest.raises(SettingsError, match=r"name|pattern|text"):
        topics_of(named)  # type: ignore[arg-type]


def test_names_and_patterns_find_what_exists_but_nothing_of_kafka_s_own() -> None:
    assert matching(["young-supernovae", "^ztf_"], THERE) == (
        "young-supernovae",
        "ztf_20261127",
        "ztf_20261128",
    )
    assert "__consumer_offsets" not in matching(["^"], THERE)


def test_a_misspelt_topic_is_told_the_nearest() -> None:
    with pytest.raises(TopicMissing, match="did you mean 'young-supernovae'"):
        matching(["young-supernova"], THERE)
    with pytest.raises(TopicMissing, match="matches no topic"):
        matching(["^lsst_"], THERE)


def test_of_a_thousand_topics_a_few_are_listed() -> None:
    with pytest.raises(TopicMissing, match="and 970 more"):
        matching(["qqq"], [f"topic-{number}" for number in range(1_000)])
