"""The HTTP interface gives the lake's answers, bounded, in every form, and says what is wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from astropy.io.votable import parse_single_table
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet
from starlette.testclient import TestClient

from gueststar.portal.answers import clean
from gueststar.portal.application import application
from gueststar.portal.routes import ENDPOINTS
from tests.gueststar.portal.conftest import BIG, HOSTILE, MakeBackend, backend_over, lake_of

CONE = "/api/v1/cone?ra=353.66&dec=46.65&radius=5arcsec"


def test_ids_are_texts_and_what_is_not_measured_is_null(client: TestClient) -> None:
    rows = client.get("/api/v1/object?id=SN1").json()["rows"]
    assert [row["alert_id"] for row in rows] == ["1", str(BIG)]
    assert [row["magnitude"] for row in rows] == [None, 18.5]
    alert = client.get(f"/api/v1/alert?id={BIG}&object=SN1").json()
    assert alert["alert"]["alert_id"] == str(BIG)
    assert alert["alert"]["fwhm_pixels"] is None
    assert alert["scores"]["realbogus"]["labels"]["real"] == pytest.approx(0.9, abs=0.2)
    assert alert["filters_now"]["young_supernovae"]["selects"] is False


def test_whole_numbers_beyond_float64_are_texts_in_sql_too(client: TestClient) -> None:
    pytest.importorskip("duckdb")
    found = client.get("/api/v1/sql", params={"q": "SELECT max(alert_id) AS n FROM alerts"}).json()
    assert int(found["rows"][0]["n"]) >= BIG
    assert isinstance(found["rows"][0]["n"], str)


def test_every_form_has_the_same_rows(client: TestClient) -> None:
    rows = client.get(CONE).json()["rows"]
    assert [row["object_id"] for row in rows] == ["SN1", "SN1", HOSTILE]
    tables = (
        csv.read_csv(io.BytesIO(client.get(f"{CONE}&format=csv").content)),
        parquet.read_table(io.BytesIO(client.get(f"{CONE}&format=parquet").content)),
        parse_single_table(io.BytesIO(client.get(f"{CONE}&format=votable").content)).to_table(),
    )
    for table in tables:
        ids = table["alert_id"].to_pylist() if isinstance(table, pa.Table) else table["alert_id"]
        assert [str(each) for each in ids] == [row["alert_id"] for row in rows]


def test_a_light_curve_is_each_exposure_once(client: TestClient) -> None:
    rows = client.get("/api/v1/light_curve?object=SN1").json()["rows"]
    assert [row["mjd"] for row in rows] == [59_998.0, 60_000.0, 60_001.0]
    assert rows[0]["magnitude"] is None


def test_a_page_says_where_the_next_begins(client: TestClient) -> None:
    first = client.get(f"{CONE}&limit=2").json()
    assert (len(first["rows"]), first["total"], first["next_offset"]) == (2, 3, 2)
    last = client.get(f"{CONE}&limit=2&offset={first['next_offset']}").json()
    assert (len(last["rows"]), last["next_offset"]) == (1, None)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/v1/cone?ra=1&dec=1", "'radius' is missing"),
        ("/api/v1/cone?ra=nan&dec=1&radius=1deg", "is no number"),
        ("/api/v1/cone?ra=1&dec=99&radius=1deg", "no place on the sky"),
        ("/api/v1/cone?ra=1&dec=1&radius=1", "5arcsec"),
        (f"{CONE}&limit=10001", "go on with next_offset"),
        (f"{CONE}&limit=-1", "no whole number"),
        (f"{CONE}&offset={'9' * 30}", "no whole number"),
        (f"{CONE}&format=xml", "json, csv"),
        (f"{CONE}&columns=nothing", "nothing"),
        ("/api/v1/alert?id=12x", "no alert's id"),
        ("/api/v1/object", "'id' is missing"),
        (f"/api/v1/object?id={'x' * 300}", "over 200 characters"),
        (f"/api/v1/stamp?id={BIG}&plane=other", "science, template, difference"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(client: TestClient, path: str, said: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_an_alert_that_is_not_there_is_a_404(client: TestClient) -> None:
    for path in ("alert?id=77", f"alert?id={2**63 + 5}", f"packet?id={BIG}", f"stamp?id={BIG}"):
        assert client.get(f"/api/v1/{path}").status_code == 404


def test_a_cone_that_finds_too_much_says_how_to_ask_for_less(
    made: MakeBackend, lake_folder: Path
) -> None:
    with TestClient(application(made(lake_folder, found_max=2))) as client:
        assert "smaller radius" in client.get(CONE).json()["error"]


def test_sql_is_read_only_and_can_be_switched_off(
    client: TestClient, made: MakeBackend, lake_folder: Path
) -> None:
    pytest.importorskip("duckdb")
    for statement in ("DROP VIEW alerts", "SELECT * FROM read_csv('/etc/passwd')"):
        answer = client.get("/api/v1/sql", params={"q": statement})
        assert answer.status_code == 400
        assert "root:" not in answer.text
    with TestClient(application(made(lake_folder, sql=False))) as other:
        answer = other.get("/api/v1/sql", params={"q": "SELECT 1"})
        assert "switched off" in answer.json()["error"]


def test_packets_stamps_and_pictures_are_downloads(
    client: TestClient, packets: list[bytes]
) -> None:
    row = next(
        row
        for row in client.get("/api/v1/sql", params={"q": ALL}).json()["rows"]
        if row["survey"] == "ztf"
    )
    query = f"id={row['alert_id']}"
    assert client.get(f"/api/v1/packet?{query}").content in packets
    for path in (f"stamp?{query}&plane=difference&scale=log", f"picture?{query}"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")


ALL = "SELECT survey, alert_id FROM alerts"


def test_a_file_is_not_named_by_an_id_that_means_something_else(client: TestClient) -> None:
    answer = client.get("/api/v1/object", params={"id": HOSTILE, "format": "csv"})
    name = answer.headers["content-disposition"]
    assert "<" not in name
    assert name.count('"') == 2


def test_a_simple_cone_search_is_a_votable_with_what_each_column_is(client: TestClient) -> None:
    data = client.get("/scs?RA=353.66&DEC=46.65&SR=0.01").content
    table = parse_single_table(io.BytesIO(data))
    assert {field.ucd for field in table.fields} >= {"POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN", "ID_MAIN"}
    assert len(table.to_table()) == 3
    empty = client.get("/scs?RA=353.66&DEC=46.65&SR=0").content
    assert len(parse_single_table(io.BytesIO(empty)).to_table()) == 0
    assert 'name="Error"' in client.get("/scs?RA=x&DEC=1&SR=<script>").text


def test_the_description_names_every_route_and_each_answers(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert {each.path for each in ENDPOINTS} < {*described["paths"]}
    for path, operations in described["paths"].items():
        (method,) = operations
        if path != "/api/v1/stream":
            said = client.request(method, path).status_code
            assert str(said) in operations[method]["responses"] and said < 500


def test_a_portal_without_a_lake_says_how_to_get_one(bare: TestClient) -> None:
    answer = bare.get("/api/v1/nights")
    assert answer.status_code == 400
    assert "gueststar lake write" in answer.json()["error"]
    assert bare.get("/api/v1/tonight").json()["alerts"] == 0


def test_nothing_that_is_cleaned_is_refused_by_json() -> None:
    held = {"a": [float("nan"), {"b": float("-inf")}, (1, "x", None)], "c": b"\xff", "d": True}
    assert json.loads(json.dumps(clean(held), allow_nan=False))["a"] == [
        None,
        {"b": None},
        [1, "x", None],
    ]


PARAMETERS = ("id", "object", "ra", "dec", "radius", "columns", "format", "limit", "offset", "RA")
QUICK = [each.path for each in ENDPOINTS if not each.path.endswith(("/sql", "/picture"))]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, packets: list[bytes]) -> Iterator[TestClient]:
    """One portal for all examples."""
    lake = lake_of(tmp_path_factory.mktemp("fuzzed"), packets)
    with TestClient(application(backend_over(lake)), raise_server_exceptions=False) as client:
        yield client


@given(
    st.sampled_from(QUICK),
    st.dictionaries(
        st.sampled_from(PARAMETERS),
        st.one_of(st.text(max_size=40), st.integers().map(str), st.floats().map(str)),
        max_size=4,
    ),
)
@settings(max_examples=150)
def test_no_question_is_a_fault_of_ours(
    fuzzed: TestClient, path: str, query: dict[str, str]
) -> None:
    assert fuzzed.get(path, params=query).status_code < 500
