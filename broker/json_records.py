"""Records of a control topic as JSON: frozen dataclasses, read back as strictly as written."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, is_dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from schemas.errors import GueststarError
from schemas.plain_text import plain

NUMBER_MAX = 1e300
"""Numbers beyond are infinite, or not worth keeping."""
ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u00[01][0-9a-f]|b|f)")
"""Control characters as JSON writes them, but for tab and line ends."""
REASON_MAX = 500
"""Characters of a reason; what a filter raised may be longer, and says no more."""


class RecordError(GueststarError):
    """A message of a control topic that is no record; readers pass over it."""


def shortened(reason: str) -> str:
    """A reason as a record holds it: one line of at most REASON_MAX characters."""
    line = plain(" ".join(reason.split()))
    return line if len(line) <= REASON_MAX else f"{line[: REASON_MAX - 1]}…"


def require(holds: bool, otherwise: str) -> None:
    """Raises RecordError, saying so, where it does not hold."""
    if not holds:
        raise RecordError(otherwise)


def encoded(record: Any) -> bytes:  # noqa: ANN401 - any frozen dataclass
    """As a message holds it."""
    text = json.dumps(asdict(record), ensure_ascii=False, allow_nan=False)
    return _harmless(text).encode()


def document_of(value: bytes) -> object:
    """The JSON of a message. Raises RecordError."""
    try:
        document: object = json.loads(value, parse_constant=_refused)
        # Half a surrogate pair can be written as JSON and never printed.
        text = json.dumps(document, ensure_ascii=False)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise RecordError(f"no JSON: {error}") from error
    harmless = _harmless(text)
    return document if harmless == text else json.loads(harmless)


def _harmless(text: str) -> str:
    """JSON without what commands a terminal: what others said is in many a record."""
    return ESCAPED.sub(r"\1?", plain(text))


def _refused(constant: str) -> NoReturn:
    raise RecordError(f"{constant} is no number")


def read(kind: Any, value: object) -> Any:  # noqa: ANN401 - any frozen dataclass
    """A JSON value as that type; nothing is converted, nothing left out. Raises RecordError."""
    if get_origin(kind) is UnionType:
        return None if value is None else read(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return tuple(read(get_args(kind)[0], each) for each in _plain(list, value))
    if is_dataclass(kind):
        return _fields(kind, _plain(dict, value))
    if kind is float:
        return _number(value)
    if kind in {str, int, bool}:
        return _plain(kind, value)
    return _member(kind, value) if isinstance(kind, type) else _plain(dict, value)


@cache
def _hints(kind: type) -> dict[str, Any]:
    """A dataclass's types: found once, as that takes a millisecond."""
    return get_type_hints(kind)


def _fields(kind: Any, document: dict[str, object]) -> Any:  # noqa: ANN401 - as above
    hints = _hints(kind)
    require(document.keys() == hints.keys(), f"its keys are not {', '.join(hints)}")
    return kind(**{name: read(hints[name], each) for name, each in document.items()})


def _member(kind: type[StrEnum], value: object) -> StrEnum:
    text = str(_plain(str, value))
    require(text in [*kind], f"{text!r:.80} is none of {', '.join(kind)}")
    return kind(text)


def _plain(kind: type, value: object) -> Any:  # noqa: ANN401 - a value of that kind
    """A value that JSON has in that kind; True is no whole number."""
    require(type(value) is kind, f"{value!r:.80} is no {kind.__name__}")
    return value


def _number(value: object) -> float:
    """Compared before it is converted: a whole number of JSON may be too large for a float."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < NUMBER_MAX:
        return float(value)
    raise RecordError(f"{value!r:.80} is no number")
