"""What a reader remembers of the topics it read: which of those that bore one name in turn.

A topic that is deleted and made anew has another life, told by Kafka's id of it. Where Kafka has
no ids, lives are counted, and a new one is known by what was committed: it is past the end, or is
gone. Both Kafkas, the real one and the twin, go by these rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from broker.ports import Life, Partition

FIRST_LIFE: Final = "1"
"""What the first life is called where there are no ids."""
LOOK_INTERVAL_S: Final = 1.0
"""How often an idle reader looks: one whose topic was made anew shorter would wait for ever."""

Ends = Callable[[Partition], tuple[int, int] | None]
"""The first offset that a partition holds and the one after its last; None: not known now."""


class Committed(NamedTuple):
    """What a group has committed of a partition: `offset` is negative where nothing is.

    `life` is the name of the topic's life that it is of, empty where that was not written.
    """

    offset: int
    life: str = ""


class Memory:
    """What one reader read, over all its assignments."""

    def __init__(self) -> None:
        self._names: dict[Partition, str] = {}
        self._placed: dict[Partition, tuple[int, Life]] = {}
        self._ends: dict[Partition, tuple[str, int]] = {}

    def is_another(self, topic: str, name: str) -> bool:
        """Whether a topic that bore the name in another life than that was read."""
        return any(each.topic == topic and known != name for each, known in self._names.items())

    def resumed(
        self, partition: Partition, known: Committed, topic_id: str, ends: Ends
    ) -> Committed | None:
        """Where to go on in the life that the topic is in now; None where that is not known.

        What was committed in another life is not believed: the new one has no history to skip,
        and is read from its first offset. The offset stays negative where nothing was committed.
        topic_id: empty where Kafka has none.
        """
        if topic_id and known.life in ("", topic_id):
            return Committed(known.offset, topic_id)
        held = ends(partition)
        if held is None:
            return None
        name = topic_id or self._counted(partition, known, held[1])
        goes_on = known.life in ("", name) and known.offset <= held[1]
        return Committed(known.offset if goes_on else held[0], name)

    def place(self, places: Mapping[Partition, Committed]) -> None:
        """Partitions are read from these offsets on, in these lives."""
        for partition, (offset, name) in places.items():
            before = self._ends.get(partition, (name, 0))
            self._placed[partition] = offset, Life(name, *(before if before[0] != name else ()))
            self._names[partition] = name

    def give_back(self) -> None:
        self._placed = {}

    def end(self, ends: Mapping[Partition, int]) -> None:
        """Partitions are known to have held offsets up to there in the lives they are placed in."""
        for partition in ends.keys() & self._placed.keys():
            self._ends[partition] = self._placed[partition][1].name, ends[partition]

    def lives(self, starts: Mapping[Partition, int]) -> dict[Partition, Life]:
        """The life of each placed partition, given where the last poll began."""
        return {
            partition: life if starts.get(partition) == first else Life(life.name)
            for partition, (first, life) in self._placed.items()
        }

    def differing(self, found: Mapping[str, str | None]) -> Iterable[str]:
        """The topics of which a partition is placed in another life than the one found now.

        Not all need be: one that was placed later is in the life that the topic had by then.
        found: by topic its id, None where there is no such topic; empty tells nothing.
        """
        placed = {(each.topic, life.name) for each, (_, life) in self._placed.items()}
        wrong = {topic for topic, name in placed if found.get(topic, "") not in ("", name)}
        return (topic for topic in found if topic in wrong)

    def _counted(self, partition: Partition, known: Committed, end: int) -> str:
        name = known.life or self._names.get(partition, FIRST_LIFE)
        is_gone = known.offset < 0 and partition in self._names
        return str(int(name) + 1) if is_gone or known.offset > end else name


def offsets_in_lives(
    known: Mapping[Partition, Committed], lives: Mapping[Partition, Life]
) -> dict[Partition, int]:
    """The offsets that stand, without those of topics which others of their names have replaced."""
    return {
        each: offset
        for each, (offset, life) in known.items()
        if each in lives and offset >= 0 and life in ("", lives[each].name)
    }
