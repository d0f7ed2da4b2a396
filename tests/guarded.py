"""A Kafka that grants rights, as surveys' do, and the rights of its one user."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from broker.kafka.grants import binding
from broker.kafka.rights import Right
from kafka_node.listeners import User
from kafka_node.node import KafkaNode

ANSWER_S_MAX = 20.0
EVERY = AclBindingFilter(
    ResourceType.ANY,
    None,
    ResourcePatternType.ANY,
    None,
    None,
    AclOperation.ANY,
    AclPermissionType.ANY,
)


class Guarded:
    """The node, and who enters it otherwise than by its plain listener."""

    def __init__(self, node: KafkaNode, user: User) -> None:
        self.node = node
        self.user = user
        self._client = AdminClient({"bootstrap.servers": node.address})

    def grant(self, rights: Collection[Right]) -> None:
        """Have the user these rights and no others, from now on."""
        wanted = {str(one): one for one in (binding(self.user.name, right) for right in rights)}
        self._client.delete_acls([EVERY])[EVERY].result(ANSWER_S_MAX)
        self._done(self._client.create_acls([*wanted.values()]).values() if wanted else ())
        # The controller has them; who answers for them hears of it a little later.
        deadline_s = time.monotonic() + ANSWER_S_MAX
        while {str(each) for each in self._granted()} != wanted.keys():
            assert time.monotonic() < deadline_s, "the node hears of its rights"
            time.sleep(0.02)

    def _granted(self) -> Iterable[AclBinding]:
        found: Iterable[AclBinding] = self._client.describe_acls(EVERY).result(ANSWER_S_MAX)
        return found

    @staticmethod
    def _done(futures: Iterable[object]) -> None:
        for future in futures:
            future.result(ANSWER_S_MAX)  # type: ignore[attr-defined]
