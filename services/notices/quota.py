"""One target's sums of one hour: what is taken, what is left out, and what the hour's end tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

HOUR_S: Final = 3_600


def hour_of(unix_s: float) -> int:
    """Hours since 1970, UTC."""
    return int(unix_s // HOUR_S)


@dataclass(frozen=True)
class Tally:
    """Of an hour, what became of a target's finds, and what is yet to be told of earlier ones."""

    hour: int
    taken: int = 0
    left_out: int = 0
    undelivered: int = 0
    """Finds of which nobody was told, as their notices were given up."""

    def find(self, quota: int, *, has_room: bool) -> Tally:
        """The same after one more find, which was taken where `taken` grew."""
        if has_room and self.taken < quota:
            return replace(self, taken=self.taken + 1)
        return replace(self, left_out=self.left_out + 1)

    def give_up(self, finds: int) -> Tally:
        """The same after a notice that spoke for so many finds was given up."""
        return replace(self, undelivered=self.undelivered + finds)

    def is_over(self, hour: int) -> bool:
        """Whether its hour has ended; a clock that went back ends none."""
        return hour > self.hour

    @property
    def untold(self) -> int:
        """Finds of which the hour's end tells."""
        return self.left_out + self.undelivered
