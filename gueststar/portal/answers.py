"""Tables as the HTTP interface gives them: JSON, CSV, Parquet, Arrow, VOTable; by pages."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from starlette.responses import Response

from gueststar.answer import Answer
from lake.saving import arrow_table
from schemas.columns import unit_of

FORMS: Mapping[str, tuple[str, str]] = {
    "json": ("application/json", ".json"),
    "csv": ("text/csv; charset=utf-8", ".csv"),
    "parquet": ("application/vnd.apache.parquet", ".parquet"),
    "arrow": ("application/vnd.apache.arrow.file", ".arrow"),
    "votable": ("application/x-votable+xml", ".vot"),
}
"""By the name that `format` takes: the media type, and how a file's name ends."""

EXACT_MAX = 2**53
"""Whole numbers beyond are not the same in all readers of JSON, which have float64."""


class Page(NamedTuple):
    """Which rows of an answer are wanted."""

    offset: int
    limit: int


def respond(answer: Answer, form: str, page: Page, name: str) -> Response:
    """A page of an answer in one of FORMS; a file by that name but for JSON.

    Raises QuestionError where a column cannot be in that form.
    """
    media_type, ending = FORMS[form]
    rows = Answer(answer.table.slice(page.offset, page.limit), answer.cut_short, answer.with_units)
    headers = {"X-Total-Rows": str(len(answer))}
    if form == "json":
        return Json(document(answer, rows, page), headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{name}{ending}"'
    return Response(_file(_without_lists(rows), ending), media_type=media_type, headers=headers)


class Json(Response):
    """A JSON document; a NaN in it is a fault."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def document(answer: Answer, rows: Answer, page: Page) -> dict[str, Any]:
    """An answer's page as a JSON object."""
    after = page.offset + len(rows)
    return {
        "columns": [
            {"name": name, "unit": unit_of(name) if answer.with_units else None}
            for name in rows.columns
        ],
        "rows": records(rows),
        "offset": page.offset,
        "total": len(answer),
        "next_offset": after if after < len(answer) else None,
        "cut_short": answer.cut_short or None,
    }


def records(answer: Answer) -> list[dict[str, Any]]:
    """Rows as JSON has them: ids and large numbers are texts, what is no finite number is None."""
    columns = {name: _cleaned(name, answer.table.column(name)) for name in answer.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _cleaned(name: str, column: Any) -> list[Any]:  # noqa: ANN401 - pyarrow has no types
    values: list[Any] = column.to_pylist()
    whole = str(column.type).startswith(("int", "uint"))
    large = any(each is not None and abs(each) > EXACT_MAX for each in values) if whole else False
    if name == "alert_id" or large:
        return [None if each is None else str(each) for each in values]
    return [clean(each) for each in values]


def clean(value: Any) -> Any:  # noqa: ANN401 - of any column
    """A value, or values within one another, as JSON has them."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): clean(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _without_lists(answer: Answer) -> Answer:
    """Lists of texts, as the filters of an alert, become one text: other forms have no lists."""
    table = answer.table
    for place, field in enumerate(table.schema):
        if str(field.type).startswith(("list<", "large_list<")) and "string" in str(field.type):
            joined = np.array([" ".join(each or ()) for each in table.column(place).to_pylist()])
            texts = arrow_table({field.name: joined.astype(np.str_)}).column(0)
            table = table.set_column(place, field.name, texts)
    return Answer(table, answer.cut_short, answer.with_units)


def _file(answer: Answer, ending: str) -> bytes:
    with TemporaryDirectory(prefix="gueststar-portal-") as folder:
        path = Path(folder) / f"answer{ending}"
        answer.save(path)
        return path.read_bytes()
