"""Simulated seasons: one alert a detection, by time, with what was known then and nothing later."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import fastavro
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lake.archives import Archive
from lake.simulated.curves import CurveRows, write_curves
from lake.simulated.season import Files, Season, simulation_at
from lake.simulated.truth import read_truth, truth_columns, write_truth
from schemas.decode import Decoder
from schemas.errors import ArchiveError
from schemas.lsst_schema import LSST_SCHEMA, SCHEMA_ID
from schemas.photometry import NJY_PER_FLUXCAL
from schemas.schema_folder import SchemaFolder

HEADER = "object_id,mjd,passband,flux,flux_err,detected_bool"
SCHEMA = fastavro.parse_schema(json.loads(LSST_SCHEMA))
POINT = st.tuples(
    st.integers(1, 4).map(lambda number: 10 ** (2 * number)),
    st.integers(0, 40).map(lambda step: 59_600 + step * 0.7),
    st.integers(0, 5),
    st.floats(-1e3, 1e3, width=32),
    st.floats(0.125, 50, width=32),
    st.integers(0, 1),
)
Point = tuple[int, float, int, float, float, int]


def write(folder: Path, points: list[Point]) -> Season:
    """Kaggle's files of these points, an object's together, and the season that they make."""
    lines = [",".join(map(repr, point)) for point in sorted(points, key=lambda point: point[0])]
    (folder / "curves.csv").write_text("\n".join((HEADER, *lines)) + "\n")
    objects = sorted({point[0] for point in points})
    about = [
        f"{one}, {one % 360}.5, {-(one % 80)}.25, {90 if one < 9999 else 42}" for one in objects
    ]
    (folder / "about.csv").write_text("\n".join(("object_id,ra,decl,target", *about)) + "\n")
    files = simulation_at(folder)
    assert files
    return Season(files)


def alerts(points: list[Point]) -> list[bytes]:
    """What a season of these points sends."""
    with TemporaryDirectory() as folder:
        return list(write(Path(folder), points).alerts())


def record(packet: bytes) -> dict[str, Any]:
    """As fastavro reads it."""
    assert packet[:5] == b"\0" + SCHEMA_ID.to_bytes(4, "big")
    body = io.BytesIO(packet[5:])
    read: Any = fastavro.schemaless_reader(body, SCHEMA, None)
    assert body.tell() == len(packet) - 5
    return dict(read)


def mjd_of(packet: bytes) -> float:
    return float(record(packet)["diaSource"]["midpointMjdTai"])


@given(st.lists(POINT, max_size=40), st.lists(POINT, min_size=1, max_size=40), st.floats(0, 28))
@settings(max_examples=60, deadline=None)
def test_no_alert_depends_on_anything_later(
    early: list[Point], points: list[Point], after: float
) -> None:
    cut = 59_600 + after
    past = [one for one in (*early, *points) if one[1] < cut]
    others = [one for one in points if one[1] >= cut]
    if not past:
        return
    with_future = [one for one in alerts([*past, *others]) if mjd_of(one) < cut]
    assert with_future == alerts(past)


@given(st.lists(POINT, min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_season_is_one_alert_a_detection_by_time_with_all_that_was_known(
    points: list[Point],
) -> None:
    sent = [record(packet) for packet in alerts(points)]
    times = [one["diaSource"]["midpointMjdTai"] for one in sent]
    assert times == sorted(times)
    assert len(sent) == sum(point[5] for point in points)
    assert len({one["diaSourceId"] for one in sent}) == len(sent)
    for one in sent:
        now, name = one["diaSource"]["midpointMjdTai"], one["diaObject"]["diaObjectId"]
        known = [point for point in points if point[0] == name and point[1] < now]
        detected = [point for point in known if point[5]]
        assert told(one["prvDiaForcedSources"]) == expected(known)
        assert told(one["prvDiaSources"]) == expected(detected)
        assert one["diaObject"]["nDiaSources"] == len(detected) + 1
        first = min((point[1] for point in detected), default=now)
        assert one["diaObject"]["firstDiaSourceMjdTai"] == first
        assert one["diaSource"]["ra"] == name % 360 + 0.5
        assert one["diaSource"]["isNegative"] == (one["diaSource"]["psfFlux"] < 0)


def told(history: list[dict[str, Any]] | None) -> list[tuple[float, str, float, float]]:
    """A history's points."""
    names = ("midpointMjdTai", "band", "psfFlux", "psfFluxErr")
    return sorted(tuple(one[name] for name in names) for one in history or ())


