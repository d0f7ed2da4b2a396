"""Answers are records of who said what when; they rank the next, and can be taken back."""

from __future__ import annotations

import numpy as np
import pytest

from broker.clock import ManualClock
from broker.json_records import RecordError
from broker.memory import MemoryControlTopic, MemoryKafka
from gueststar.anomalies.nights import Odd
from gueststar.anomalies.records import REVIEWS, Answer, Profile, Review
from gueststar.anomalies.review import review
from schemas.errors import QuestionError
from tests.gueststar.anomalies.drawn import drawn

SHA256 = "a" * 64


def odd(count: int) -> tuple[Odd, np.ndarray]:
    """Objects in the order of their oddness, and which of them are of the second kind."""
    seen, second = drawn(count)
    order = np.argsort(-seen.rarity)
    names = np.array([f"object{one}" for one in range(count)])
    rarities = np.repeat(seen.rarity[:, None], 3, axis=1)
    numbers = (np.arange(count), rarities, np.zeros(count))
    every = Odd(np.full(count, "ztf"), names, *numbers, seen)
    return every.take(order), second[order]


@pytest.fixture
def kafka() -> MemoryKafka:
    made = MemoryKafka(ManualClock())
    made.create_topic(REVIEWS)
    return made


def profile_of(kafka: MemoryKafka, user: str = "ada", sha256: str = SHA256) -> Profile:
    return Profile(MemoryControlTopic(kafka, REVIEWS), user, sha256=sha256, by="ada@there")


def looked(every: Odd, profile: Profile, keys: str) -> list[str]:
    """Which objects were shown while these keys were pressed."""
    shown, pressed = list[str](), iter(keys)
    review(
        every,
        profile,
        show=lambda one: shown.append(str(one.object_id[0])),
        key=lambda: next(pressed),
        say=lambda line: None,
    )
    return shown


def test_an_answer_says_who_when_and_on_which_file(kafka: MemoryKafka) -> None:
    every, _ = odd(20)
    shown = looked(every, profile_of(kafka), "iq")
    (one,) = profile_of(kafka).answers
    assert (one.object_id, one.answer, one.name) == (shown[0], Answer.INTERESTING, "ada")
    assert one.by == "ada@there" and one.sha256 == SHA256 and one.deployed_unix_s > 0
    assert one.leaves == tuple(every.seen.leaves[0].tolist())


def test_what_was_answered_or_skipped_is_not_shown_again(kafka: MemoryKafka) -> None:
    every, _ = odd(5)
    assert len(set(looked(every, profile_of(kafka), "nsanx?n"))) == 5
    assert [one.version for one in profile_of(kafka).answers] == [1, 2, 3, 4]
    assert len(looked(every, profile_of(kafka), "s")) == 1


def test_an_answer_that_is_taken_back_is_asked_again(kafka: MemoryKafka) -> None:
    every, _ = odd(6)
    shown = looked(every, profile_of(kafka), "iuq")
    assert shown[0] == shown[2] != shown[1]
    assert profile_of(kafka).answers == ()
    assert profile_of(kafka).take_back() is None


def test_the_next_shown_are_like_what_was_liked(kafka: MemoryKafka) -> None:
    every, second = odd(300)
    liked = dict(zip(every.object_id.tolist(), second.tolist(), strict=True))
    profile, shown = profile_of(kafka), list[str]()
    for _ in range(40):
        shown += looked(every, profile, "iq" if liked[peek(every, profile)] else "nq")[:1]
    assert sum(liked[one] for one in shown) > 3 * sum(second) / len(second) * 40


def peek(every: Odd, profile: Profile) -> str:
    return looked(every, profile, "q")[0]


def test_users_do_not_share_a_profile_nor_do_files(kafka: MemoryKafka) -> None:
    every, _ = odd(4)
    looked(every, profile_of(kafka), "iq")
    assert profile_of(kafka, "bob").answers == ()
    other = profile_of(kafka, sha256="b" * 64)
    assert len(other.answers) == 1 and other.usable == ()
    assert len(other.taught()[1]) == 0
    with pytest.raises(QuestionError, match="no user's name"):
        profile_of(kafka, "Ada L.")


def test_a_record_without_a_file_is_none() -> None:
    with pytest.raises(RecordError):
        Review("ada", 1, "ztf", "o", 1, Answer.NOT, "?", 1.0, (1,), (0.5,), "ada@there", 1.0)
