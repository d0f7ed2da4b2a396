"""A night of the notices' job, killed again and again: every find is told once, by its id."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

from broker.notices_settings import Target
from kafka_node.node import KafkaNode
from tests.chaos.hanging import hanging
from tests.chaos.nights import Asked, Told
from tests.conftest import QUICK_KAFKA
from tests.killing import KILLS, KILLS_IN_SHORT, Killer, begun
from tests.running import until, until_none
from tests.services.notices.doubles import Hook
from tests.services.notices.places import Place
from tests.services.notices.world import finds

EACH = 40
"""Alerts of a life, of which three in four are found by somebody."""
ARRIVES_S = 0.5
"""So long after a kill something may still arrive that was on its way."""
CONFIG = """
[topics]
input = ["{name}.alerts"]
enriched = "{name}.enriched"
prefix = "{name}."
[kafka]
bootstrap = "{bootstrap}"
session_timeout_ms = 2000
[metrics]
port = 22600
ports_max = 200
[notices]
group = "{name}.notices"
answer_s = 2.0
retry_s = 0.3
retry_s_max = 1.0
attempts_max = 50
"""
TARGET = """
[notices.targets.{target}]
kind = "webhook"
filters = ["{filters}"]
address = "{address}"
quota_an_hour = {quota}
"""


class Ears(Hook):
    """A webhook that tells the job's lives apart."""

    def __init__(self) -> None:
        super().__init__()
        self._begins = [0]

    def begin(self) -> None:
        """What comes from now on is of another life."""
        self._begins.append(len(self.got))

    @property
    def lives(self) -> list[list[Any]]:
        ends = [*self._begins[1:], len(self.got)]
        return [self.documents[a:b] for a, b in zip(self._begins, ends, strict=True)]


def configured(name: str, bootstrap: str, targets: dict[str, Target], folder: Path) -> Path:
    text = CONFIG.format(name=name, bootstrap=bootstrap)
    for target, one in targets.items():
        filters = '", "'.join(one.filters)
        text += TARGET.format(
            target=target, filters=filters, address=one.address, quota=one.quota_an_hour
        )
    config = folder / "gueststar.toml"
    config.write_text(text)
    return config


def job(config: Path, log: Path) -> subprocess.Popen[bytes]:
    return begun(["notices", str(config)], log, "sending notices to")


def notices_night(asked: Asked) -> Told:
    """What was sent and summed is what was found, and no id is of two finds."""
    kills = KILLS if asked.is_full else KILLS_IN_SHORT
    all_of, some_of = Ears(), Ears()
    with all_of.serving(), some_of.serving(), KafkaNode(settings=QUICK_KAFKA) as kafka:
        targets = {
            "all": Target("webhook", ("bright", "young"), all_of.address, quota_an_hour=10**6),
            "some": Target("webhook", ("young",), some_of.address, quota_an_hour=25),
        }
        name, hooks = asked.folder.name, {"all": all_of, "some": some_of}
        place = Place(kafka, name, targets)
        config = configured(name, kafka.address, targets, asked.folder)
        killer = Killer(all_of, seed=asked.seed)
        _killed(place, config, asked.folder, killer=killer, hooks=hooks, kills=kills)
        assert found(place)["some"] == EACH * kills // 2
        for target, hook in hooks.items():
            assert_once_each(place, target, hook.lives)
        came_to = _figures(killer, place, hooks)
        place.cluster.close()
        assert hanging(kafka) == [], "no transaction is left that nobody can end"
    return Told("the notices' job", came_to)


def _killed(
    place: Place,
    config: Path,
    folder: Path,
    *,
    killer: Killer,
    hooks: dict[str, Ears],
    kills: int,
) -> None:
    """The job's lives, to the last, which ends all."""
    packets = finds(EACH * kills)
    for life in range(kills):
        process = job(config, folder / f"life{life}.log")
        if life == 0:
            until(place.begins, look_s=0.5)
        place.cluster.publish(place.enriched, packets[life * EACH : (life + 1) * EACH])
        killer.kill(process)
        time.sleep(ARRIVES_S)
        for hook in hooks.values():
            hook.begin()
    process = job(config, folder / "last.log")
    until_none(lambda: EACH * kills * 3 // 4 - found(place)["all"])
    until_none(lambda: sum(map(len, place.outbox().waiting.values())))
    process.terminate()
    assert process.wait(60) == 0


def found(place: Place) -> Counter[str]:
    """By target, as the ledger has it."""
    sums = place.counts().details.get("notices", {})
    return Counter({name: one["found"] for name, one in sums.items()})


def assert_once_each(place: Place, name: str, lives: list[list[Any]]) -> None:
    """A receiver that passes over an id that it knows has everything once.

    lives: what came in each of the job's.
    """
    by_id: dict[str, Any] = {}
    for came in lives:
        ids = [one["id"] for one in came]
        assert len(ids) == len({*ids}), "it came twice without a kill"
        assert len(by_id.keys() & {*ids}) <= 1, "more came twice than was under way at a kill"
        assert all(one == by_id.get(one["id"], one) for one in came), "an id says two things"
        by_id |= {one["id"]: one for one in came}
    alerts = [one["alert_id"] for one in by_id.values() if one["kind"] == "find"]
    assert len(alerts) == len({*alerts}), "an alert came under two ids"
    sums = [one for one in by_id.values() if one["kind"] == "left_out"]
    summed = sum(one["left_out"] + one["undelivered"] for one in sums)
    untold = place.outbox().tallies[name].untold
    assert len(alerts) + summed + untold == found(place)[name]


def _figures(killer: Killer, place: Place, hooks: dict[str, Ears]) -> dict[str, str]:
    twice = {
        name: len(hook.got) - len({one["id"] for one in hook.documents})
        for name, hook in hooks.items()
    }
    return {
        "kills": str(killer.kills.total()),
        **{f"  {how}": str(count) for how, count in sorted(killer.kills.items())},
        **{f"found for {name}": str(count) for name, count in sorted(found(place).items())},
        **{f"came twice to {name}, by one id": str(count) for name, count in twice.items()},
    }
