"""An alert and what is known of it: from the lake, or else from the newest of the stream."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gueststar.alert import Alert
from gueststar.open_lake import OpenLake
from gueststar.portal.lake_door import LakeDoor
from gueststar.portal.night import Came, Model, Night, finite, models_of, unix_s
from schemas.columns import COLUMNS, IDENTIFIER
from schemas.enriched_reading import read_enriched
from schemas.errors import QuestionError, SchemaError

FIELDS_SHOWN = 400
"""Of a packet; a list of records is shown as how many there are."""
TEXT_SHOWN = 300
ID_MAX = 2**63 - 1

Labels = list[tuple[str, float]]


@dataclass(frozen=True)
class Held:
    """One alert, whatever it comes from."""

    alert: Alert
    models: Mapping[str, Model]
    """What scored it, by name, as far as was noted."""
    filters: tuple[str, ...] | None
    """Those that selected it when it was published; None where that was not kept."""
    ingested_unix_s: float
    published_unix_s: float
    """NaN where no broker published it."""
    broker_version: str
    origin: str
    """"lake" or "stream"."""

    @property
    def has_packet(self) -> bool:
        return bool(self.alert.packet)


@dataclass(frozen=True)
class Verdict:
    """What one classifier says of an alert."""

    name: str
    version: str
    sha256: str
    labels: Labels
    """The most probable first."""
    prior: str
    """For which shares of the labels; empty where at even odds."""


def find(door: LakeDoor, night: Night, alert_id: int, object_id: str | None) -> Held:
    """The alert of that id. Raises QuestionError where there is none, saying where was looked."""
    came = night.find(alert_id, object_id)
    if not door.is_there:
        if came is None:
            raise QuestionError(
                f"alert {alert_id} is not among the newest of the stream, and there is no lake to"
                " look further in ([lake] path)"
            )
        return of_stream(came)
    with door.asked() as lake:
        if object_id is None:
            objects = lake.objects_of(alert_id) if 0 <= alert_id <= ID_MAX else []
            object_id = objects[0] if objects else None
        if object_id is not None and (found := of_lake(lake, object_id, alert_id)):
            return found
    if came is None:
        raise QuestionError(
            f"no alert {alert_id} is in the lake, nor among the newest of the stream; an alert is"
            " in the lake some seconds after it was published"
        )
    return of_stream(came)


def of_stream(came: Came) -> Held:
    """An alert of the stream."""
    note = came.note
    return Held(
        alert=came.alert,
        models=models_of(note),
        filters=came.alert.filters,
        ingested_unix_s=unix_s(note.get("ingest_time")),
        published_unix_s=came.published_unix_s,
        broker_version=note.get("broker_version", ""),
        origin="stream",
    )


def of_lake(lake: OpenLake, object_id: str, alert_id: int) -> Held | None:
    """An alert of a lake; None where the object has none of that id."""
    answer = lake.object(object_id)
    every = answer.table.to_pylist()
    row: dict[str, Any] | None = next((r for r in every if r["alert_id"] == alert_id), None)
    if row is None:
        return None
    filters = row.get("filters")
    return Held(
        alert=answer.alert(alert_id),
        models=_models(row.get("models", "")),
        filters=None if filters is None else tuple(filters),
        ingested_unix_s=unix_s(row.get("ingest_unix_us")),
        published_unix_s=unix_s(row.get("publish_unix_us")),
        broker_version=row.get("broker_version", ""),
        origin="lake",
    )


def _models(text: str) -> dict[str, Model]:
    """As a lake has them: "realbogus 0.2.0 SHA256, supernova ..."."""
    words = (each.split(" ") for each in text.split(", "))
    return {each[0]: Model(*each) for each in words if len(each) == len(Model._fields)}


def verdicts(held: Held) -> list[Verdict]:
    """Every classifier's, in the order of their names."""
    return [
        Verdict(
            name,
            *_version(held, name),
            sorted(chances.items(), key=lambda one: -one[1]),
            ", ".join(f"{label} {share:.3g}" for label, share in _prior(held, name).items()),
        )
        for name, chances in sorted(held.alert.scores.items())
    ]


def _prior(held: Held, name: str) -> Mapping[str, float]:
    return held.alert.priors.get(name, {})


def _version(held: Held, name: str) -> tuple[str, str]:
    model = held.models.get(name)
    return (model.version, model.sha256) if model else ("", "")


def measured(alert: Alert) -> list[dict[str, Any]]:
    """Every column of an alert: name, value, unit, and what it means."""
    return [
        {
            "name": name,
            "value": plain(getattr(alert, name), is_id=column.kind is IDENTIFIER),
            "unit": column.about.unit,
            "meaning": column.about.sentence,
            "missing": column.about.missing,
        }
        for name, column in COLUMNS.items()
    ]


def plain(value: Any, *, is_id: bool = False) -> Any:  # noqa: ANN401 - of any column
    """A value as JSON has it: ids are texts, what is not a finite number is None."""
    if is_id:
        return str(value)
    return finite(value) if isinstance(value, float) else value


def described(held: Held) -> dict[str, Any]:
    """An alert as a JSON object."""
    alert = held.alert
    return {
        "alert": {each["name"]: each["value"] for each in measured(alert)},
        "scores": {
            each.name: {
                "version": each.version or None,
                "sha256": each.sha256 or None,
                "prior": dict(_prior(held, each.name)),
                "labels": dict(each.labels),
            }
            for each in verdicts(held)
        },
        "values": {
            stage: {name: plain(value) for name, value in columns.items()}
            for stage, columns in alert.values.items()
        },
        "filters": None if held.filters is None else list(held.filters),
        "ingested_unix_s": finite(held.ingested_unix_s),
        "published_unix_s": finite(held.published_unix_s),
        "broker_version": held.broker_version or None,
        "from": held.origin,
        "has_packet": held.has_packet,
    }


def packet_fields(packet: bytes) -> list[tuple[str, str]]:
    """A packet's own fields by their path, at most FIELDS_SHOWN; none where it cannot be read."""
    try:
        record = read_enriched(packet)
    except SchemaError:
        return []
    found: list[tuple[str, str]] = []
    _flatten("", record, found)
    return found[:FIELDS_SHOWN]


def _flatten(path: str, value: Any, found: list[tuple[str, str]]) -> None:  # noqa: ANN401
    if len(found) >= FIELDS_SHOWN:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _flatten(f"{path}.{name}" if path else str(name), inner, found)
    elif isinstance(value, list):
        found.append((path, f"{len(value):,} entries"))
    elif isinstance(value, bytes):
        found.append((path, f"{len(value):,} bytes"))
    elif value is None or (isinstance(value, float) and math.isnan(value)):
        found.append((path, ""))
    else:
        found.append((path, str(value)[:TEXT_SHOWN]))
