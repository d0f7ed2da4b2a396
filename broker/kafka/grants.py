"""Who may enter a Kafka, and do what there: users by SCRAM-SHA-512, and their access lists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
)

from broker.kafka.admin import KafkaAdmin
from broker.kafka.asking import DONE_S_MAX, GIVEN_UP, Asking
from broker.kafka.connection import Connection
from broker.kafka.faults import Use, error_of, refused
from broker.kafka.rights import OPERATIONS, Kind, Operation, Right
from schemas.errors import BrokerError

Answer = TypeVar("Answer")

KINDS: Final[Mapping[Kind, ResourceType]] = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional id": ResourceType.TRANSACTIONAL_ID,
}
NAMED: Final = {kind: name for name, kind in KINDS.items()}
ASKED: Final[Mapping[Operation, AclOperation]] = {
    **{name: operation for operation, name in OPERATIONS.items()},
    "Create": AclOperation.CREATE,
}
SAID: Final = {operation: name for name, operation in ASKED.items()}


class KafkaGrants:
    """Users and what they may do. Raises KafkaUnavailable, and BrokerError where we may not."""

    def __init__(self, connection: Connection) -> None:
        self._admin = KafkaAdmin(connection)
        self._place = connection.entered_as
        self._asking = Asking(connection)

    def users(self) -> list[str]:
        """Those who have a password."""
        self._require_rights()
        found: Mapping[str, object] = self._ask(
            lambda client: client.describe_user_scram_credentials(**GIVEN_UP).result(DONE_S_MAX)
        )
        return sorted(found)

    def admit(self, user: str, password: str) -> None:
        """Have a user enter with this password from now on, and with no other."""
        self._admin.admit(user, password)

    def dismiss(self, user: str) -> None:
        """Nobody enters as this user any more; nothing where there is none."""
        asked = [UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512)]
        self._ask(
            lambda client: _done(
                client.alter_user_scram_credentials(asked).values(),
                KafkaError.RESOURCE_NOT_FOUND,
            )
        )

    def grant(self, user: str, rights: Collection[Right]) -> None:
        """These, beside what the user may already."""
        wanted = [binding(user, right) for right in dict.fromkeys(rights)]
        self._ask(lambda client: _done(client.create_acls(wanted, **GIVEN_UP).values()))

    def withdraw(self, user: str) -> None:
        """All that a user may."""
        every = _filter(user)
        self._ask(lambda client: _done(client.delete_acls([every], **GIVEN_UP).values()))

    def rights(self, user: str) -> set[Right]:
        """What a user may, as far as it is of the kinds that we grant."""
        found: Iterable[AclBinding] = self._ask(
            lambda client: client.describe_acls(_filter(user), **GIVEN_UP).result(DONE_S_MAX)
        )
        return {
            Right(
                SAID[each.operation],
                NAMED[each.restype],
                each.name,
                each.resource_pattern_type is ResourcePatternType.PREFIXED,
            )
            for each in found
            if each.operation in SAID and each.restype in NAMED
        }

    def _require_rights(self) -> None:
        """Raises BrokerError for who may not ask of users: the client (2.16) dies of such a no."""
        found = self._ask(
            lambda client: client.describe_cluster(
                include_authorized_operations=True, **GIVEN_UP
            ).result(DONE_S_MAX)
        )
        may = {*(found.authorized_operations or ())}
        if not {AclOperation.DESCRIBE, AclOperation.ALTER} <= may:
            right = "Describe and Alter the cluster"
            raise BrokerError(f"no right to {right} at {self._place}; ask who grants rights there")

    def _ask(self, question: Callable[[AdminClient], Answer]) -> Answer:
        try:
            return self._asking.insist(lambda: question(self._asking.client))
        except KafkaException as raised:
            error = error_of(raised)
            if error.code() == KafkaError.SECURITY_DISABLED:
                raise BrokerError(
                    "this Kafka checks no rights; set its authorizer.class.name first"
                ) from raised
            use = Use(self._place, "Describe and Alter")
            raise refused(error, use) or BrokerError(f"Kafka answers: {error.str()}") from raised


def _done(futures: Iterable[Future[Any]], but: int | None = None) -> bool:
    """True, once all is done. Raises what any raises, `but` for one code."""
    for future in futures:
        try:
            future.result(DONE_S_MAX)
        except KafkaException as raised:
            if error_of(raised).code() != but:
                raise
    return True


def binding(user: str, right: Right) -> AclBinding:
    """That a user has a right, as Kafka keeps it."""
    return AclBinding(
        KINDS[right.kind],
        right.name,
        ResourcePatternType.PREFIXED if right.begins else ResourcePatternType.LITERAL,
        f"User:{user}",
        "*",
        ASKED[right.operation],
        AclPermissionType.ALLOW,
    )


def _filter(user: str) -> AclBindingFilter:
    """All of a user's."""
    return AclBindingFilter(
        ResourceType.ANY,
        None,
        ResourcePatternType.ANY,
        f"User:{user}",
        None,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
