"""Headers by which readers know what a message of ours holds."""

from __future__ import annotations

from typing import Final

from broker.ports import Headers, size_bytes

FORMAT: Final = "_format"
CONTENT_TYPE: Final = "content-type"

JSON: Final[Headers] = ((FORMAT, b"json"), (CONTENT_TYPE, b"application/json"))
"""Of dead letters and ledger entries."""
JSON_BYTES: Final = size_bytes(None, b"", JSON)
