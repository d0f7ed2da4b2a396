"""The portal's door for who may not have its extra: nothing of that is imported before it is."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from broker.errors import SettingsError

LIBRARIES = ("starlette", "uvicorn", "jinja2")


def is_installed() -> bool:
    return all(find_spec(name) is not None for name in LIBRARIES)


def serve(config: Path, *, host: str | None, port: int | None) -> None:
    """Serve a configuration's portal. Raises SettingsError where its extra is not installed."""
    if not is_installed():
        raise SettingsError(
            "the portal needs Starlette, uvicorn and Jinja; pip install 'gueststar[portal]'"
        )
    from gueststar.portal import service  # noqa: PLC0415 - an extra

    service.serve(config, host=host, port=port)
