"""Where schemas are found and ours are registered, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from broker.settings import Settings
from schemas.avro import SchemaSource
from schemas.schema_folder import SchemaFolder

if TYPE_CHECKING:
    from schemas.registry import RegistrySchemas


def schema_source(settings: Settings) -> SchemaSource | None:
    """Where the writer schemas of bare records are found. Raises RegistryError."""
    section = settings.schemas
    if section.registry:
        return _registry(section.registry)
    return SchemaFolder(section.folder) if section.folder else None


def own_registry(settings: Settings) -> RegistrySchemas | None:
    """Where our own schemas get their ids; None where no framing asks. Raises RegistryError."""
    return _registry(settings.own_registry) if "confluent" in settings.framings else None


def _registry(client: Mapping[str, str]) -> RegistrySchemas:
    # Its client takes a fifth of a second to load, which a worker without one need not wait.
    from schemas.registry import RegistrySchemas  # noqa: PLC0415

    return RegistrySchemas(client)
