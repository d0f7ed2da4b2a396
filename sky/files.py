"""Which file a catalogue is: its hash, which published records carry."""

from __future__ import annotations

import hashlib
from pathlib import Path

from schemas.errors import FilterError


def sha256_of(path: Path) -> str:
    """A file's sha256 in hexadecimal. Raises FilterError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FilterError(f"{path}: {error.strerror or error}") from error


def in_one_line(error: Exception) -> str:
    """What a library's exception says."""
    return " ".join(str(error).split()) or type(error).__name__
