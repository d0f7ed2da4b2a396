"""What an Avro reader prints of frames: a line for each record.

A line is the partition, the offset, the SHA-256 of the survey's part, encoded anew by that reader
with the survey's own schema, and the filters that our field names, separated by commas.
"""

from __future__ import annotations

import hashlib
import json
import sys
import urllib.request
from collections.abc import Callable
from functools import cache
from typing import Any

import frames

Opened = tuple[dict[str, Any], bytes]
"""A record, and its survey's part encoded anew."""


def run(contained: Callable[[bytes], Opened], bare: Callable[[str, bytes], Opened]) -> None:
    """FRAMING REGISTRY, of a reader: of a container, and of a schema's text and a bare record."""
    framing, registry = sys.argv[1:]
    for partition, offset, key, value in frames.read(sys.stdin.buffer):
        if framing == "container":
            record, survey = contained(value)
        elif framing == "confluent":
            record, survey = bare(
                registered(registry, int.from_bytes(value[1:5], "big")), value[5:]
            )
        else:
            record, survey = bare(key.decode(), value)
        digest, chosen = (
            hashlib.sha256(survey).hexdigest(),
            ",".join(record["gueststar"]["filters"]),
        )
        sys.stdout.write(f"{partition} {offset} {digest} {chosen}\n")


@cache
def registered(registry: str, schema_id: int) -> str:
    """The text of a schema that a registry knows."""
    with urllib.request.urlopen(f"{registry}/schemas/ids/{schema_id}") as answer:
        return str(json.load(answer)["schema"])


def survey_part(text: str) -> dict[str, Any]:
    """The schema of the survey's part of our records."""
    schema: dict[str, Any] = json.loads(text)
    return {**schema, "fields": [each for each in schema["fields"] if each["name"] != "gueststar"]}
