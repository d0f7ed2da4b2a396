"""Tokens: random texts of which a file holds the hashes, with names and roles."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock

from broker.errors import SettingsError

PREFIX = "gs_"
"""How a token begins, so that one that leaked is known for what it is."""
RANDOM_BYTES = 32
"""So much chance makes a slow hash needless: nobody tries 2^256 texts."""
TOKENS_MAX = 10_000
LINE = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._@-]{0,62})\s+(\w+)\s+([0-9a-f]{64})(?:\s+([1-9]\d{0,6}))?"
)


class Role(StrEnum):
    """What somebody may."""

    READER = "reader"
    """Look at everything."""
    AUTHOR = "author"
    """Try, deploy and pause filters and watchlists, too."""


@dataclass(frozen=True)
class Who:
    """Somebody whose token is known."""

    name: str
    role: Role
    sha256: str
    """Of the token."""
    requests_a_minute_max: int | None = None
    """None for as many as everybody."""

    @property
    def is_author(self) -> bool:
        return self.role is Role.AUTHOR


def made() -> str:
    """A new token."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def sha256_of(token: str) -> str:
    """What of a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def line_of(name: str, role: Role, token: str) -> str:
    """A line of the file. Raises SettingsError for a name that is none."""
    line = f"{name} {role} {sha256_of(token)}"
    if not LINE.fullmatch(line):
        raise SettingsError(f"{name!r} is no name of a token; use letters, digits, . _ @ and -")
    return line


class Tokens:
    """The tokens of a file, read again when it changes: a line taken out counts at once."""

    def __init__(self, path: Path | None) -> None:
        """Raises SettingsError where the file cannot be read."""
        self._path = path
        self._stamp = (0, 0)
        self._known: Mapping[str, Who] = {}
        self._lock = Lock()
        self._fresh()

    @property
    def is_there(self) -> bool:
        """Whether anybody can be an author."""
        return self._path is not None

    def find(self, token: str) -> Who | None:
        """Whose token it is."""
        return self.of_hash(sha256_of(token))

    def of_hash(self, sha256: str) -> Who | None:
        """Whose hash it is, as the file has it now. Raises SettingsError."""
        return self._fresh().get(sha256)

    def _fresh(self) -> Mapping[str, Who]:
        if self._path is None:
            return {}
        with self._lock:
            try:
                status = self._path.stat()
                stamp = status.st_mtime_ns, status.st_size
                if stamp != self._stamp:
                    text = self._path.read_text(encoding="utf-8")
                    self._known, self._stamp = dict(_read(text, self._path)), stamp
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"[portal] tokens: {self._path}: {error}") from error
            return self._known


def _read(text: str, path: Path) -> Iterator[tuple[str, Who]]:
    lines = [each.partition("#")[0].strip() for each in text.splitlines()]
    if len(lines) > TOKENS_MAX:
        raise SettingsError(f"[portal] tokens: {path} has more than {TOKENS_MAX:,} lines")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        found = LINE.fullmatch(line)
        if not found or found[2] not in [*Role]:
            raise SettingsError(
                f"[portal] tokens: {path}:{number}: a line is NAME {'|'.join(Role)} SHA256"
                " [REQUESTS_PER_MINUTE]; `gueststar token NAME` prints one"
            )
        name, role, sha256, rate = found.groups()
        yield sha256, Who(name, Role(role), sha256, int(rate) if rate else None)
