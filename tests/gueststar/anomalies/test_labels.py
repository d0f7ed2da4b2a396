"""Users' answers held against past scores: an artefact is of its alert, and not real."""

from __future__ import annotations

import numpy as np

from broker.clock import ManualClock
from broker.memory import MemoryControlTopic, MemoryKafka
from gueststar.anomalies.labels import reviewed
from gueststar.anomalies.records import REVIEWS, Answer, Profile, Register, records_of
from gueststar.modelling.labels import Known, held_to
from tests.gueststar.anomalies.drawn import drawn

LABELS = ("real", "cosmic_ray", "bad_subtraction")
SCORES = np.array(
    [[0.9, 0.05, 0.05], [0.2, 0.7, 0.1], [0.6, 0.1, 0.3], [0.5, 0.2, 0.3]], np.float32
)


def test_what_users_say_counts_by_alert_until_it_is_taken_back() -> None:
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic(REVIEWS)
    seen, _ = drawn(1)
    users = {
        name: Profile(MemoryControlTopic(kafka, REVIEWS), name, sha256="a" * 64, by="x")
        for name in ("ada", "bob")
    }
    for alert, answer in enumerate((Answer.ARTEFACT, Answer.INTERESTING, Answer.NOT, "artefact")):
        users["ada"].say(Answer(answer), ("ztf", f"o{alert}", alert), seen)
    users["bob"].say(Answer.INTERESTING, ("ztf", "o3", 3), seen)
    assert reviewed(register(kafka)) == {0: "artefact", 1: "real"}
    users["bob"].take_back()
    assert reviewed(register(kafka)) == {0: "artefact", 1: "real", 3: "artefact"}


def register(kafka: MemoryKafka) -> Register:
    return Register().after(records_of(kafka.read(REVIEWS)))


def test_an_alert_is_what_is_said_of_it_and_else_what_its_object_is() -> None:
    known = Known({"a": "SN Ia"}, {2: "artefact"})
    assert known.of(["a", "a", "b"], [1, 2, 3]) == ["SN Ia", "artefact", ""]


def test_with_artefacts_a_real_bogus_model_is_held_to_two_labels() -> None:
    held = held_to(LABELS, SCORES, ["SN Ia", "artefact", "cosmic_ray", ""])
    assert held.labels == ("real", "artefact")
    np.testing.assert_allclose(held.scores[:, 0], SCORES[:, 0])
    np.testing.assert_allclose(held.scores.sum(axis=1), 1)
    assert held.truth.tolist() == [0, 1, 1, -1]


def test_without_one_and_for_other_models_labels_stay_as_they_are() -> None:
    held = held_to(LABELS, SCORES, ["SN Ia", "cosmic_ray", "", ""])
    assert (held.labels, held.truth.tolist()) == (LABELS, [0, 1, -1, -1])
    held = held_to(("SNIa", "SNII"), SCORES[:, :2], ["artefact", "SN Ia", "real", ""])
    assert (held.labels, held.truth.tolist()) == (("SNIa", "SNII"), [-1, 0, -1, -1])
