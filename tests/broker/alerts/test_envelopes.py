"""A published message says by its headers what it holds, and what the survey said by its own."""

from __future__ import annotations

import pytest

from broker.alerts.envelopes import (
    PASSED_ON_BYTES_MAX,
    PASSED_ON_MAX,
    Envelopes,
    passed_on,
    sources,
)
from broker.alerts.packer import Shape
from broker.headers import SOURCE, source_of
from broker.ports import Headers, Message, Partition
from filters.handmade import handmade
from schemas.enriched import Written


def message(*headers: tuple[str, bytes]) -> Message:
    """One that came with these headers."""
    return Message("survey", 0, 0, 0, None, b"packet", headers)


def headers_of(shape: Shape, came: Headers = (), key: bytes | None = None) -> Headers:
    """What the only alert of a batch goes out with."""
    envelopes = Envelopes(handmade(rows=1), [message(*came)])
    return envelopes.records([0], [Written(b"record", key)], shape)[0].headers


def test_a_container_says_that_it_is_avro_and_what_it_holds() -> None:
    headers = dict(headers_of(Shape("lite")))
    assert headers.pop("gueststar-schema").isalnum()
    assert headers == {
        "_format": b"avro",
        "content-type": b"avro/binary",
        "gueststar-form": b"lite",
        "gueststar-survey": str(handmade(rows=1).survey[0]).encode(),
        "gueststar-source": b"survey/0/0",
    }


@pytest.mark.parametrize("framing", ["confluent", "schema-in-key"])
def test_what_is_no_container_does_not_pretend_to_be_one(framing: str) -> None:
    headers = dict(headers_of(Shape("full", framing)))  # type: ignore[arg-type]
    assert "_format" not in headers
    assert headers["gueststar-form"] == b"full"


def test_the_survey_s_own_headers_are_passed_on_in_order_and_ours_win() -> None:
    own = [("producer_timestamp", b"1"), ("a", b"2"), ("a", b"3"), ("empty", b"")]
    clash = [
        ("Content-Type", b"x"),
        ("_format", b"json"),
        ("gueststar-form", b"none"),
        (SOURCE, b"a/1/2"),
    ]
    headers = headers_of(Shape("lite"), (*own[:2], *clash, *own[2:]))
    assert list(headers[-4:]) == own
    assert len(headers) == 6 + 4


@pytest.mark.parametrize(
    ("came", "kept"),
    [
        ([("name", b"x")] * (PASSED_ON_MAX + 5), PASSED_ON_MAX),
        ([("name", b"x" * PASSED_ON_BYTES_MAX)], 0),
        ([("n", b"x" * (PASSED_ON_BYTES_MAX // 2 - 1))] * 3, 2),
        ([], 0),
    ],
)
def test_no_more_is_passed_on_than_the_bounds_allow(
    came: list[tuple[str, bytes]], kept: int
) -> None:
    assert len(passed_on(message(*came))) == kept


def test_an_object_s_id_chooses_the_partition_where_the_key_is_a_schema() -> None:
    batch = handmade(rows=1, object_id=["ZTF1"])
    envelopes = Envelopes(batch, [message()])
    (plain,) = envelopes.records([0], [Written(b"record", None)], Shape("lite"))
    assert (plain.key, plain.partition_key) == (b"ZTF1", None)
    in_key = Shape("lite", "schema-in-key")
    (keyed,) = envelopes.records([0], [Written(b"record", b"{}")], in_key)
    assert (keyed.key, keyed.partition_key) == (b"{}", b"ZTF1")
    assert keyed.size_bytes > len(b"record") + len(b"{}") + sum(
        len(name) + len(value) for name, value in keyed.headers
    )


def test_a_record_s_header_says_which_message_it_is_of() -> None:
    came = [Message("a.b-c_d", number, 7 + number, 0, None, b"") for number in (3, 0, 3)]
    assert sources(came) == [b"a.b-c_d/3/10", b"a.b-c_d/0/7", b"a.b-c_d/3/10"]
    assert source_of(((SOURCE, sources(came)[0]),)) == (Partition("a.b-c_d", 3), 10)


@pytest.mark.parametrize("headers", [(), ((SOURCE, b"no place"),), ((SOURCE, b"a/b/c"),)])
def test_headers_that_name_no_message_say_so(headers: Headers) -> None:
    assert source_of(headers) is None