def expected(points: list[Point]) -> list[tuple[float, str, float, float]]:
    """The same of points as they were written."""
    scale = NJY_PER_FLUXCAL
    return sorted(
        (mjd, "ugrizy"[band], float(np.float32(flux * scale)), float(np.float32(error * scale)))
        for _, mjd, band, flux, error, _ in points
    )


def test_the_decoder_reads_a_season_without_a_registry(tmp_path: Path) -> None:
    write(tmp_path, [(700, 59_601.5, 2, 10.0, 1.0, 1), (700, 59_603.5, 3, -4.0, 1.0, 1)])
    archive = Archive(tmp_path)
    batch = Decoder().decode([packet.data for packet in archive])
    assert not batch.rejected
    assert batch.object_id.tolist() == ["700", "700"]
    assert batch.flux_njy.tolist() == pytest.approx([10 * NJY_PER_FLUXCAL, -4 * NJY_PER_FLUXCAL])
    assert batch.detections.tolist() == [1, 2]
    assert (archive.bytes_read, archive.bytes_total) == (2, 2)


def test_a_season_goes_on_at_any_alert(tmp_path: Path) -> None:
    points: list[Point] = [(5 + n % 3, 59_600 + n * 0.3, n % 6, n, 1.0, 1) for n in range(50)]
    season = write(tmp_path, points)
    whole = list(season.alerts())
    for first in (0, 1, 17, 49, 50):
        assert list(season.alerts(first)) == whole[first:]


def test_points_cut_anywhere_give_the_same_curves(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    ids = np.repeat([9, 4, 7, 30], [5, 1, 8, 3])
    count = len(ids)
    rows = CurveRows(
        ids,
        59_600 + rng.uniform(0, 9, count),
        rng.integers(0, 6, count).astype(np.int8),
        rng.normal(size=count).astype(np.float32),
        np.ones(count, np.float32),
        rng.random(count) < 0.5,
    )
    found: list[list[NDArray[Any]]] = []
    for size in (1, 2, 5, count):
        folder = tmp_path / str(size)
        folder.mkdir()
        parts = (rows.part(slice(i, i + size)) for i in range(0, count, size))
        curves = write_curves(parts, folder)
        found.append([*map(np.asarray, curves.rows), np.array(list(curves.in_time()))])
    for one in found[1:]:
        for column, other in zip(found[0], one, strict=True):
            assert np.array_equal(column, other)


def test_an_object_whose_points_stand_apart_is_named(tmp_path: Path) -> None:
    lines = [HEADER, "5,59600,1,1,1,1", "6,59600,1,1,1,1", "5,59601,1,1,1,1"]
    (tmp_path / "curves.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "about.csv").write_text("object_id,ra,decl\n5,1,1\n6,1,1\n")
    files = simulation_at(tmp_path)
    assert files
    with pytest.raises(ArchiveError, match="object 5 stand apart"):
        len(Season(files))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("5,nan,1,1,1,1", "MJD nan"),
        ("5,59600,6,1,1,1", "passband"),
        ("0,59600,1,1,1,1", "above 0"),
        ("5,59600,1,many,1,1", "cannot be read"),
    ],
)
def test_a_point_that_is_none_is_told(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "curves.csv").write_text(f"{HEADER}\n{line}\n")
    (tmp_path / "about.csv").write_text("object_id,ra,decl\n5,1,1\n")
    files = simulation_at(tmp_path)
    assert files
    with pytest.raises(ArchiveError, match=said):
        len(Season(files))


def test_points_without_a_file_of_objects_are_refused(tmp_path: Path) -> None:
    (tmp_path / "curves.csv").write_text(HEADER + "\n")
    with pytest.raises(ArchiveError, match="no file with the columns object_id, ra and decl"):
        Archive(tmp_path)


