"""A textbook alert pipeline, as a competent newcomer would write it: what ours is held against.

One alert at a time, with the libraries that everyone uses: fastavro, astropy, ONNX Runtime,
confluent-kafka. It does gueststar's whole job (score, filter, publish in transactions, dead
letters, a ledger) and publishes the same values, but shares no code with it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import confluent_kafka
import fastavro
import numpy as np
import onnxruntime
from astropy.io import fits
from numpy.typing import NDArray

from benchmarks.textbook_filters import TOPICS, passed

Record = dict[str, Any]

PIXELS = 63
CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
BATCH = 500
VERSION = "textbook"

MODEL_TYPE = {
    "type": "record",
    "name": "Model",
    "fields": [
        *({"name": name, "type": "string"} for name in ("name", "version", "sha256")),
        {"name": "prior", "type": {"type": "map", "values": "float"}},
    ],
}
TIME = {"type": "long", "logicalType": "timestamp-micros"}
VALUES = {"type": "map", "values": ["null", "double"]}
VECTOR = {"type": "array", "items": "float"}
ANNOTATION = {
    "type": "record",
    "name": "Annotation",
    "namespace": "org.textbook",
    "fields": [
        {"name": "broker_version", "type": "string"},
        {"name": "models", "type": {"type": "array", "items": MODEL_TYPE}},
        {"name": "publish_time", "type": TIME},
        {"name": "schema_fingerprint", "type": "string"},
        {"name": "ingest_time", "type": TIME},
        {"name": "scores", "type": {"type": "map", "values": {"type": "map", "values": "float"}}},
        {"name": "filters", "type": {"type": "array", "items": "string"}},
        {"name": "flags", "type": {"type": "array", "items": "string"}},
        {"name": "survey_real_score", "type": ["null", "float"]},
        {"name": "values", "type": {"type": "map", "values": VALUES}},
        {"name": "vectors", "type": {"type": "map", "values": VECTOR}},
    ],
}


class Textbook:
    """Scores and encodes one alert after another."""

    def __init__(self, model: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options)
        said = self.session.get_modelmeta().custom_metadata_map
        self.name, self.labels = said["name"], json.loads(said["labels"])
        sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
        identity = {"name": self.name, "version": said["version"], "sha256": sha256}
        # None is stated: its scores are at even odds, as the network was taught.
        self.models = [{**identity, "prior": {}}]
        self.input = self.session.get_inputs()[0].name
        self.schemas: dict[str, tuple[Record, str]] = {}
        """By the writer schema's text: the schema to write with, and its fingerprint."""

    def score(self, stamps: NDArray[np.float32]) -> dict[str, float] | None:
        """Probabilities by label; None where a plane has no pixel to look at."""
        if not np.isfinite(stamps).any(axis=(1, 2)).all():
            return None
        (probabilities,) = self.session.run(None, {self.input: stamps[None]})
        return dict(zip(self.labels, probabilities[0].tolist(), strict=True))

    def encode(self, record: Record, schema_text: str, annotation: Record) -> bytes:
        """The enriched packet."""
        schema, annotation["schema_fingerprint"] = self._schema(schema_text)
        out = io.BytesIO()
        fastavro.writer(out, schema, [{**record, "gueststar": annotation}])
        return out.getvalue()

    def _schema(self, text: str) -> tuple[Record, str]:
        if text not in self.schemas:
            schema = json.loads(text)
            plain = json.dumps(schema, sort_keys=True, separators=(",", ":"))
            fingerprint = hashlib.sha256(plain.encode()).hexdigest()
            added = {"name": "gueststar", "type": ["null", ANNOTATION], "default": None}
            schema["fields"].append(added)
            self.schemas[text] = fastavro.parse_schema(schema), fingerprint
        return self.schemas[text]


def decode(packet: bytes) -> tuple[Record, str]:
    """The one record of a packet, and its writer schema's text."""
    reader = fastavro.reader(io.BytesIO(packet))
    records = list(reader)
    if len(records) != 1:
        raise ValueError(f"{len(records)} records")
    return records[0], reader.metadata["avro.schema"]


def read_stamps(record: Record) -> NDArray[np.float32]:
    """The three cutouts, float32 (3, 63, 63), padded with NaN where cut at an edge."""
    return np.stack([read_stamp(record, name) for name in CUTOUTS])


