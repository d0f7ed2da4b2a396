"""TOML into frozen dataclasses, where the dataclass is the only description of what is allowed."""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NamedTuple, NewType, TypeVar, get_args, get_origin, get_type_hints

from broker.errors import SettingsError
from schemas.errors import DecodeLimitError
from schemas.secrets import keep
from schemas.suggestion import nearest

Table = TypeVar("Table")

PORT_MAX = 65_535
MESSAGE_CHARS_MAX = 1_500
"""Of what is said of a file; of a value that is as long as a book its ends are enough."""

SECRET = re.compile("security|registry|token|password|options|targets|address")
"""Where the values of settings may be secrets, and are not shown."""
VARIABLE = re.compile("[A-Z_][A-Z0-9_]*")
"""How environment variables are called; a password may begin with $, too."""

Signed = NewType("Signed", float)
"""A number that may be 0 or below, as a latitude; of every other setting there must be some."""


class Place(NamedTuple):
    """Where in the file we are: its folder, the table's name, the key."""

    folder: Path
    table: str
    key: str = ""

    def __str__(self) -> str:
        return f"[{self.table}] {self.key}" if self.table else f"[{self.key}]"


def read_table(kind: type[Table], path: Path, absent: Mapping[str, Any] | None = None) -> Table:
    """A dataclass from a TOML file; its nested dataclasses are the file's tables.

    absent: what keys say that the file does not have.

    Raises SettingsError, one line that names the file and the key, for a file that cannot be
    read, an unknown key (with the nearest known one), a value of the wrong kind or out of bounds.
    """
    try:
        document = {**(absent or {}), **_parsed(path)}
        return _table(kind, document, Place(path.resolve().parent, ""))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}") from error
    except (SettingsError, DecodeLimitError) as error:
        raise SettingsError(f"{path}: {_in_one_line(str(error))}") from error


def _parsed(path: Path) -> dict[str, Any]:
    """Raises OSError, and SettingsError for what is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise SettingsError("no TOML: it is nested too deep") from error
    except ValueError as error:  # a number of thousands of digits is one, too
        raise SettingsError(f"no TOML: {error}") from error


def _in_one_line(message: str) -> str:
    line = "".join(each if each.isprintable() else repr(each)[1:-1] for each in message)
    if len(line) <= MESSAGE_CHARS_MAX:
        return line
    return f"{line[: MESSAGE_CHARS_MAX // 2]} … {line[-MESSAGE_CHARS_MAX // 2 :]}"


def table_of(kind: type[Table], document: Mapping[str, Any]) -> Table:
    """The same of a document that was read already; paths in it are as they stand.

    Raises SettingsError, one line that names the key.
    """
    return _table(kind, document, Place(Path(), ""))


def _table(kind: type[Table], document: Mapping[str, Any], place: Place) -> Table:
    hints = get_type_hints(kind)
    table = f"[{place.table}]" if place.table else "the file"
    for key in document:
        if key not in hints:
            raise SettingsError(f"unknown key {key!r} in {table}{nearest(key, hints)}")
    for needed in fields(kind):  # type: ignore[arg-type]
        if needed.default is needed.default_factory is MISSING and needed.name not in document:
            raise SettingsError(f"[{needed.name}] is missing; it has no default")
    values = {
        key: _value(hints[key], value, place._replace(key=key)) for key, value in document.items()
    }
    return kind(**values)


def _value(kind: Any, value: Any, place: Place) -> Any:  # noqa: ANN401 - TOML's values
    """A value as the field's type wants it."""
    if isinstance(kind, type) and is_dataclass(kind):
        inner = f"{place.table}.{place.key}" if place.table else place.key
        return _table(kind, _of(dict, "a table", value, place), Place(place.folder, inner))
    origin = get_origin(kind)
    if origin is UnionType:
        return None if value == "" else _value(get_args(kind)[0], value, place)
    if origin is tuple:
        items = _of(list, "a list", value, place)
        return tuple(_value(get_args(kind)[0], item, place) for item in items)
    if origin is Literal or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return _choice(kind, value, place)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        named = _of(dict, "a table", value, place).items()
        return {
            key: _value(get_args(kind)[1], item, place._replace(key=f"{place.key}.{key}"))
            for key, item in named
        }
    return PLAIN[kind](value, place)


def _choice(kind: Any, value: Any, place: Place) -> Any:  # noqa: ANN401 - TOML's values
    allowed = [str(one) for one in (get_args(kind) or kind)]
    if value not in allowed:
        raise SettingsError(f"{place} = {value!r}; it is one of {', '.join(allowed)}")
    return value if get_args(kind) else kind(value)


def _of(kind: type, called: str, value: Any, place: Place) -> Any:  # noqa: ANN401 - TOML's values
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        # A password written without quotes is a number to TOML, and no less a password.
        shown = "what stands there" if SECRET.search(str(place)) else f"{value!r}"
        raise SettingsError(f"{place} = {shown} is not {called}")
    return value


def _text(value: Any, place: Place) -> str:  # noqa: ANN401 - TOML's values
    text: str = _of(str, "a text", value, place)
    if text.startswith("$"):
        if text[1:] not in os.environ:
            may_show = not SECRET.search(str(place)) or VARIABLE.fullmatch(text[1:])
            shown = repr(text) if may_show else "a text that begins with $"
            raise SettingsError(f"{place} = {shown}, and no such environment variable is set")
        text = os.environ[text[1:]]
    keep(place.key, text)
    return text


def _whole(value: Any, place: Place) -> int:  # noqa: ANN401 - TOML's values
    number: int = _of(int, "a whole number", value, place)
    # Port 0 asks for any free one; of everything else there must be one.
    least, most = (0, PORT_MAX) if place.key == "port" else (1, None)
    if number < least or (most is not None and number > most):
        raise SettingsError(f"{place} = {number} is out of bounds; the least is {least}")
    return number


def _float(value: Any, place: Place) -> float:  # noqa: ANN401 - TOML's values
    """Infinite where a whole number is beyond what a float holds."""
    number = _of((int, float), "a number", value, place)  # type: ignore[arg-type]
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _number(value: Any, place: Place) -> float:  # noqa: ANN401 - TOML's values
    number = _float(value, place)
    if not 0 < number < float("inf"):
        raise SettingsError(f"{place} = {value} is out of bounds; it must be above 0")
    return number


def _signed(value: Any, place: Place) -> Signed:  # noqa: ANN401 - TOML's values
    number = _float(value, place)
    if not abs(number) < float("inf"):
        raise SettingsError(f"{place} = {value} is out of bounds; it must be finite")
    return Signed(number)


def _yes_or_no(value: Any, place: Place) -> bool:  # noqa: ANN401 - TOML's values
    answer: bool = _of(bool, "true or false", value, place)
    return answer


def _path(value: Any, place: Place) -> Path:  # noqa: ANN401 - TOML's values
    return place.folder / _text(value, place)


PLAIN: Mapping[Any, Callable[[Any, Place], Any]] = {
    str: _text,
    int: _whole,
    float: _number,
    Signed: _signed,
    bool: _yes_or_no,
    Path: _path,
}
"""How a value of each plain type is read."""
