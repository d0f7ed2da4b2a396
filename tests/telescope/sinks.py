"""A sink in memory, for those that send a spool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from broker.ports import Output, Partition


class RememberingSink:
    """Transactions in memory, with their bookmark; raises what it is told to at commit."""

    def __init__(self, *faults: Exception) -> None:
        self.values: list[bytes] = []
        self.place = 0
        self.group: object = None
        self._faults = list(faults)
        self._open: list[Output] = []
        self._to = 0

    def begin(self) -> None:
        self._open = []

    def produce(self, outputs: Sequence[Output]) -> None:
        self._open = list(outputs)

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        self._to = next(iter(offsets.values()))

    def commit(self) -> None:
        if self._faults:
            raise self._faults.pop(0)
        self.values += [one.value for one in self._open]
        self.place = self._to

    def abort(self) -> None:
        self._open = []

    def rebuild(self) -> None:
        self._open = []

    def bytes_max(self, topic: str) -> int:
        return 1_000_000

    def close(self) -> None:
        self._open = []

    def offsets(self, taken: int) -> Mapping[Partition, int]:
        return {Partition("t", 0): taken}

    def read(self) -> int:
        return self.place
