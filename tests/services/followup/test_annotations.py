"""What comes back: annotations of objects, asked by filters and waking them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.clock import ManualClock
from broker.deployments.records import Version
from broker.headers import named
from broker.memory import MemoryControlTopic, MemoryKafka
from broker.outside import AnnotationsNow
from broker.ports import Message, Partition
from filters.alerts import Alerts
from filters.expressions.evaluation import evaluate
from filters.expressions.filter import ExpressionFilter
from filters.expressions.parser import read
from filters.expressions.program import Program
from gueststar.testing import alerts
from replay.invention import invent
from schemas.decode import Decoder
from schemas.errors import SchemaError
from schemas.object_annotation import Measured, ObjectAnnotation, read_object_annotation
from services.followup.adapters.port import Result
from services.followup.requests import id_of
from services.followup.returned import ReturnedAnnotations, annotations_of
from services.followup.waking import WOKEN_BY, Waking
from sky.annotations import LiveAnnotations
from sky.catalogues import Sky
from tests.services.followup.jobs import wanted

TEXTS = st.text(max_size=20)
CLAUSES = (
    'annotation("followup", "type") == "SNIa"',
    'annotation("followup", "type") in ("SNIa", "KN")',
    'annotation("someone", "type") == ""',
    'annotation_number("followup", "redshift") < 0.1',
    'is_missing(annotation_number("followup", "redshift"))',
)


def said(object_id: str, type_: str = "SNIa", redshift: float = 0.05) -> ObjectAnnotation:
    return ObjectAnnotation(
        object_id, "followup", "classification", 1.8e9, {"redshift": redshift}, {"type": type_}
    )


@given(st.dictionaries(TEXTS, st.floats(allow_nan=False)), st.dictionaries(TEXTS, TEXTS))
def test_an_annotation_comes_back_as_it_was_written(
    numbers: dict[str, float], texts: dict[str, str]
) -> None:
    points = [Measured(61_000.5, "r", 19.0, 0.1), Measured(61_000.5, "r", 15.0, 0.1, "star")]
    one = ObjectAnnotation("ZTF1", "me", "remark", 1.8e9, numbers, texts, points)
    assert read_object_annotation(one.encode()) == one


@pytest.mark.parametrize("value", [b"", b"Obj\x01", b"{}", said("").encode()])
def test_what_is_no_annotation_is_said(value: bytes) -> None:
    with pytest.raises(SchemaError, match="annotation"):
        read_object_annotation(value)


def test_filters_ask_what_was_said_and_a_program_finds_the_same() -> None:
    batch = alerts(object_id=["ZTF1", "ZTF2", "ZTF3"], magnitude=18.0)
    sky = Sky(annotations=LiveAnnotations([said("ZTF1"), said("ZTF2", "KN", 0.3)]))
    found = {}
    for clause in CLAUSES:
        node = read(clause)
        found[clause] = evaluate(node, Alerts(batch, sky)).tolist()
        selected = Program([[node]]).judge(batch, sky).selected.tolist()
        assert selected == np.flatnonzero(found[clause]).tolist()
    assert [*found.values()] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
        [True, False, False],
        [False, False, True],
    ]


def test_a_worker_learns_what_is_said_between_two_batches() -> None:
    kafka = MemoryKafka(ManualClock(now_s=1.8e9))
    kafka.create_topic("annotations")
    live = LiveAnnotations()
    now = AnnotationsNow(MemoryControlTopic(kafka, "annotations"), live)
    now.open()
    kafka.publish("annotations", b"nothing")
    kafka.publish("annotations", said("ZTF1").encode(), key=said("ZTF1").key)
    assert live.texts("followup", "type", np.array(["ZTF1"])).tolist() == [""]
    now.look()
    assert live.texts("followup", "type", np.array(["ZTF1"])).tolist() == ["SNIa"]


def test_each_result_is_an_annotation_of_its_request() -> None:
    points = [Measured(61_000.0, "r", 19.0, 0.1)]
    results = [Result("photometry", points), Result("classification", type="KN", probability=0.9)]
    one, other = annotations_of(wanted(1, 1.8e9, site="teide"), results, 1.8e9)
    assert (one.points[0].magnitude, one.texts["site"]) == (19.0, "teide")
    assert (other.texts["type"], other.numbers) == ("KN", {"probability": 0.9})
    assert one.key != other.key


def test_a_filter_that_asked_is_woken_once_and_others_are_not() -> None:
    kafka = MemoryKafka(ManualClock(now_s=1.8e9))
    kafka.create_topic("filters")
    for name, clause in (
        ("ia", 'annotation("followup", "type") == "SNIa"'),
        ("ii", 'annotation("followup", "type") == "SNII"'),
        ("bright", "magnitude < 30"),
    ):
        document = ExpressionFilter.of({"name": name, "clauses": {"asked": clause}}).document()
        version = Version(name, 1, "0" * 64, document, "selected", (), "me", 1.8e9, None, (), None)
        kafka.publish("filters", version.encode(), key=version.key)
    (made,) = invent(1, seed=3)
    message = Message("enriched", 0, 7, -1, b"key", made.packet)
    (object_id,) = Decoder().decode([made.packet]).object_id.tolist()

    def fetch(partition: Partition, offset: int) -> Message | None:
        return message if (partition, offset) == (Partition("enriched", 0), 7) else None

    waking = Waking(MemoryControlTopic(kafka, "filters"), fetch, Decoder())
    returned = ReturnedAnnotations("annotations", kafka.clock, waking)
    request = wanted(
        1, 1.8e9, origin="enriched-0-7", object_id=object_id, id=id_of("test", object_id, 1)
    )
    annotation, woken = returned(request, [Result("classification", type="SNIa")])
    assert annotation.topic == "annotations"
    assert (woken.topic, woken.key, woken.value) == ("selected", b"key", made.packet)
    assert named(woken.headers) == (b"ia",)
    assert dict(woken.headers)[WOKEN_BY].startswith(object_id.encode())
    assert len(returned(request, [Result("classification", type="SNIa")])) == 1
