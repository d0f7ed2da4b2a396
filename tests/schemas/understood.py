"""What fastavro read, made what the leaves understand by it: the conversions in plain Python."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from schemas.survey import Kind, Leaf, Survey
from tests.schemas.avro_types import Json, Value

YES, NO = {"t", "true", "y", "yes"}, {"f", "false", "n", "no"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def understood(record: Json, survey: Survey) -> Json:
    """What fastavro read, each wanted value as its leaf understands it, None where it does not."""
    for leaf in survey.leaves:
        _understand(record, leaf)
    for history in survey.histories:
        items = record.get(history.path)
        for item in items if isinstance(items, list) else ():
            for leaf in history.leaves:
                _understand(item, leaf)
            for name in ("jd", "midpointMjdTai"):  # a point without a time is none
                item[name] = math.nan if item.get(name) is None else item[name]
    return record


def _understand(record: Json, leaf: Leaf) -> None:
    holder = _holder(record, leaf.paths[0])
    if holder is None or leaf.kind not in PLAIN or leaf.name.startswith("stamp"):
        return
    names = [path.rpartition(".")[2] for path in leaf.paths]
    name = next((name for name in names if name in holder), names[0])
    holder[name] = PLAIN[leaf.kind](holder.get(name))


def _holder(record: Json, path: str) -> Json | None:
    *parts, _ = path.split(".")
    for part in parts:
        record = record.get(part) if isinstance(record, dict) else None
    return record if isinstance(record, dict) else None


def _text(value: Value) -> Value:
    return value.decode("ascii", "replace").strip() if isinstance(value, bytes) else value


def plain_float(value: Value) -> float | None:
    """A number, or a number as text."""
    value = _text(value)
    if isinstance(value, str):
        value = float(value) if NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isinf(value):
        return None
    return float(value)


def plain_integer(value: Value) -> int | None:
    """A whole number in any type, or yes and no."""
    value = _text(value)
    if isinstance(value, str):
        word = value.strip()
        if word.lower() in YES | NO:
            return int(word.lower() in YES)
        value = int(word) if re.fullmatch(r"[+-]?[0-9]{1,19}", word) else plain_float(word)
    if isinstance(value, float):
        return int(value) if abs(value) <= 2**53 and value == math.floor(value) else None
    return int(value) if isinstance(value, int) else None


def plain_letter(value: Value) -> str | None:
    """A letter, a digit, or yes and no."""
    value = _text(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        word = value.strip()
        told = "t" if word.lower() in YES else "f" if word.lower() in NO else None
        return word if len(word) == 1 else told
    whole = plain_integer(value) if isinstance(value, (int, float)) else None
    return str(whole) if whole is not None and 0 <= whole <= 9 else None


def _name(value: Value) -> Value:
    """An object's name."""
    return value.decode() if isinstance(value, bytes) else value


PLAIN: dict[Kind, Callable[[Value], Value]] = {
    Kind.FLOAT: plain_float,
    Kind.INTEGER: plain_integer,
    Kind.LETTER: plain_letter,
    Kind.SPAN: _name,
}