def read_stamp(record: Record, name: str) -> NDArray[np.float32]:
    """One cutout."""
    data = gzip.decompress(record[name]["stampData"])
    with fits.open(io.BytesIO(data), ignore_missing_simple=True) as file:
        image: NDArray[np.float32] = file[0].data.astype(np.float32)
    if image.shape == (PIXELS, PIXELS):
        return image
    return padded(image, record["candidate"])


def padded(image: NDArray[np.float32], candidate: Record) -> NDArray[np.float32]:
    """A stamp cut at the detector's edge, put where it belongs in a full one."""
    full = np.full((PIXELS, PIXELS), np.nan, np.float32)
    rows, columns = image.shape
    top = PIXELS - rows if candidate["ypos"] < PIXELS // 2 else 0
    left = PIXELS - columns if candidate["xpos"] < PIXELS // 2 else 0
    full[top : top + rows, left : left + columns] = image
    return full


def without_cutouts(record: Record) -> Record:
    """What goes to the topic of all alerts: a fifth of the size."""
    return {**record, **dict.fromkeys(CUTOUTS)}


def survey_score(candidate: Record) -> float | None:
    """The survey's own score; None where it is the placeholder 0 without a version."""
    score: float | None = candidate.get("drb")
    return score if score or candidate.get("drbversion") else None


class Service:
    """The textbook pipeline at a Kafka: consume, process each alert, publish in a transaction."""

    def __init__(self, pipeline: Textbook, bootstrap: str, *, topic: str, prefix: str) -> None:
        """Topics that it writes begin with `prefix`, which is its group's name too."""
        self.pipeline = pipeline
        self.prefix = prefix
        self.seconds: dict[str, float] = {}
        """Spent in each step so far."""
        self.consumer = confluent_kafka.Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": prefix,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
            }
        )
        self.consumer.subscribe([topic])
        self.producer = confluent_kafka.Producer(
            {"bootstrap.servers": bootstrap, "transactional.id": prefix}
        )
        self.producer.init_transactions()

    def step(self) -> int:
        """One poll and its transaction; how many alerts it was."""
        with self._timed("poll"):
            messages = [m for m in self.consumer.consume(BATCH, timeout=0.5) if not m.error()]
        if not messages:
            return 0
        counts = {"consumed": 0, "published": 0, "dead": 0}
        self.producer.begin_transaction()
        for message in messages:
            counts["consumed"] += 1
            try:
                self._handle(message)
                counts["published"] += 1
            except (ValueError, KeyError, TypeError, EOFError, OSError) as error:
                headers = {"reason": str(error)}
                self._produce("dead-letters", message.value(), headers=headers)
                counts["dead"] += 1
        with self._timed("publish"):
            self._produce("ledger", json.dumps(counts).encode())
            self.producer.send_offsets_to_transaction(
                self.consumer.position(self.consumer.assignment()),
                self.consumer.consumer_group_metadata(),
            )
            self.producer.commit_transaction()
        return len(messages)

    def _handle(self, message: confluent_kafka.Message) -> None:
        pipeline, ingested = self.pipeline, time.time()
        with self._timed("decode"):
            record, schema = decode(message.value())
        with self._timed("score"):
            scores = pipeline.score(read_stamps(record))
        with self._timed("select"):
            filters = passed(record, scores)
        with self._timed("encode"):
            annotation = annotated(pipeline, record, scores, filters, ingested)
            lite = pipeline.encode(without_cutouts(record), schema, annotation)
            full = pipeline.encode(record, schema, annotation) if filters else b""
        with self._timed("publish"):
            key = record["objectId"].encode()
            self._produce("enriched", lite, key=key)
            for name in filters:
                self._produce(TOPICS[name], full, key=key)

    def _produce(self, topic: str, value: bytes, **more: Any) -> None:  # noqa: ANN401
        try:
            self.producer.produce(self.prefix + topic, value, **more)
        except BufferError:
            self.producer.flush()
            self.producer.produce(self.prefix + topic, value, **more)
        self.producer.poll(0)

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - began

    def close(self) -> None:
        """Leave the group."""
        self.consumer.close()


def annotated(
    pipeline: Textbook,
    record: Record,
    scores: dict[str, float] | None,
    filters: list[str],
    ingested: float,
) -> Record:
    """What was learned of an alert."""
    return {
        "broker_version": VERSION,
        "models": pipeline.models,
        "publish_time": round(time.time() * 1e6),
        "ingest_time": round(ingested * 1e6),
        "scores": {pipeline.name: scores} if scores else {},
        "filters": filters,
        "flags": [],
        "survey_real_score": survey_score(record["candidate"]),
        "values": {},
        "vectors": {},
    }
