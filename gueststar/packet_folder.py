"""Alerts kept in a folder: a packet a file, which any Avro reader opens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from gueststar.alert import Alert
from schemas.container import MAGIC
from schemas.errors import ArchiveError
from schemas.writing import contained

PACKETS_MAX = 10_000
"""Packets that a folder gets unless the caller says otherwise: about 600 MB of full ones."""
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9+_-]")
NAME_CHARACTERS_MAX = 100


class PacketFolder:
    """A folder of packets, OBJECT_ALERTID.avro each; what it holds already is not written again."""

    def __init__(self, path: Path, *, packets_max: int = PACKETS_MAX) -> None:
        """Made where it is not there. What an earlier, killed process left half is removed."""
        self._path = path
        self._packets_max = packets_max
        path.mkdir(parents=True, exist_ok=True)
        for half in path.glob(".*.avro.part"):
            half.unlink(missing_ok=True)
        self._names = {one.name for one in path.glob("*.avro")}

    def keep(self, alert: Alert) -> Path:
        """Write an alert's packet, whole or not at all; where it is.

        Raises ArchiveError where the folder has as many packets as it may.
        """
        name = f"{NOT_IN_NAMES.sub('_', alert.object_id)[:NAME_CHARACTERS_MAX]}_{alert.alert_id}"
        path = self._path / f"{name}.avro"
        if path.name in self._names:
            return path
        if len(self._names) >= self._packets_max:
            raise ArchiveError(
                f"{self._path} holds {len(self._names)} packets, as many as --save-max allows;"
                " raise it, or save elsewhere"
            )
        half = path.with_name(f".{path.name}.part")
        half.write_bytes(container_of(alert))
        half.replace(path)
        self._names.add(path.name)
        return path


def saved(alerts: Iterable[Alert], folder: PacketFolder) -> Iterator[Alert]:
    """The same alerts, each kept before it is handed on."""
    for alert in alerts:
        folder.keep(alert)
        yield alert


def container_of(alert: Alert) -> bytes:
    """An alert's packet as an Avro container with its schema, whatever its framing was."""
    if alert.packet.startswith(MAGIC):
        return alert.packet
    batch = alert.batch
    begin, end = batch.spans.datum[alert.row].tolist()
    schema = batch.schemas[batch.schema[alert.row]].json
    return contained(schema, batch.buffer[begin:end].tobytes())
