"""The bounds within which a packet is read, so that no sender decides what we spend."""

from __future__ import annotations

from dataclasses import dataclass, fields

from schemas.errors import DecodeLimitError


@dataclass(frozen=True)
class DecodeLimits:
    """Each bound is a positive whole number; a packet beyond one is rejected with a reason.

    Raises DecodeLimitError where one is not.
    """

    packet_bytes_max: int = 16 * 2**20
    """A message as it came, framing and all."""
    datum_bytes_max: int = 16 * 2**20
    """A live message's record once its block is inflated."""
    batch_bytes_max: int = 512 * 2**20
    """All that the packets of one batch hold once inflated; beyond, the largest are refused."""
    block_bytes_max: int = 256 * 2**20
    """A file's block of many records once it is inflated."""
    header_bytes_max: int = 2**18
    """A container's header, writer schema included."""
    field_bytes_max: int = 8 * 2**20
    """One string or byte field."""
    history_items_max: int = 50_000
    """Items in all arrays and maps of one alert together."""
    batch_points_max: int = 3_000_000
    """Points of all histories of one batch; beyond, the alerts that have most are refused."""
    nesting_max: int = 1_000
    """Arrays, maps and records within themselves that are open at once."""
    program_ops_max: int = 20_000
    """Operations that a writer schema may compile to."""
    schemas_kept_max: int = 64
    """Compiled writer schemas kept; the longest unused goes first."""
    ahead_days_max: int = 3
    """Of an exposure ahead of our clock; simulated surveys may need more."""

    def __post_init__(self) -> None:
        for bound in fields(self):
            value = getattr(self, bound.name)
            if not isinstance(value, int) or value < 1:
                raise DecodeLimitError(
                    f"{bound.name} = {value!r} is no bound; give a whole number from 1 up"
                )
