"""A Confluent schema registry over HTTP: the surveys' schemas found, our own registered."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas.avro import WriterSchema
from schemas.errors import RegistryError, SchemaError
from schemas.secrets import keep

PATIENCE: dict[str, object] = {"timeout": 5, "max.retries": 3, "retries.wait.ms": 200}
"""Seconds to wait for an answer, and how often to ask again; a setting of the same name wins."""
UNKNOWN_KEPT_S = 60.0
"""How long an unknown id is taken to be unknown, so that a flood of them asks the registry once."""
UNKNOWN_KEPT_MAX = 10_000
HTTP_NOT_FOUND, HTTP_CONFLICT = 404, 409
FILES: Final = ".location"
"""How the names of settings end that name a file."""
REGISTER_TRIES = 3
"""A registry may answer with a conflict where another worker registers the same at that moment."""
ENVIRONMENT: Final = "GUESTSTAR_REGISTRY_"
"""What the names of environment variables begin with that hold the client's settings."""
UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"
"""As OpenSSL says it, whatever the HTTP library makes of it."""
TRUST: Final = (
    f"name the file of its CA, ssl.ca.location, in the registry's settings or {ENVIRONMENT}"
    "SSL_CA_LOCATION, and the host that its certificate is for"
)
REMEDIES = {
    401: "give the registry's user and password",
    403: "ask for the right to do so, give another user and password, or another registry",
    409: "set the subject's compatibility level to NONE, as each writer schema is a version of it",
}


class Levels(NamedTuple):
    """Compatibility levels of a registry, as `BACKWARD`, in capitals."""

    default: str
    """Of a subject that has none of its own."""
    subjects: Mapping[str, str]
    """By subject."""


class RegistrySchemas:
    """Finds writer schemas by id (`SchemaSource`) and registers ours (`Registrar`)."""

    def __init__(
        self,
        settings: Mapping[str, object],
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`settings` are the client's own: `url`, `basic.auth.user.info`, `ssl.ca.location`...

        Raises RegistryError where one of them is wrong; asks nothing yet.
        """
        self._monotonic_s = monotonic_s
        self._unknown: dict[int, float] = {}
        for name, value in settings.items():
            keep(name, value)
        try:
            self._client = SchemaRegistryClient({**PATIENCE, **settings})
        except (ValueError, TypeError, OSError) as error:
            files = [f"{key} = {each!r}" for key, each in settings.items() if key.endswith(FILES)]
            what = " of ".join([str(error), *filter(None, [", ".join(files)])])
            raise RegistryError(f"the schema registry's settings: {what}; correct them") from error
        self.place = urlsplit(str(settings["url"])).netloc.rpartition("@")[2]
        """Its host and port."""

    @classmethod
    def at(cls, url: str) -> RegistrySchemas:
        """That of an address, entered as the environment says.

        `GUESTSTAR_REGISTRY_BASIC_AUTH_USER_INFO` is `basic.auth.user.info`, and so on. Raises
        RegistryError where a setting is wrong.
        """
        found = {
            name.removeprefix(ENVIRONMENT).lower().replace("_", "."): value
            for name, value in os.environ.items()
            if name.startswith(ENVIRONMENT)
        }
        return cls({**found, "url": url})

    def find(self, schema_id: int) -> WriterSchema | None:
        """The schema of that id; None where there is none, or none of an Avro record.

        Rubin registers each alert schema whole; references to other subjects are not followed.
        Raises RegistryError where the registry does not answer.
        """
        if self._unknown.get(schema_id, -1.0) > self._monotonic_s():
            return None
        schema = self._fetched(schema_id)
        if schema is None:
            self._remember_unknown(schema_id)
        return schema

    def register(self, subject: str, schema: str) -> int:
        """The id of a schema's JSON text under that subject; the same each time.

        Raises RegistryError where the registry does not answer, or refuses.
        """
        with self._asking(f"to register {subject}"):
            return self._registered(subject, Schema(schema, "AVRO"), REGISTER_TRIES)

    def levels(self, subjects_end: str) -> Levels:
        """The compatibility levels of the registry, and of those subjects that end so.

        Raises RegistryError where the registry does not answer, or refuses.
        """
        with self._asking("for its compatibility levels"):
            default = self._client.get_compatibility()
            ours = [name for name in self._client.get_subjects() if name.endswith(subjects_end)]
            return Levels(default, {name: self._level(name) or default for name in ours})

    def _registered(self, subject: str, schema: Schema, tries: int) -> int:
        try:
            return int(self._client.register_schema(subject, schema))
        except SchemaRegistryError as error:
            if error.http_status_code != HTTP_CONFLICT or tries == 1:
                raise
        return self._registered(subject, schema, tries - 1)

    def _level(self, subject: str) -> str | None:
        """Of a subject's own; None where it has none."""
        try:
            level: str = self._client.get_compatibility(subject)
        except SchemaRegistryError as error:
            if error.http_status_code == HTTP_NOT_FOUND:
                return None
            raise
        return level

    def _fetched(self, schema_id: int) -> WriterSchema | None:
        with self._asking(f"for schema id {schema_id}"):
            try:
                schema = self._client.get_schema(schema_id)
            except SchemaRegistryError as error:
                if error.http_status_code == HTTP_NOT_FOUND:
                    return None
                raise
        try:
            return WriterSchema.of(schema.schema_str, schema_id)
        except SchemaError:
            return None

    def _remember_unknown(self, schema_id: int) -> None:
        if len(self._unknown) >= UNKNOWN_KEPT_MAX:
            self._unknown.clear()
        self._unknown[schema_id] = self._monotonic_s() + UNKNOWN_KEPT_S

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Whatever keeps the registry from answering becomes a RegistryError."""
        try:
            yield
        except SchemaRegistryError as error:
            remedy = REMEDIES.get(error.http_status_code, "see the registry's log")
            message = f"the schema registry {self.place}, asked {what}, says: {error}; {remedy}"
            raise RegistryError(message) from error
        except Exception as error:
            # The client's HTTP library, and so its exceptions, differ between its versions.
            is_untrusted = UNTRUSTED in str(error)
            remedy = TRUST if is_untrusted else "check that it runs and that its address is right"
            how = "is not trusted" if is_untrusted else "does not answer"
            raise RegistryError(
                f"the schema registry {self.place} {how}, asked {what}: {error}; {remedy}"
            ) from error
