"""The description of the HTTP interface, OpenAPI 3.1, made of the routes themselves."""

from __future__ import annotations

from typing import Any

from gueststar.portal.acts import Act
from gueststar.portal.answers import FORMS
from gueststar.portal.routes import ENDPOINTS, Endpoint, Parameter
from gueststar.portal.sent import ACTS
from gueststar.portal.writing.acts import FIELDS
from gueststar.release import __version__

PAGED = (
    Parameter("format", f"{', '.join(FORMS)}; JSON where none is named.", "json"),
    Parameter("limit", "Rows of this page.", "1000"),
    Parameter("offset", "Where this page begins: next_offset of the one before.", "0"),
)
ABOUT = (
    "Ids are texts, as whole numbers beyond 2^53 are not the same everywhere; what is not measured"
    " is null, in JSON what is infinite too (in a distance: nothing was found near). Times are"
    " UTC, positions ICRS in degrees, magnitudes AB. An error is a JSON object whose error says"
    " what to do."
)
LISTED = (
    Parameter("name", "The list's.", "mine", required=True),
    Parameter("kind", "watchlist or region.", "watchlist"),
    Parameter("file", "Its file's name, whose ending says its format.", "rows.csv"),
    Parameter("about", "What it is, for people."),
)
IMAGES = {"/api/v1/stamp": "image/png", "/api/v1/picture": "image/png"}
OTHERS = {"/api/v1/packet": "application/avro", "/scs": "text/xml", **IMAGES}


def described() -> dict[str, Any]:
    """The document."""
    stream = _operation(
        "The live stream as server-sent events: `alerts` with rows and how many more came,"
        " `left_out` where you read too slowly.",
        (Parameter("topic", "A filter's name; all alerts where none is named."),),
        {"text/event-stream": {}},
    )
    paths: dict[str, Any] = {each.path: _path(each) for each in ENDPOINTS}
    return {
        "openapi": "3.1.0",
        "info": {"title": "gueststar", "version": __version__, "description": ABOUT},
        "paths": paths | {"/api/v1/stream": {"get": stream}} | _sent(),
        "components": {"schemas": {"Table": TABLE, "Error": ERROR}},
    }


def parameters_of(endpoint: Endpoint) -> tuple[Parameter, ...]:
    """Its own, and those of all tables."""
    return (*endpoint.parameters, *(PAGED if endpoint.is_table else ()))


def _path(endpoint: Endpoint) -> dict[str, Any]:
    content: dict[str, Any] = {OTHERS.get(endpoint.path, "application/json"): {}}
    if endpoint.is_table:
        content = {media_type: {} for media_type, _ in FORMS.values()}
        content["application/json"] = {"schema": {"$ref": "#/components/schemas/Table"}}
    return {"get": _operation(endpoint.about, parameters_of(endpoint), content)}


def _sent() -> dict[str, Any]:
    """What is sent to the interface; a browser's sign-in is none of it."""
    return {each.path: {"post": _act(each)} for each in ACTS if each.path.startswith("/api/")}


def _act(act: Act) -> dict[str, Any]:
    found = _operation(act.about, (), {"application/json": {}})
    fields = {name: {"description": about} for name, about in FIELDS.items()}
    content = {"application/json": {"schema": {"type": "object", "properties": fields}}}
    if act.path.startswith("/api/v1/list/deploy"):
        content = {"application/octet-stream": {}}
        found["parameters"] = _parameters(LISTED)
    found["requestBody"] = {"content": content}
    refused = "Only an author may, or the page is old." if act.for_authors else "The page is old."
    found["responses"] |= {"403": {"description": refused}, "413": {"description": "Too much."}}
    return found


def _operation(
    about: str, parameters: tuple[Parameter, ...], content: dict[str, Any]
) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "summary": about,
        "parameters": _parameters(parameters),
        "responses": {
            "200": {"description": "The answer.", "content": content},
            "400": {"description": "What was asked cannot be.", "content": error},
            "404": {"description": "There is no such thing.", "content": error},
            "401": {"description": "A token is needed.", "content": error},
            "429": {"description": "Too often; Retry-After says when again.", "content": error},
            "503": {"description": "Not now.", "content": error},
        },
    }


def _parameters(parameters: tuple[Parameter, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "in": "path" if each.is_of_path else "query",
            "description": each.about,
            "required": each.required,
            "schema": {"type": "string"},
            **({"example": each.example} if each.example else {}),
        }
        for each in parameters
    ]


TABLE = {
    "type": "object",
    "properties": {
        "columns": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "unit": {"type": ["string", "null"]},
                },
            },
        },
        "rows": {"type": "array", "items": {"type": "object"}},
        "offset": {"type": "integer"},
        "total": {"type": "integer"},
        "next_offset": {"type": ["integer", "null"]},
        "cut_short": {"type": ["string", "null"]},
    },
}
ERROR = {"type": "object", "properties": {"error": {"type": "string"}}}
