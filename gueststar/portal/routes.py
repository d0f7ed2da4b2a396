"""The routes of the HTTP interface, and what is said of each: its description is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from gueststar.portal import interface, skyportal
from gueststar.portal.backend import Backend
from gueststar.portal.cone_search import cone_search
from gueststar.portal.writing import acts as writing
from gueststar.portal.writing import lists


class Parameter(NamedTuple):
    """One of a route's."""

    name: str
    about: str
    example: str = ""
    required: bool = False
    is_of_path: bool = False
    """Part of the route itself."""


class Endpoint(NamedTuple):
    """A route of the interface, and what is said of it."""

    path: str
    answer: Callable[[Backend, Request], Response]
    about: str
    parameters: tuple[Parameter, ...] = ()
    is_table: bool = False


ID = Parameter("id", "The alert's id, a whole number.", "522156540015010002", required=True)
OBJECT = Parameter("object", "Its object, which spares a search.", "ZTF18abcdefg")
COLUMNS = Parameter("columns", "Those wanted, with commas between; all where none are named.")

ENDPOINTS = (
    Endpoint("/api/v1/tonight", interface.tonight, "The day: rates, finds, dead letters."),
    Endpoint(
        "/api/v1/nights",
        interface.nights,
        "The lake's nights.",
        is_table=True,
    ),
    Endpoint(
        "/api/v1/alert",
        interface.alert,
        "An alert: columns, scores, filters that took it, and what each filter says of it now.",
        (ID, OBJECT),
    ),
    Endpoint("/api/v1/packet", interface.packet, "An alert's packet.", (ID, OBJECT)),
    Endpoint("/api/v1/picture", interface.picture, "An alert as a picture, PNG.", (ID, OBJECT)),
    Endpoint(
        "/api/v1/stamp",
        interface.stamp,
        "One of an alert's stamps, PNG, at native size.",
        (
            *(ID, OBJECT),
            Parameter("plane", "science, template or difference.", "difference"),
            Parameter("scale", "asinh, linear or log.", "asinh"),
            Parameter("way", "north-up or as-sent.", "north-up"),
            Parameter("inverted", "1: bright is dark."),
        ),
    ),
    Endpoint(
        "/api/v1/object",
        interface.object_,
        "An object's alerts, by time.",
        (Parameter("id", "The object's id.", "ZTF18abcdefg", required=True), COLUMNS),
        is_table=True,
    ),
    Endpoint(
        "/api/v1/light_curve",
        interface.light_curve,
        "An object's light curve from all its alerts, each exposure once, forced photometry too.",
        (Parameter("object", "The object's id.", "ZTF18abcdefg", required=True),),
        is_table=True,
    ),
    Endpoint(
        "/api/v1/cone",
        interface.cone,
        "The alerts around a place, the nearest first.",
        (
            Parameter("ra", "Right ascension, ICRS, degrees.", "353.66", required=True),
            Parameter("dec", "Declination, ICRS, degrees.", "46.65", required=True),
            Parameter("radius", "5arcsec, 2arcmin or 1deg.", "5arcsec", required=True),
            COLUMNS,
        ),
        is_table=True,
    ),
    Endpoint(
        "/api/v1/similar",
        interface.similar,
        "The objects of the lake that are most like one, by their embeddings, the likest first.",
        (Parameter("id", "The object's id, or an alert's.", "ZTF18abcdefg", required=True),),
        is_table=True,
    ),
    Endpoint(
        "/api/v1/sql",
        interface.sql,
        "The rows of one SELECT (DuckDB's) over the views alerts, light_curves, nights, revisions.",
        (Parameter("q", "The statement.", "SELECT count(*) FROM alerts", required=True),),
        is_table=True,
    ),
    Endpoint("/api/v1/filters", interface.filters, "The filters on duty, with their clauses."),
    Endpoint("/api/v1/vocabulary", writing.words, "What may be written in a filter."),
    Endpoint(
        "/api/v1/filter/trial",
        writing.trial,
        "How far a filter's dry run is, and its report.",
        (Parameter("id", "The dry run's number.", "1", required=True),),
    ),
    Endpoint("/api/v1/lists", lists.lists, "Watchlists and regions."),
    Endpoint("/api/v1/ledger", interface.ledger, "What became of every alert."),
    Endpoint("/api/v1/workers", interface.workers, "How each worker stands, as it last said."),
    Endpoint(
        "/api/skyportal/alerts",
        skyportal.alerts,
        "Alerts as SkyPortal's generic broker asks for them: of an object, or around a place.",
        (
            Parameter("objectId", "The object."),
            Parameter("candid", "Or the alert."),
            Parameter("ra", "Or right ascension, ICRS, degrees, with dec and radius.", "353.66"),
            Parameter("dec", "Declination, ICRS, degrees.", "46.65"),
            Parameter("radius", "At most a degree.", "5"),
            Parameter("radius_units", "arcsec, arcmin or deg.", "arcsec"),
            Parameter("jd_start", "Not before."),
            Parameter("jd_end", "Not after."),
        ),
    ),
    Endpoint(
        "/api/skyportal/alerts/{alert_id}",
        skyportal.alert,
        "One of them, with its light curve: by the alert's id, or its object's.",
        (Parameter("alert_id", "Which.", "522156540015010002", required=True, is_of_path=True),),
    ),
    Endpoint(
        "/scs",
        cone_search,
        "Simple Cone Search of the IVOA, a VOTable.",
        (
            Parameter("RA", "Right ascension, ICRS, degrees.", "353.66", required=True),
            Parameter("DEC", "Declination, ICRS, degrees.", "46.65", required=True),
            Parameter("SR", "Radius, degrees; 0 asks for the columns alone.", "0.01", True),
        ),
    ),
)
"""What the routes and their description are made of; the stream stands beside them."""
