"""What other programs ask: SkyPortal's generic broker, Arrow, statements that nobody waits for."""

from __future__ import annotations

import socket
import threading
import time
from io import BytesIO

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from gueststar.portal.backend import Backend
from tests.gueststar.portal.conftest import BIG
from tests.gueststar.portal.opened import served, until

FOREVER = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range = b.range + 1"


@pytest.mark.parametrize(
    ("asked", "candids"),
    [
        ({"objectId": "SN1"}, [str(BIG), "1"]),
        ({"candid": str(BIG)}, [str(BIG)]),
        ({"candid": "77"}, []),
        ({"ra": "353.66", "dec": "46.65", "radius": "1"}, [str(BIG), "1"]),
        ({"ra": "353.66", "dec": "46.65", "radius": "1", "radius_units": "arcmin"}, 3),
        ({"objectId": "SN1", "jd_end": "2460001"}, ["1"]),
        ({"objectId": "SN1", "permissions": "{}", "jd_start": "2460001"}, [str(BIG)]),
    ],
)
def test_skyportal_seeks_alerts(
    client: TestClient, asked: dict[str, str], candids: list[str] | int
) -> None:
    found = client.get("/api/skyportal/alerts", params=asked).json()["data"]
    if isinstance(candids, int):
        assert len(found) == candids
        return
    assert [each["candid"] for each in found] == candids


@pytest.mark.parametrize("wanted", [str(BIG), "SN1"])
def test_skyportal_gets_one_alert_with_its_light_curve(client: TestClient, wanted: str) -> None:
    found = client.get(f"/api/skyportal/alerts/{wanted}").json()["data"]
    assert (found["objectId"], found["candid"]) == ("SN1", str(BIG))
    assert (found["candidate"]["jd"], found["candidate"]["magpsf"]) == (2460001.5, 18.5)
    bands = [(each["jd"], each["band"]) for each in found["prv_candidates"]]
    assert bands == [(2460000.5, "r"), (2460001.5, "g")]
    assert client.get("/api/skyportal/alerts/nobody").status_code == 404
    too_wide = {"ra": "1", "dec": "1", "radius": "2", "radius_units": "deg"}
    assert client.get("/api/skyportal/alerts", params=too_wide).status_code == 400


def test_a_table_is_an_arrow_file_with_units(client: TestClient) -> None:
    answer = client.get("/api/v1/object?id=SN1&format=arrow")
    table = pa.ipc.open_file(BytesIO(answer.content)).read_all()
    assert table.column("alert_id").to_pylist() == [1, BIG]
    assert table.schema.field("ra_deg").metadata[b"unit"] == b"deg"


def test_a_statement_ends_when_its_client_goes(backend: Backend) -> None:
    with served(backend) as address:
        port = int(address.rpartition(":")[2])
        begun_s = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as client:
            query = FOREVER.replace(" ", "+")
            client.sendall(f"GET /api/v1/sql?q={query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            until(lambda: any(each.name == "sql" for each in threading.enumerate()))
        until(lambda: all(each.name != "sql" for each in threading.enumerate()))
        assert time.monotonic() - begun_s < backend.settings.portal.sql_seconds_max