def snana(folder: Path, *, packed: bool) -> None:
    """Two objects as SNANA writes them, with the row between them that is no point."""
    head = {
        "SNID": ("20A", ["71", "72"]),
        "RA": ("D", [10.5, 20.5]),
        "DEC": ("D", [-1.0, -2.0]),
        "PTROBS_MIN": ("J", [1, 4]),
        "PTROBS_MAX": ("J", [2, 5]),
        "SIM_TYPE_NAME": ("12A", ["SNIa", "KN"]),
    }
    phot = {
        "MJD": ("D", [60_001.0, 60_003.0, -777.0, 60_002.0, 60_004.0]),
        "BAND": ("6A", ["LSST-g", "LSST-Y", "-", "u", "z"]),
        "FLUXCAL": ("E", [5.0, 6.0, -777.0, 7.0, 8.0]),
        "FLUXCALERR": ("E", [1.0] * 5),
        "PHOTFLAG": ("J", [4096, 0, -777, 6144, 4096]),
    }
    for name, columns in {"HEAD": head, "PHOT": phot}.items():
        table = fits.BinTableHDU.from_columns(
            [
                fits.Column(name=key, format=kind, array=np.array(values))
                for key, (kind, values) in columns.items()
            ]
        )
        file = io.BytesIO()
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(file)
        path = folder / f"MODEL01_{name}.FITS{'.gz' if packed else ''}"
        path.write_bytes(gzip.compress(file.getvalue()) if packed else file.getvalue())


@pytest.mark.parametrize("packed", [False, True])
def test_snanas_files_come_as_alerts_too(tmp_path: Path, packed: bool) -> None:
    snana(tmp_path, packed=packed)
    sent = [record(packet.data) for packet in Archive(tmp_path)]
    assert [
        (one["diaObject"]["diaObjectId"], one["diaSource"]["band"], mjd_and_number(one))
        for one in sent
    ] == [(71, "g", (60_001.0, 1)), (72, "u", (60_002.0, 1)), (72, "z", (60_004.0, 2))]
    assert sent[2]["diaSource"]["dec"] == -2.0
    truth = read_truth(tmp_path)
    assert truth.classes == ("KN", "SNIa")
    assert truth.codes[truth.rows(np.array(["72", "71", "99"]))[:2]].tolist() == [0, 1]
    assert truth.rows(np.array(["99"])).tolist() == [-1]


def mjd_and_number(one: dict[str, Any]) -> tuple[float, int]:
    return one["diaSource"]["midpointMjdTai"], one["diaObject"]["nDiaSources"]


def test_a_truth_is_the_same_from_files_and_from_the_table_written_of_them(tmp_path: Path) -> None:
    write(tmp_path, [(700, 59_601.5, 2, 10.0, 1.0, 1), (70_000, 59_603.5, 3, -4.0, 1.0, 1)])
    table = tmp_path / "truth.parquet"
    write_truth(truth_columns(tmp_path), table)
    for path in (tmp_path, tmp_path / "about.csv", table):
        truth = read_truth(path)
        assert truth.key == "object_id"
        rows = truth.rows(np.array(["700", "70000"]))
        names = [truth.classes[code] for code in truth.codes[rows].tolist()]
        assert names == ["supernova Ia", "supernova II"]


def test_a_table_that_says_nothing_of_what_is_true_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("object_id,ra\n1,2\n")
    with pytest.raises(ArchiveError, match="needs a column"):
        read_truth(tmp_path / "table.csv")


@pytest.mark.data
def test_the_schema_has_the_published_names_types_and_order(data_folder: Path) -> None:
    """11.1 is 11.0, the newest of the data folder, and four fields of diaSource."""
    new = {"exposureTime", "trailAlgorithm", "trail_flag", "reliabilityVersion"}

    def plain(schema: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(schema, list):
            return [
                plain(one)
                for one in schema
                if not (isinstance(one, dict) and one.get("name") in new)
            ]
        if isinstance(schema, dict):
            kept = {key: value for key, value in schema.items() if key != "doc"}
            return {key: plain(value) for key, value in kept.items() if ":" not in key}
        return schema.replace("v11_0", "v11_1") if isinstance(schema, str) else schema

    published = SchemaFolder(data_folder / "lsst" / "schemas").find(1100)
    assert published
    assert plain(json.loads(LSST_SCHEMA)) == plain(published.parsed)


@pytest.fixture(scope="module")
def training(data_folder: Path) -> Iterator[Season]:
    folder = data_folder / "plasticc"
    curves = (folder / "plasticc_train_lightcurves.csv.gz",)
    yield Season(Files("plasticc", curves, (folder / "plasticc_train_metadata.csv.gz",)))


@pytest.mark.data
def test_plasticcs_training_set_is_an_alert_for_each_of_its_detections(training: Season) -> None:
    assert len(training) == 236_880
    for first in (0, 100_000, 236_870):
        some = [packet for packet, _ in zip(training.alerts(first), range(10), strict=False)]
        batch = Decoder().decode(some)
        assert not batch.rejected and len(batch) == 10
        ends = batch.light_curve.offsets[1:] - 1
        assert np.array_equal(batch.light_curve.mjd[ends], batch.column("mjd"))
