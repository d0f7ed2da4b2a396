"""What is said of sites now, as records on a topic: whether they are open, and how good the air is.

    {"site": "teide", "unix_s": 1795000000.0, "clear": 0.9, "seeing_arcsec": 0.8, "why": ""}

Anything may write them: a weather station, a person by `gueststar followup site`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from broker.followup_settings import Site
from broker.json_records import RecordError, document_of, encoded, read, require
from broker.ports import ControlTopic, Message
from services.followup.planning.worth import Conditions

LOG: Final = logging.getLogger("gueststar.followup")


@dataclass(frozen=True)
class Said:
    """What was said of a site, and when."""

    site: str
    unix_s: float
    clear: float
    """The chance that it observes, 0 (closed) to 1."""
    seeing_arcsec: float
    """At the zenith; 0: not known."""
    why: str = ""

    def __post_init__(self) -> None:
        """Raises RecordError for no chance."""
        require(0.0 <= self.clear <= 1.0, "clear is a chance, 0 to 1")
        require(0.0 <= self.seeing_arcsec < 60.0, "seeing_arcsec is none")

    def encode(self) -> bytes:
        return encoded(self)


class SitesNow:
    """Each site's conditions, as of the last `look`."""

    def __init__(self, control: ControlTopic, *, fresh_s: float) -> None:
        """fresh_s: what was said longer ago says nothing of now."""
        self._control = control
        self._fresh_s = fresh_s
        self._said: dict[str, Said] = {}

    def look(self) -> bool:
        """See what was said; whether any site opened, closed, or changed by much."""
        before = {name: said.clear for name, said in self._said.items()}
        self._learn(self._control.new())
        return any(
            abs(said.clear - before.get(name, 0.5)) > 0.2 for name, said in self._said.items()
        )

    def open(self) -> None:
        """Read the topic whole."""
        self._learn(self._control.present())

    def close(self) -> None:
        self._control.close()

    def of(self, name: str, site: Site, now_unix_s: float) -> Conditions:
        """What holds of a site; by its long-term mean where nothing fresh was said."""
        said = self._said.get(name)
        if said is None or now_unix_s - said.unix_s > self._fresh_s:
            return Conditions(site.clear_fraction, site.seeing_arcsec)
        return Conditions(said.clear, said.seeing_arcsec or site.seeing_arcsec, said.why)

    def _learn(self, messages: Iterable[Message]) -> None:
        for message in messages:
            try:
                said: Said = read(Said, document_of(message.value))
            except RecordError as error:
                LOG.warning("nothing is said of a site at offset %d: %s", message.offset, error)
                continue
            self._said[said.site] = said
