"""A simulated week of three sites: weather, trails, faults, transients, what moves, and kills.

    python -m benchmarks.telescope_week FOLDER

Each site sees each field some times a night and takes its frames up as `gueststar telescope run`
does, but that it is killed at every step as a seed has it, and begun anew. Says how often flags are
right by kind, which transients were found by magnitude, how many alerts each night brought, what of
what moves was linked, and whether spools, bookmarks and what was sent add up.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import typer
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from benchmarks.telescope_kills import Kills, sent_by
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from telescope.fits_files import write_image
from telescope.simulate import Air, Field, as_reference, expose, header_of, sky_field
from telescope.sky_grid import sky_of

Floats = NDArray[np.float64]
FIRST_MJD, VISIT_DAYS = 61_000.3, 0.02
SITES = {
    "north": Air(fwhm=2.6, sky=150.0),
    "south": Air(fwhm=3.0, sky=220.0, throughput=1.15),
    "east": Air(fwhm=3.4, sky=200.0, gain=1.5),
}
NEAR_ARCSEC = 1.5
MAGNITUDES = (17.5, 18.5, 19.0, 19.5, 20.0, 20.5, 21.5)
FAULTS: dict[str, dict[str, float]] = {
    "trail": {"trails": 1.5},
    "focus": {"defocus": 3.0},
    "elongated": {"ellipticity": 0.35},
    "gradient": {"gradient": 0.5},
    "hot_pixels": {"hot": 80},
    "bad_columns": {"bad_columns": 2},
    "amplifier": {"amplifier": 8.0},
}
FAULT_SHARE, CLOUDY_SHARE, PATCHY_SHARE, POOR_SEEING_SHARE, CLOSED_SHARE = 0.2, 0.2, 0.1, 0.15, 0.1
FOLLOWS = {"clouds": {"patchy"}, "patchy": {"clouds"}, "focus": {"seeing", "elongated"}}
"""Flags that are no false ones where another's fault is: they name the same."""
SETTINGS = """[telescope]
frames = "frames"
reference = "reference.fits"
spool = "spool"
site = "{site}"
topic = "t"

[camera]
name = "{site}-{field}"
nominal = {{ fwhm_pixels = {fwhm}, sky_rms = {rms} }}
"""


@dataclass(frozen=True)
class Scale:
    """How much is simulated."""

    seed: int = 1
    sites: int = 3
    fields: int = 4
    nights: int = 7
    visits: int = 3
    transients: int = 200
    side: int = 512


class Transients(NamedTuple):
    """New sources of a field: places in its pixels, when they are brightest, and how bright."""

    x: Floats
    y: Floats
    mjd: Floats
    magnitude: Floats
    hosted: Floats

    def flux(self, mjd: float) -> Floats:
        """Counts: they rise in a day and fade in four."""
        away = mjd - self.mjd
        width = np.where(away < 0, 1.0, 4.0)
        return np.asarray(
            10 ** (0.4 * (26.0 - self.magnitude)) * np.exp(-0.5 * (away / width) ** 2)
        )


@dataclass
class Seen:
    """One site's frames of one field, and what it told."""

    site: str
    field: int
    flags: dict[str, set[str]]
    """Of each frame: what is wrong with it."""
    movers: dict[int, list[tuple[float, float]]]
    """By night: where what moves was at each visit, degrees."""
    records: list[dict[str, Any]]
    alerts: AlertBatch
    kills: int
    is_balanced: bool


def transients(scale: Scale, field: Field, number: int) -> Transients:
    """A field's share of the transients."""
    rng, count = default_rng([scale.seed, number, 1]), scale.transients // scale.fields
    x, y = rng.uniform(40, scale.side - 40, (2, count))
    hosted = np.arange(count) < count // 2
    hosts = rng.choice(np.flatnonzero(field.radius > 0), count)
    off = rng.normal(0, 1, (2, count)) * field.radius[hosts]
    inside = hosted & (np.abs(field.x[hosts] - scale.side / 2) < scale.side / 2 - 50)
    inside &= np.abs(field.y[hosts] - scale.side / 2) < scale.side / 2 - 50
    x, y = (
        np.where(inside, field.x[hosts] + off[0], x),
        np.where(inside, field.y[hosts] + off[1], y),
    )
    mjd = FIRST_MJD + rng.uniform(-1, scale.nights, count)
    magnitude = rng.uniform(MAGNITUDES[0], MAGNITUDES[-1], count)
    return Transients(x, y, mjd, magnitude, inside.astype(np.float64))


def week(folder: Path, scale: Scale) -> Iterator[tuple[Seen, Transients]]:
    """What each site tells of each field."""
    for number in range(scale.fields):
        field = sky_field(100 * scale.seed + number, scale.side, stars=350, galaxies=45)
        new = transients(scale, field, number)
        for at, site in enumerate(list(SITES)[: scale.sites]):
            place = folder / f"{site}-{number}"
            seen = Seen(site, number, {}, {}, [], Decoder().decode([]), 0, False)
            _write(place, scale, (field, new), seen)
            kills = Kills(default_rng([scale.seed, number, at, 3]))
            packets, seen.records, seen.is_balanced = sent_by(place / "telescope.toml", kills)
            seen.alerts, seen.kills = Decoder().decode(packets), kills.count
            yield seen, new


