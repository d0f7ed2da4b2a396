"""A portal over a small lake and a stream in memory, one of its objects hostile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, sync_playwright
from starlette.testclient import TestClient

from broker.balance import Balance
from broker.kafka_settings import TopicsSection
from broker.ledger import Counts
from broker.memory import MemoryKafka, MemorySource
from broker.portal_settings import PortalSection
from broker.settings import FiltersSection, LakeSection, Settings
from filters.handmade import Epoch, handmade
from gueststar.portal.access.guard import Access
from gueststar.portal.application import application
from gueststar.portal.backend import Backend
from gueststar.portal.judges import Judges
from gueststar.portal.lake_door import LakeDoor
from gueststar.portal.ledger import Ledger
from gueststar.portal.letters import Letters
from gueststar.portal.night import Night
from gueststar.portal.oddest import Reviewing
from gueststar.portal.viewers import Viewers
from gueststar.portal.workers import Workers
from gueststar.portal.writing.desk import Desk
from gueststar.portal.writing.trials import Trials
from gueststar.subscription import Arrived, Subscription
from lake.writing import LakeWriter
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from tests.gueststar.conftest import TOPIC
from tests.gueststar.portal.desk import MemoryDesk, tokens_in
from tests.gueststar.portal.furniture import furnish

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE = "</td></script><script>document.title='owned'</script>\"'><img src=x onerror=alert(1)>"
BIG = 2**60 + 1
"""An alert's id beyond what a float64 holds."""
NOTHING = Balance(0, 0, Counts(), (), {}, 0, 0, 0, 0, ())
"""What a ledger of nothing adds up to."""
NIGHT = [Epoch(59_998.0, "r", limit_mag=20.0), Epoch(60_000.0, "r", 500.0, 50.0)]
LATER = [Epoch(60_000.0, "r", 510.0, 50.0), Epoch(60_001.0, "g", 700.0, 50.0)]


@pytest.fixture
def arrived(memory: MemoryKafka) -> Arrived:
    """What one poll of the enriched topic brings."""
    source = MemorySource(memory, group="portal", topics=[TOPIC])
    with closing(Subscription(source, None)) as subscription:
        return subscription.arrive(1.0)


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def tokens(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    return tokens_in(tmp_path, ada="author")


@pytest.fixture
def lake_folder(tmp_path: Path, packets: list[bytes]) -> Path:
    return lake_of(tmp_path / "lake", packets)


def lake_of(folder: Path, packets: list[bytes]) -> Path:
    """An object of two nights, a hostile one beside it, and alerts with packets elsewhere."""
    for batch, with_packets in ((_by_hand(), False), (Decoder().decode(packets), True)):
        with LakeWriter(folder, version="test", with_packets=with_packets) as writer:
            writer.add(batch)
    return folder


def _by_hand() -> AlertBatch:
    scores = {"realbogus": {"real": [0.9, 0.8, 0.7], "bogus": [0.1, 0.2, 0.3]}}
    return handmade(
        alert_id=[BIG, 1, 2],
        object_id=["SN1", "SN1", HOSTILE],
        night=[20260302, 20260301, 20260301],
        mjd=[60_001.0, 60_000.0, 60_000.0],
        ra_deg=[353.66, 353.66, 353.661],
        dec_deg=[46.65, 46.65, 46.65],
        magnitude=[18.5, np.nan, 19.0],
        light_curve=[LATER, NIGHT, []],
        scores=scores,
    )


MakeBackend = Callable[..., Backend]


@pytest.fixture
def made() -> MakeBackend:
    """Makes a portal's backend over a lake's folder, or none."""
    return backend_over


def backend_over(
    lake: Path | None,
    *,
    desk: Desk | None = None,
    reviewing: Reviewing | None = None,
    **limits: Any,  # noqa: ANN401 - of [portal]
) -> Backend:
    settings = Settings(
        topics=TopicsSection(input=("survey",)),
        filters=FiltersSection(builtin=("young_supernovae",)),
        lake=LakeSection(path=lake),
        portal=replace(PortalSection(), **limits),
    )
    night = Night(recent_max=100, began_unix_s=0.0)
    return Backend(
        settings=settings,
        bootstrap="localhost:9092",
        door=LakeDoor(lake, settings.portal),
        night=night,
        letters=Letters(),
        workers=Workers(),
        viewers=Viewers(night, viewers_max=settings.portal.viewers_max),
        judges=Judges(settings.filters),
        ledger=Ledger(lambda: NOTHING),
        access=Access.of(settings.portal),
        trials=Trials(settings.portal.dry_run_seconds_max),
        desk=desk,
        reviewing=reviewing,
    )


@pytest.fixture
def backend(made: MakeBackend, lake_folder: Path, arrived: Arrived) -> Backend:
    """Over the lake, with what has arrived."""
    backend = made(lake_folder)
    backend.night.add(arrived)
    return backend


@pytest.fixture
def writing(  # noqa: PLR0917 - fixtures
    made: MakeBackend,
    lake_folder: Path,
    arrived: Arrived,
    desk: MemoryDesk,
    tokens: tuple[Path, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> Backend:
    """A portal on which authors may deploy."""
    monkeypatch.setenv("GUESTSTAR_STATE", str(lake_folder.parent / "state"))
    backend = made(lake_folder, desk=desk, tokens=tokens[0])
    backend.night.add(arrived)
    return backend


@pytest.fixture
def furnished(writing: Backend, tokens: tuple[Path, dict[str, str]]) -> Backend:
    """A portal that has something of everything, and an author, ada."""
    return furnish(writing, tokens[1]["ada"])


@pytest.fixture
def client(backend: Backend) -> Iterator[TestClient]:
    with TestClient(application(backend)) as client:
        yield client


@pytest.fixture
def bare(made: MakeBackend) -> Iterator[TestClient]:
    """A portal that has nothing at all."""
    with TestClient(application(made(None))) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; skips where it is absent, but fails with CI=true."""
    if CHROMIUM is None:
        said = "the portal in a browser needs chromium (Debian's package)"
        pytest.fail(said) if os.environ.get("CI") == "true" else pytest.skip(said)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
