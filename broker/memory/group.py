"""A consumer group: members, generations, and who may commit.

The classic protocol, eager: a rebalance completes when every member has polled again, and a
member that is still at work on its batch may commit it until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import NamedTuple

from broker.errors import MemberFenced, MembershipOver, TransactionAborted
from broker.lives import Committed
from broker.ports import Life, Partition
from broker.positions import PositionStore
from broker.subscribed import subscribed

METADATA_S = 2.0
"""So often clients hear which partitions there are."""


class Membership(NamedTuple):
    """The token of `Source.group`: who committed, and in which generation of the group."""

    group: str
    member: str
    id: int
    """What the group called the member then; another joins with its name, and has another."""
    generation: int
    lives: Mapping[Partition, Life] = MappingProxyType({})
    """Written beside the offsets: those of another life are not believed."""
    positions: PositionStore | None = None
    """What takes the offsets of a group at another cluster."""
    starts: Mapping[Partition, int] = MappingProxyType({})
    """Where the poll began."""

    def committed(self, offsets: Mapping[Partition, int]) -> dict[Partition, Committed]:
        """Offsets with the lives that they are of."""
        return {
            each: Committed(at, self.lives.get(each, Life()).name) for each, at in offsets.items()
        }


@dataclass
class Member:
    """One member's place in the group; a static one outlives its process by a session."""

    holder: object
    """The process that has the name."""
    topics: Sequence[str]
    static: bool
    id: int
    id_before: int
    """What a coordinator that is killed now will know it by."""
    silent_since_s: float | None = None
    """When its heartbeats stopped; None while they come."""
    assigned: tuple[Partition, ...] = ()
    rejoined: bool = True
    """Whether it has polled since the rebalance in progress began."""


class Group:
    """The coordinator's view of one group."""

    def __init__(self, name: str, session_s: float) -> None:
        """Empty; a member silent for `session_s` is dropped."""
        self.name = name
        self.generation = 0
        self.rebalancing = False
        self._session_s = session_s
        self._ids = count()
        self._members: dict[str, Member] = {}
        self._dealt: dict[str, int] = {}
        self._differs_since_s: float | None = None

    def join(self, name: str, holder: object, topics: Sequence[str], *, static: bool) -> int:
        """Enter, or take over the place of a static member of that name; its id."""
        member, id_ = self._members.get(name), next(self._ids)
        if member is None:
            self._members[name] = Member(holder, topics, static, id_, id_)
            self.rebalance()
            self._members[name].rejoined = True
        else:
            member.holder, member.silent_since_s, member.rejoined = holder, None, True
            member.id_before, member.id = member.id, id_
        return id_

    def restart(self) -> None:
        """The coordinator is killed, and knows of the last one to take a name no more."""
        for member in self._members.values():
            member.id = member.id_before

    def knows(self, name: str, id_: int) -> bool:
        """Whether a member has that id."""
        return name in self._members and self._members[name].id == id_

    def has(self, name: str, holder: object, id_: int) -> bool:
        """Whether that process is a member by that id. Raises MemberFenced where another is."""
        member = self._members.get(name)
        if member is not None and member.holder is not holder:
            raise MemberFenced(
                f"another live process is worker {name!r} of group {self.name!r}; stop one of"
                " them, or start it with a --worker name of its own"
            )
        return self.knows(name, id_)

    def leave(self, name: str, holder: object, now_s: float) -> None:
        """A closing process: a static member's place is kept for a session."""
        member = self._members.get(name)
        if member is None or member.holder is not holder:
            return
        if member.static:
            member.silent_since_s = now_s
        else:
            del self._members[name]
            self.rebalance()

    def silence(self, name: str, holder: object, since_s: float | None) -> None:
        """Its heartbeats stop, or (None) come again, if it is a member still."""
        member = self._members.get(name)
        if member is not None and member.holder is holder:
            member.silent_since_s = since_s

    def rejoin(self, name: str) -> None:
        """A member polls during a rebalance."""
        self._members[name].rejoined = True

    def rebalance(self) -> None:
        """Begin one; it is complete when all have rejoined."""
        self.rebalancing = True
        for member in self._members.values():
            member.rejoined = False

    def tick(self, now_s: float, partitions: Mapping[str, Sequence[Partition]]) -> None:
        """Drop whom the session has run out for; complete a rebalance that can be."""
        for name, member in list(self._members.items()):
            since_s = member.silent_since_s
            if since_s is not None and now_s - since_s >= self._session_s:
                del self._members[name]
                self.rebalance()
        self._notice(now_s, partitions)
        if self.rebalancing and all(member.rejoined for member in self._members.values()):
            self.rebalancing = False
            self.generation += 1
            self._assign(partitions)

    def _notice(self, now_s: float, partitions: Mapping[str, Sequence[Partition]]) -> None:
        """Begin a rebalance where topics have had other partitions than were dealt, for a while."""
        if self.rebalancing or not self._members or self._sizes(partitions) == self._dealt:
            self._differs_since_s = None
        elif self._differs_since_s is None:
            self._differs_since_s = now_s
        elif now_s - self._differs_since_s >= METADATA_S:
            self.rebalance()

    def _sizes(self, partitions: Mapping[str, Sequence[Partition]]) -> dict[str, int]:
        """How many partitions each topic has that a member reads."""
        read = [topic for member in self._members.values() for topic in member.topics]
        return {topic: len(all_) for topic, all_ in partitions.items() if subscribed(topic, read)}

    def _assign(self, partitions: Mapping[str, Sequence[Partition]]) -> None:
        """Deal each topic's partitions to its subscribers, in the order of their names."""
        self._dealt = self._sizes(partitions)
        dealt: dict[str, list[Partition]] = {name: [] for name in sorted(self._members)}
        for topic, numbers in sorted(partitions.items()):
            takers = [name for name in dealt if subscribed(topic, self._members[name].topics)]
            for index, partition in enumerate(numbers if takers else ()):
                dealt[takers[index % len(takers)]].append(partition)
        for name, mine in dealt.items():
            self._members[name].assigned = tuple(mine)

    def assigned(self, name: str) -> tuple[Partition, ...]:
        """The partitions of a member in the present generation."""
        return self._members[name].assigned

    def require(self, membership: Membership) -> None:
        """May this membership commit? Raises MembershipOver or TransactionAborted."""
        known = membership.member in self._members
        if known and not self.knows(membership.member, membership.id):
            raise MembershipOver(f"group {self.name!r} has another membership of its name")
        if not known or membership.generation != self.generation:
            raise TransactionAborted(
                f"group {self.name!r} was rebalanced (generation {self.generation}, not"
                f" {membership.generation}); the batch is given back"
            )
