"""Every real packet at hand, decoded to exactly what fastavro gives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pytest

from schemas.avro import WriterSchema
from schemas.decode import Decoder
from schemas.schema_folder import SchemaFolder
from schemas.survey import Survey
from schemas.surveys import BUILT_IN
from schemas.telescope_schema import alert_schema
from tests.schemas.comparing import assert_same
from tests.schemas.real_packets import UNTIMED, avro_files

pytestmark = pytest.mark.data
BATCH_FILES = 200
LARGE_BYTES = 10**6


@pytest.fixture(scope="module")
def files(data_folder: Path) -> list[bytes]:
    """Every container at hand, read once."""
    return list(avro_files(data_folder))


def _decoder(folder: Path) -> Decoder:
    return Decoder(schemas=SchemaFolder(folder / "lsst" / "schemas"))


def test_every_container_decodes_to_what_fastavro_reads(
    data_folder: Path, files: list[bytes]
) -> None:
    decoder, alerts = _decoder(data_folder), 0
    for start in range(0, len(files), BATCH_FILES):
        part = files[start : start + BATCH_FILES]
        records: list[Any] = [one for data in part for one in fastavro.reader(BytesIO(data))]
        batch = decoder.decode([packet for data in part for packet in decoder.split(data)])
        assert_same(batch, records)
        alerts += len(batch)
    assert alerts > 3000


def test_every_rubin_payload_decodes_to_what_fastavro_reads(data_folder: Path) -> None:
    payloads = [path.read_bytes() for path in (data_folder / "lsst/wire_confluent").rglob("*.avro")]
    schemas = SchemaFolder(data_folder / "lsst" / "schemas")
    records: list[Any] = []
    for payload in payloads:
        schema = schemas.find(int.from_bytes(payload[1:5], "big"))
        assert schema is not None
        records.append(fastavro.schemaless_reader(BytesIO(payload[5:]), schema.parsed, None))
    assert len(records) == 3
    assert_same(_decoder(data_folder).decode(payloads), records)


AHEAD = {"diaSource.reliabilityVersion"}
"""Fields of schemas that the data folder does not hold: Rubin's 11.1."""


def test_a_published_example_whose_time_is_none_is_refused(data_folder: Path) -> None:
    (rejected,) = Decoder().decode([(data_folder / UNTIMED).read_bytes()]).rejected
    assert rejected.detail == "the record has no sound time"


def test_a_file_of_many_records_splits_into_the_same_records(files: list[bytes]) -> None:
    large = [data for data in files if len(data) > LARGE_BYTES]
    assert len(large) > 4
    for data in large:
        records = list(fastavro.reader(BytesIO(data)))
        split = [list(fastavro.reader(BytesIO(packet))) for packet in Decoder().split(data)]
        assert repr(split) == repr([[record] for record in records])


def test_every_published_rubin_schema_compiles(data_folder: Path) -> None:
    folder = data_folder / "lsst" / "schemas"
    schemas = SchemaFolder(folder)
    ids = [int(minor.parent.name) * 100 + int(minor.name) for minor in folder.glob("[0-9]*/[0-9]*")]
    assert len(ids) == 14
    for schema_id in ids:
        message = b"\0" + schema_id.to_bytes(4, "big")
        rejected = Decoder(schemas=schemas).decode([message]).rejected
        assert [one.reason for one in rejected] == ["truncated"]


def test_each_adapter_reads_or_lists_every_field_of_every_known_schema(
    data_folder: Path, files: list[bytes], tmp_path: Path
) -> None:
    for survey in BUILT_IN:
        schemas = [*_schemas(data_folder, files, survey), *_elasticc(data_folder, tmp_path, survey)]
        known = set().union(*(_leaves(one) for one in schemas))
        read, lists = _read(survey), survey.left_out
        assert len(known) > (40 if survey.name == "telescope" else 120)
        assert {path for path in known - read if not _listed(lists, path)} == set()
        assert {path for path in read if _listed(lists, path)} == set()
        assert {path for path in read if not _has(known, path)} <= AHEAD


def _has(known: set[str], path: str) -> bool:
    return any(one == path or one.startswith(f"{path}.") for one in known)


def _listed(lists: Mapping[str, str], path: str) -> bool:
    part, _, name = path.rpartition(".")
    return any(fnmatchcase(name, pattern) for pattern in lists.get(part, "").split())


def _read(survey: Survey) -> set[str]:
    histories = {
        f"{history.path}.{path}"
        for history in survey.histories
        for leaf in history.leaves
        for path in leaf.paths
    }
    return histories | {path for leaf in survey.leaves for path in leaf.paths}


def _schemas(folder: Path, files: list[bytes], survey: Survey) -> Iterator[Any]:
    """The survey's schemas: published ones, and those in containers that no broker rewrote."""
    if survey.name == "lsst":
        schemas = SchemaFolder(folder / "lsst" / "schemas")
        found = (schemas.find(number) for number in range(1200))
        yield from (schema.parsed for schema in found if schema)
        return
    if survey.name == "telescope":
        yield alert_schema()
        return
    if survey.name == "winter":
        yield from (schema.parsed for schema in Decoder().decode(_winter(folder)).schemas)
        return
    yield _published_ztf(folder / "ztf" / "schema")
    decoded = Decoder().decode([data for data in files if b'"namespace": "ztf"' in data[:30_000]])
    assert len(decoded.schemas) > 3
    yield from (schema.parsed for schema in decoded.schemas)


def _winter(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("other_surveys/winter/*.avro"))]


def _elasticc(folder: Path, tmp_path: Path, survey: Survey) -> list[Any]:
    """ELAsTiCC's schema, which Rubin's adapter reads; published in a folder without versions."""
    if survey.name != "lsst":
        return []
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "9").symlink_to(folder / "lsst" / "schemas_elasticc")
    schema = SchemaFolder(tmp_path).find(9)
    assert schema is not None
    return [schema.parsed]


def _published_ztf(folder: Path) -> Any:  # noqa: ANN401 - JSON
    parts = {f"ztf.alert.{path.stem}": json.loads(path.read_text()) for path in folder.glob("*")}
    alert = parts.pop("ztf.alert.alert")
    text = json.dumps(alert)
    for name, part in parts.items():
        text = text.replace(json.dumps(name), json.dumps(part), 1)
    return WriterSchema.of(text).parsed


def _leaves(schema: Any, path: str = "", named: dict[str, Any] | None = None) -> set[str]:  # noqa: ANN401
    """The dotted paths of a schema's values that are no records."""
    named = {} if named is None else named
    if isinstance(schema, list):
        return set().union(*(_leaves(branch, path, named) for branch in schema))
    if isinstance(schema, str):
        known = named.get(schema.rpartition(".")[2])
        return _leaves(known, path, named) if known else {path} if schema != "null" else set()
    if isinstance(schema["type"], (dict, list)):
        return _leaves(schema["type"], path, named)
    if schema["type"] == "record":
        named[schema["name"].rpartition(".")[2]] = schema
        prefix = f"{path}." if path else ""
        fields = schema["fields"]
        return set().union(*(_leaves(one["type"], prefix + one["name"], named) for one in fields))
    return _leaves(schema.get("items", schema.get("values", schema["type"])), path, named)
