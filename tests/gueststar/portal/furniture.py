"""What a portal shows that has everything: filters, lists, workers, dead letters, an author."""

from __future__ import annotations

import time
from dataclasses import replace

from starlette.testclient import TestClient

from broker.dead_letters.letters import DeadLetter
from broker.observer import Phase
from broker.ports import Message
from broker.status import OnDuty, Reporter, Status
from broker.status.record import Drifting, Model, Paused, Waited
from gueststar.portal.application import application
from gueststar.portal.backend import Backend

NEAR = 'real: score("realbogus", "real") > 0.5\nnear: watchlist("mine")\nbright: magnitude < 18.7'


def message(key: bytes, value: bytes) -> Message:
    return Message("survey", 0, 7, 1_700_000_000_000, key, value)


def standing(worker: str, **changed: object) -> Status:
    """How a worker stands that has something of everything."""
    now = time.time()
    status = replace(
        Reporter(worker, "0.1.0").status(OnDuty((), ())),
        phase=str(Phase.POLLING),
        models=(Model("realbogus", "1.2.0", "ab" * 32),),
        batches=12,
        consumed=3_456,
        published={"gueststar.enriched": 3_454},
        dead={"no known schema": 2},
        last_commit_unix_s=now,
        lag={"survey": {"0": 7, "1": 1_205}},
        filters={"near": "1"},
        paused=(Paused("slow", 3, "operator", "too many alerts", now - 900.0),),
        not_served=(Waited(now - 7_200.0, now - 5_400.0),),
        drifts=(Drifting("ztf/r", "score", "psi", 0.31, 0.2, 900, "realbogus", "1.2.0", 20260302),),
    )
    return replace(status, **changed)  # type: ignore[arg-type]


def tell(backend: Backend, *statuses: Status) -> None:
    """Have workers say how they stand."""
    backend.workers.add([message(one.key, one.encode()) for one in statuses])


def furnish(backend: Backend, token: str) -> Backend:
    """The same with a list, a filter of it, a paused one, workers and a dead letter."""
    with TestClient(application(backend), headers={"Authorization": f"Bearer {token}"}) as author:
        rows = {"params": {"name": "mine", "about": "My supernovae."}, "content": "353.66 46.65 5"}
        region = {"params": {"name": "field", "kind": "region"}, "content": "353 46 2"}
        for one in (rows, region):
            assert author.post("/api/v1/list/deploy", **one).status_code == 200  # type: ignore[arg-type]
        for name, text in (("near", f"# What I follow.\n{NEAR}"), ("slow", "all: magnitude < 30")):
            given = {"name": name, "text": text, "force": True}
            assert author.post("/api/v1/filter/deploy", json=given).status_code == 200
        pause = {"name": "slow", "state": "paused", "reason": "too many alerts"}
        assert author.post("/api/v1/filter/change", json=pause).status_code == 200
    long_ago = time.time() - 9_000.0
    tell(backend, standing("one"), standing("two", told_unix_s=long_ago))
    letter = DeadLetter("no known schema", "<b>what</b> it was", message(b"", b"broken"))
    backend.letters.add([message(letter.key, letter.encode(10**6))])
    return backend
