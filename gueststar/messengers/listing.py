"""Events on a terminal: a row each, or one with all that is known."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console

from gueststar.messengers.place import Read
from gueststar.table import plain_table
from schemas.errors import NoticeError, QuestionError
from sky.messengers.circle import Circle
from sky.messengers.localisation import Localisation, Places
from sky.messengers.notices import DAY_S, UNIX_MJD, Notice
from sky.messengers.sky_map import SkyMap

YEAR_S = 365.25 * DAY_S
LEVELS = (0.5, 0.9)


def tell_all(notices: Mapping[str, Notice]) -> None:
    """A row each, the newest first."""
    table = plain_table()
    for name in ("event", "by", "notice", "event time, UTC", "90 %, deg²", "false alarms"):
        table.add_column(name, no_wrap=True, justify="right" if "%" in name else "left")
    newest = sorted(notices.values(), key=lambda one: one.created_unix_s, reverse=True)
    for notice in newest:
        where = _place(notice)
        size = "-" if where is None else f"{where.area_deg2(0.9):,.1f}"
        table.add_row(
            notice.event, notice.source, notice.kind, _time(notice.mjd), size, _rate(notice)
        )
    console = Console()
    console.print(table)
    console.print(f"{len(newest):,} events")


def tell(found: Read, *, raw: bool = False, to: Path | None = None) -> None:
    """All that is known of one; to: a picture of its map."""
    if raw and isinstance(found, Notice):
        sys.stdout.buffer.write(found.raw)
        return
    console = Console()
    for name, value in facts(found):
        console.print(f"{name:>16}  {value}", markup=False, highlight=False, soft_wrap=True)
    if to is not None:
        where = located(found)
        title = found.event if isinstance(found, Notice) else "sky map"
        draw_to(to, where, np.zeros((2, 0)), title)
        console.print(f"{to} shows it", markup=False, highlight=False, soft_wrap=True)


def located(found: Read) -> Localisation:
    """Where it may have been. Raises QuestionError where that is not known."""
    where = found.localisation() if isinstance(found, Notice) else found
    if where is None:
        assert isinstance(found, Notice)
        raise QuestionError(f"the {found.kind} of {found.event} has neither a map nor a circle")
    return where


def draw_to(to: Path, where: Localisation, alerts: np.ndarray, title: str) -> None:
    """A picture of a map and of alerts (2, n) on it, ra and dec in degrees."""
    from gueststar.pictures.alert import save  # noqa: PLC0415 - matplotlib takes a second
    from gueststar.pictures.sky_map import draw_map  # noqa: PLC0415

    save(draw_map(where, alerts[0], alerts[1], title=title), to)


def facts(found: Read) -> Iterator[tuple[str, str]]:
    """Names and values, the important first."""
    if isinstance(found, Notice):
        yield "event", found.event + (", a mock one" if found.mock else "")
        yield "by", f"{found.source}, {found.kind} of {_time_of(found.created_unix_s)}"
        if found.aliases:
            yield "also called", ", ".join(found.aliases)
        if found.about:
            yield "found near", found.about
        yield "time", f"{_time(found.mjd)} UTC"
        yield "false alarms", _rate(found) + ("" if found.significant else ", not significant")
        where = _place(found)
    else:
        where = found
    yield from _facts_of(where)


def _facts_of(where: Localisation | None) -> Iterator[tuple[str, str]]:
    if where is None:
        yield "place", "not known"
        return
    sample = where.sample()
    best = Places(sample.ra_deg[:1], sample.dec_deg[:1])
    if isinstance(where, Circle):
        yield "place", f"{where.ra_deg:.4f} {where.dec_deg:+.4f}, a circle"
    elif isinstance(where, SkyMap):
        yield "place", f"a map of {len(where):,} pixels"
        yield "most probable", f"{best.ra_deg[0]:.4f} {best.dec_deg[0]:+.4f}"
    for level in LEVELS:
        yield f"{level:.0%} within", f"{where.area_deg2(level):,.2f} square degrees"
    far = where.distances(best)
    if far is not None and np.isfinite(far.mean_mpc[0]):
        yield "distance there", f"{far.mean_mpc[0]:.0f} ± {far.width_mpc[0]:.0f} Mpc"


def _place(notice: Notice) -> Localisation | None:
    try:
        return notice.localisation()
    except NoticeError:
        return None


def _rate(notice: Notice) -> str:
    if not notice.far_hz:
        return "not said"
    years = 1 / notice.far_hz / YEAR_S
    return f"one in {years:,.3g} years" if years < 1e6 else f"one in {years:.1e} years"


def _time(mjd: float) -> str:
    return "-" if np.isnan(mjd) else _time_of((mjd - UNIX_MJD) * DAY_S)


def _time_of(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
