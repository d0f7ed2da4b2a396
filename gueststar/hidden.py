"""The rooms are import names of their own: a file of the user's may stand in front of one."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from gueststar.rooms import ROOMS

OURS = Path(__file__).resolve().parent.parent
"""The folder that holds all rooms: the environment's packages, or a clone."""

HIDEABLE = tuple(room for room in ROOMS if room != "gueststar")
"""What has hidden gueststar itself, nobody here can say."""


def check_rooms() -> None:
    """Raise HiddenRoomError, naming the file, where Python would import another's room."""
    for room in HIDEABLE:
        in_the_way = file_in_the_way(room)
        if in_the_way:
            raise _error(f"{in_the_way} hides gueststar's own {room!r}: rename it, or move it away")


def file_in_the_way(room: str) -> str | None:
    """The file that `import room` would give instead of ours; None where it gives ours."""
    found = _found(room)
    if found is None:
        return f"a folder or module {room!r} without a file"
    ours = OURS / room / "__init__.py"
    return None if Path(found).resolve() == ours else found


def _found(room: str) -> str | None:
    """The file of a room already imported, else the one that an import would find."""
    if room in sys.modules:
        return sys.modules[room].__file__
    spec = find_spec(room)
    return spec.origin if spec else None


def _error(message: str) -> Exception:
    """A HiddenRoomError of our own file, since `schemas` may be what is hidden."""
    error: Exception = _our_errors().HiddenRoomError(message)
    return error


def _our_errors() -> ModuleType:
    """`schemas.errors`, loaded by path, and so is what it imports."""
    for name in ("plain_text", "secrets"):
        sys.modules.setdefault(f"schemas.{name}", _loaded(name))
    return _loaded("errors")


def _loaded(name: str) -> ModuleType:
    spec = spec_from_file_location(f"schemas.{name}", OURS / "schemas" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
