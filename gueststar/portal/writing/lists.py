"""Watchlists and regions by upload or by hand: seen on the sky, deployed beside the filters."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from broker.deployments.lists import NAME, As, Of, SkyList, key_of
from broker.json_records import shortened
from gueststar.portal import asked
from gueststar.portal.acts import Act, Given
from gueststar.portal.answers import Json
from gueststar.portal.backend import Backend
from gueststar.portal.night import DEPTH
from gueststar.portal.page import page
from gueststar.portal.sky_map import Place, SkyMap, counted, sky_map
from gueststar.portal.writing.acts import looked
from gueststar.portal.writing.desk import there
from schemas.errors import FilterError, QuestionError
from sky.cells import parents
from sky.listed import ROWS_MAX, packed, positions_of, ranges_of

UPLOAD_BYTES_MAX = 2**24
MARKS_MAX = 300
"""Circles that the map marks one by one."""
HEADS = {"watchlist": "ra_deg,dec_deg,radius_arcsec", "region": "ra_deg,dec_deg,radius_deg"}
"""Of rows that are written by hand."""


class Listed(NamedTuple):
    """A list's row."""

    name: str
    kind: str
    rows: int | None
    about: str
    by: str
    since_unix_s: float | None
    filters: tuple[str, ...]
    """Those on duty that name it."""


def lists_page(backend: Backend, request: Request) -> Response:
    """All lists, and one of them on the sky."""
    known = backend.judges.lists.known
    wanted = known.get(request.query_params.get("name", "")) or next(iter(known.values()), None)
    return page(
        backend,
        "lists",
        lists=listed(backend),
        shown=wanted,
        sky=sky_of(wanted) if wanted else None,
        is_desk=backend.desk is not None,
        rows_max=ROWS_MAX,
        heads=HEADS,
    )


def listed(backend: Backend) -> list[Listed]:
    """Those that were deployed, then those of the configuration."""
    judges, section = backend.judges, backend.settings.filters
    found = [
        Listed(
            *(one.name, str(one.kind), one.rows, one.about, one.by, one.deployed_unix_s),
            filters=_naming(backend, one.name),
        )
        for one in sorted(judges.lists.known.values(), key=lambda each: each.name)
    ]
    for kind, names in (("watchlist", section.watchlists), ("region", section.regions)):
        for name in sorted(names):
            given = (kind, None, "", "CONFIG.toml", None)
            found.append(Listed(name, *given, filters=_naming(backend, name)))
    return found


def _naming(backend: Backend, name: str) -> tuple[str, ...]:
    active = backend.judges.register.active
    return tuple(each.name for each in active if name in each.catalogues)


def sky_of(one: SkyList) -> SkyMap:
    """Where it is: cells by how many circles they hold, the first circles one by one."""
    if one.shape is As.CELLS:
        return sky_map(_covered(one))
    at = positions_of(one.packed, one.kind_named)
    marked = range(min(MARKS_MAX, len(at.ra_deg)))
    places = [_place(at.ra_deg[n], at.dec_deg[n], at.radius_arcsec[n]) for n in marked]
    return sky_map(counted(at.ra_deg, at.dec_deg), places)


def _place(ra_deg: float, dec_deg: float, radius_arcsec: float) -> Place:
    title = f"{ra_deg:.5f} {dec_deg:+.5f}, {radius_arcsec:g} arcsec"
    return Place(float(ra_deg), float(dec_deg), title, "", "")


def _covered(one: SkyList) -> dict[int, int]:
    """The cells of the map that a region touches."""
    found: set[int] = set()
    ranges = ranges_of(one.packed).astype(np.int64)
    first, last = (parents(each, DEPTH) for each in (ranges[:, 0], ranges[:, 1] - 1))
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        found.update(range(begin, end + 1))
    return dict.fromkeys(found, 1)


def deploy(backend: Backend, given: Given) -> Response:
    """Put a list in: the body is its file, or rows by hand, as `file` says by its ending."""
    query, desk = given.request.query_params, there(backend.desk)
    name, kind = asked.text_of(query, "name"), query.get("kind", "watchlist")
    if not NAME.fullmatch(name):
        raise QuestionError(f"{name!r:.70} is no name of a list; use letters, digits, _ and -")
    if kind not in [*Of]:
        raise QuestionError(f"kind {kind!r:.40} is none of {', '.join(Of)}")
    section = backend.settings.filters
    if name in section.regions or name in section.watchlists:
        raise QuestionError(f"CONFIG.toml has a list {name!r}; choose another name")
    found = read_upload(query.get("file", "rows.csv"), Of(kind), given.body)
    record = SkyList(
        name=name,
        kind=Of(kind),
        about=shortened(query.get("about", "")),
        by=given.by,
        deployed_unix_s=time.time(),
        **found,
    )
    with desk.opened() as control:
        control.present()
        control.write(record.key, record.encode())
    looked(backend)
    said = {"name": name, "kind": kind, "rows": record.rows, "sha256": record.sha256}
    return Json(said | {"filters": _naming(backend, name)})


def read_upload(file: str, kind: Of, body: bytes) -> dict[str, Any]:
    """What of a record comes out of a file's bytes. Raises QuestionError."""
    ending = "".join(Path(Path(file).name).suffixes[-2:])[-12:] or ".csv"
    if ending.lower().endswith(".csv"):
        body = _headed(body, kind)
    with TemporaryDirectory(prefix="gueststar-portal-") as folder:
        path = Path(folder) / f"list{ending if ending.isascii() else ''}"
        path.write_bytes(body)
        try:
            found = packed(path, "region" if kind is Of.REGION else "watchlist")
        except FilterError as error:
            raise QuestionError(str(error).replace(f"{path}: ", "")) from error
    return {**found._asdict(), "shape": As(found.shape)}


def _headed(body: bytes, kind: Of) -> bytes:
    """Rows without names of columns get them; blanks between numbers become commas."""
    lines = [each.strip() for each in body.decode("utf-8-sig", "replace").splitlines()]
    lines = [each for each in lines if each and not each.startswith("#")]
    if not lines or any(letter.isalpha() for letter in lines[0]):
        return body
    rows = [",".join(each.replace(",", " ").split()) for each in lines]
    columns = rows[0].count(",") + 1
    head = ",".join(HEADS[kind].split(",")[:columns])
    return "\n".join([head, *rows]).encode()


def remove(backend: Backend, given: Given) -> Response:
    """Take a list back. Raises QuestionError while a filter on duty names it."""
    name, desk = given.text("name"), there(backend.desk)
    looked(backend)
    if name not in backend.judges.lists.known:
        raise QuestionError(f"there is no deployed list {name!r:.70}")
    if asking := _naming(backend, name):
        raise QuestionError(f"filters on duty ask {name}: {', '.join(asking)}; pause them first")
    with desk.opened() as control:
        control.present()
        control.write(key_of(name), b"")
    looked(backend)
    return Json({"name": name, "removed": True})


def lists(backend: Backend, _: Request) -> Response:
    """All lists, as JSON."""
    return Json([each._asdict() for each in listed(backend)])


ACTS: tuple[Act, ...] = (
    Act(
        "/api/v1/list/deploy",
        deploy,
        "Put in a watchlist or region: the body is its file.",
        for_authors=True,
        body_bytes_max=UPLOAD_BYTES_MAX,
    ),
    Act("/api/v1/list/remove", remove, "Take a list back.", for_authors=True),
)