def _write(place: Path, scale: Scale, sky: tuple[Field, Transients], seen: Seen) -> None:
    """A site's settings, its reference and its frames of one field."""
    (field, new), rng = sky, default_rng([scale.seed, seen.field, [*SITES].index(seen.site), 2])
    wcs = sky_of(header_of(Air(), scale.side), (scale.side, scale.side))
    assert wcs is not None
    (place / "frames").mkdir(parents=True, exist_ok=True)
    usual = replace(SITES[seen.site], rays=3, hot=2)
    deep = replace(as_reference(usual), seed=int(rng.integers(2**31)), fwhm=usual.fwhm - 0.3)
    write_image(place / "reference.fits", expose(field, deep, scale.side)[0])
    rms = math.sqrt(usual.sky / usual.gain + (usual.read_noise / usual.gain) ** 2)
    text = SETTINGS.format(site=seen.site, field=seen.field, fwhm=usual.fwhm * 1.3, rms=rms)
    (place / "telescope.toml").write_text(text)
    for night in range(scale.nights):
        weather, flags = _weather(usual, rng)
        if rng.random() < CLOSED_SHARE:
            continue
        start, rate = rng.uniform(120, scale.side - 120, 2), rng.uniform(-1, 1, 2)
        rate *= rng.uniform(30, 150) / math.hypot(*rate)
        for visit in range(scale.visits):
            mjd = FIRST_MJD + night + visit * VISIT_DAYS
            air, own = _exposed(weather, mjd, rng)
            moving = start + rate * visit * VISIT_DAYS * 24
            name = f"n{night}v{visit}.fits"
            write_image(place / "frames" / name, _frame(scale, field, air, new, moving))
            seen.flags[name] = flags | own
            ra, dec = wcs.radec(moving[:1], moving[1:])
            seen.movers.setdefault(night, []).append((float(ra[0]), float(dec[0])))


def _frame(scale: Scale, field: Field, air: Air, new: Transients, moving: Floats) -> Any:  # noqa: ANN401
    flux = np.append(new.flux(air.mjd), 600.0)
    x, y = np.append(new.x, moving[0]), np.append(new.y, moving[1])
    return expose(field, air, scale.side, (x, y, flux, np.append(new.hosted, 0.0)))[0]


def _weather(usual: Air, rng: Generator) -> tuple[Air, set[str]]:
    """A night's air, and which flags it deserves."""
    flags, seeing = set[str](), float(rng.uniform(0.95, 1.1))
    if rng.random() < POOR_SEEING_SHARE:
        flags, seeing = flags | {"seeing"}, float(rng.uniform(1.5, 1.8))
    clear, patchy = float(rng.uniform(0.9, 1.0)), 0.0
    if rng.random() < CLOUDY_SHARE:
        flags, clear = flags | {"clouds"}, float(rng.uniform(0.4, 0.7))
    if rng.random() < PATCHY_SHARE:
        flags, patchy = flags | {"patchy"}, float(rng.uniform(0.4, 0.6))
    fwhm, light = usual.fwhm * seeing, usual.throughput * clear
    return replace(usual, fwhm=fwhm, throughput=light, patchy=patchy), flags


def _exposed(weather: Air, mjd: float, rng: Generator) -> tuple[Air, set[str]]:
    """A frame's air of a night, with a fault at times."""
    shift = rng.uniform(-6, 6, 2)
    air = replace(
        weather, seed=int(rng.integers(2**31)), mjd=mjd, turn_deg=float(rng.uniform(-0.4, 0.4)),
        shift=(float(shift[0]), float(shift[1])),
        fwhm=weather.fwhm * float(rng.uniform(0.97, 1.03)),
    )  # fmt: skip
    if rng.random() > FAULT_SHARE:
        return air, set()
    kind = str(rng.choice(list(FAULTS)))
    more: Any = FAULTS[kind]
    return replace(air, **more), {kind}


def lines(found: list[tuple[Seen, Transients]], scale: Scale) -> Iterator[str]:
    """A week in words and Markdown rows."""
    seen = [one for one, _ in found]
    records = [record for one in seen for record in one.records]
    reasons = Counter(
        record["reason"].split(" of ")[0][-40:] for record in records if record["reason"]
    )
    yield f"{len(records)} frames, {sum(reasons.values())} went no further: {dict(reasons)}"
    kills = sum(one.kills for one in seen)
    balanced = sum(one.is_balanced for one in seen)
    yield f"killed {kills} times; {balanced} of {len(seen)} spools, bookmarks and topics balance"
    yield from _flag_lines(seen)
    yield from _transient_lines(found, scale)
    yield from _mover_lines(seen)
    for night in range(scale.nights):
        nights = [np.floor(one.alerts.mjd - FIRST_MJD + VISIT_DAYS / 2) == night for one in seen]
        yield f"night {night + 1}: {sum(int(one.sum()) for one in nights)} alerts"


