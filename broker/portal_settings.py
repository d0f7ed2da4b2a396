"""What `gueststar portal` is told in CONFIG.toml; workers only read past it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class PortalSection:
    """[portal]: the web page and HTTP interface of `gueststar portal`, for readers."""

    host: str = "127.0.0.1"
    port: int = 8913
    """0 takes any that is free."""
    certificate: Path | None = None
    """A file of PEM, with those of the CAs in between: it is served over TLS alone then."""
    key: Path | None = None
    """The certificate's private key, where it stands in a file of its own."""
    key_password: str = field(default="", repr=False)
    """What opens the key, where it is locked."""
    title: str = "gueststar"
    start: str = "10m"
    """How far back the live stream is read when it starts: "earliest", "6h", a time, "latest"."""
    recent_max: int = 1_000
    """Alerts that are kept in memory, for who looks at one before the lake has it."""
    viewers_max: int = 200
    """Who follow the live stream at once; one more is asked to come back."""
    rows_max: int = 10_000
    """Of one page of an answer of the HTTP interface."""
    found_max: int = 100_000
    """Alerts that a cone may find; for more the question is to be narrowed, or asked in SQL."""
    sql: bool = True
    """Whether readers may ask in SQL."""
    sql_statements_max: int = 1
    sql_rows_max: int = 10_000
    sql_seconds_max: float = 20.0
    sql_memory_mib_max: int = 1_024
    """Of one statement's process."""
    likeness: Path | None = None
    """An index that `gueststar likeness` keeps of the lake: objects like one are found by it."""
    tokens: Path | None = None
    """A file of tokens' hashes (`gueststar token`); without one nobody is an author."""
    anonymous: bool = True
    """Whether those without a token may read."""
    requests_a_minute_max: int = 1_200
    """Of one token, unless its line says otherwise, or of one address without a token."""
    dry_run_seconds_max: float = 600.0
    """Of a filter that is tried on nights of the lake; one is tried at a time."""