def _flag_lines(seen: list[Seen]) -> Iterator[str]:
    right, put, false = Counter[str](), Counter[str](), Counter[str]()
    for one in seen:
        for record in one.records:
            wanted, told = one.flags[record["name"]], set(record["flags"])
            allowed = wanted.union(*(FOLLOWS.get(name, set()) for name in wanted))
            if record["quality"] is None:
                continue
            put.update(wanted)
            right.update(wanted & told)
            false.update(told - allowed)
    yield "| flag | frames with it | recall | precision | false |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name in sorted(put | false):
        told_ = right[name] + false[name]
        recall = f"{right[name] / put[name]:.2f}" if put[name] else ""
        precision = f"{right[name] / told_:.2f}" if told_ else ""
        yield f"| {name} | {put[name]} | {recall} | {precision} | {false[name]} |"


def _transient_lines(found: list[tuple[Seen, Transients]], scale: Scale) -> Iterator[str]:
    by_field: dict[int, tuple[Transients, list[AlertBatch]]] = {}
    for one, new in found:
        by_field.setdefault(one.field, (new, []))[1].append(one.alerts)
    magnitudes, is_found = list[float](), list[bool]()
    for new, batches in by_field.values():
        near = [_near(scale, new, one).any(axis=0) for one in batches]
        magnitudes += new.magnitude.tolist()
        is_found += np.any(near, axis=0).tolist()
    magnitude, hit = np.array(magnitudes), np.array(is_found)
    yield "| brightest, mag | transients | found by a site at least |"
    yield "| --- | ---: | ---: |"
    for low, high in pairwise(MAGNITUDES):
        some = (magnitude >= low) & (magnitude < high)
        if some.any():
            yield f"| {low:g} to {high:g} | {some.sum()} | {hit[some].mean():.2f} |"
    false = Counter[str]()
    for one, new in found:
        nothing = ~_near(scale, new, one.alerts).any(axis=1) & ~_of_mover(one)
        for mjd in one.alerts.mjd[nothing].tolist():
            false.update(one.flags[_name_of(mjd)] or {"none"})
    yield f"alerts: {sum(len(one.alerts) for one, _ in found)}"
    yield f"of nothing put in, by what is wrong with their frames: {dict(false)}"


def _name_of(mjd: float) -> str:
    """The frame that was begun then."""
    night = math.floor(mjd - FIRST_MJD + VISIT_DAYS / 2)
    return f"n{night}v{round((mjd - FIRST_MJD - night) / VISIT_DAYS)}.fits"


def _near(scale: Scale, new: Transients, alerts: AlertBatch) -> NDArray[np.bool_]:
    """Which alerts are at which transients, (alerts, transients)."""
    sky = sky_of(header_of(Air(), scale.side), (scale.side, scale.side))
    assert sky is not None
    ra, dec = sky.radec(new.x, new.y)
    return _within(alerts, ra, dec)


def _within(alerts: AlertBatch, ra: Floats, dec: Floats) -> NDArray[np.bool_]:
    east = (alerts.ra_deg[:, None] - ra) * np.cos(np.radians(dec))
    return np.asarray(np.hypot(east, alerts.dec_deg[:, None] - dec) * 3600 < NEAR_ARCSEC)


def _of_mover(one: Seen) -> NDArray[np.bool_]:
    """Which alerts are of what moves."""
    places = np.array([place for night in one.movers.values() for place in night]).reshape(-1, 2)
    return np.asarray(_within(one.alerts, places[:, 0], places[:, 1]).any(axis=1))


def _mover_lines(seen: list[Seen]) -> Iterator[str]:
    """Of what moves: seen in all of a night's frames, and linked."""
    whole = linked = false = 0
    for one in seen:
        told = [each for record in one.records for each in record["detections"]]
        places: Floats = np.array([(each["ra"], each["dec"]) for each in told]).reshape(-1, 2)
        moving = np.array([each["trackletId"] is not None for each in told], np.bool_)
        own = np.zeros(len(told), np.bool_)
        for night in one.movers.values():
            off = (places[:, None] - night) * (math.cos(math.radians(20.0)), 1.0) * 3600
            near = np.hypot(off[..., 0], off[..., 1]) < NEAR_ARCSEC
            own |= near.any(axis=1)
            if near.any(axis=0).all():
                whole += 1
                linked += bool((near[:, -1] & moving).any())
        false += int((moving & ~own).sum())
    yield f"moving: {linked} linked of {whole} nights in which each frame shows it; {false} false"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where frames and spools go")
    for name, value in vars(Scale()).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    said = vars(parser.parse_args())
    folder = said.pop("folder")
    scale = Scale(**said)
    typer.echo("\n".join(lines(list(week(folder, scale)), scale)))


if __name__ == "__main__":
    main()
