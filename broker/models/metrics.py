"""What Prometheus can ask of deployed models, each number with its sentence."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from broker.alerts.outcome import AlertReport
from broker.collectors import Instruments, Present
from broker.models.models import Running
from broker.models.night_watch import Night, NightWatch
from broker.models.shadows import ModelsTold
from broker.observer import Phase
from classifiers.drift import Drift, DriftLimits
from schemas.errors import BrokerError
from schemas.stage import Identity

OWN = "own"
"""In place of a number: the file that gueststar came with."""


class ModelMetrics:
    """An observer of the alert job, and of its models."""

    def __init__(self, instruments: Instruments, info: Present, limits: DriftLimits) -> None:
        """`info`: the gauge of served models (`AlertMetrics.models`), kept true."""
        self._info = info
        self._watch = NightWatch(limits)
        self.drifting: tuple[tuple[Identity, int, Drift], ...] = ()
        """What drifts in the nights that are known; replaced whole, for other threads."""
        self._state = instruments.present(
            "model_state",
            "A model's file that runs, by its number and state, always 1.",
            *("model", "version", "state"),
        )
        self._paused = instruments.counter(
            "model_paused",
            "Deployed models that this worker paused: they cost too much or cannot be opened.",
            *("model", "reason"),
        )
        self._beside = instruments.counter(
            "model_shadow_alerts",
            "Alerts that a shadow was asked about, with how many it agreed with the live one, and"
            " how many it declined.",
            *("model", "version", "answer"),
        )
        self._cost = instruments.present(
            "model_shadow_cost_seconds",
            "CPU time an alert of a shadow in the last batch.",
            *("model", "version"),
        )
        self._drift = instruments.present(
            "model_drift",
            "PSI or KS of a number that drifts this night, none where nothing does.",
            *("model", "version", "survey", "band", "column", "statistic"),
        )
        self._worst = instruments.present(
            "model_drift_worst_ratio",
            "The largest PSI or KS of this night by what chance allows; above 1 is drift.",
            *("model", "version"),
        )

    @property
    def running(self) -> Collection[tuple[str, ...]]:
        """The identities of the files that serve."""
        return self._info.values

    def on_models(self, live: Sequence[Running], shadows: Sequence[Running]) -> None:
        """Note which files run from now on."""
        states = [*((each, "live") for each in live), *((each, "shadow") for each in shadows)]
        self._state.values = {
            (each.scoring.identity.name, _number(each), state): 1.0 for each, state in states
        }
        slots = {each.scoring.identity.name for each in live}
        others = {key: 1.0 for key in self._info.values if key[0] not in slots}
        self._info.values = {**others, **{tuple(each.scoring.identity): 1.0 for each in live}}
        known = {(each.scoring.identity.name, _number(each)) for each in shadows}
        self._cost.values = {key: us for key, us in self._cost.values.items() if key in known}
        self._watch.keep({each.scoring.identity.sha256 for each, _ in states})
        self._tell()

    def on_model_pause(self, name: str, cause: str) -> None:
        """Count a deployed model that was paused."""
        self._paused.add({cause: 1}, name)

    def on_phase(self, phase: Phase) -> None:
        """The engine's to time."""

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """The engine's to count."""

    def on_batch(self, report: AlertReport) -> None:
        """Count a committed batch."""
        self.on_told(report.outcome.models)

    def on_told(self, told: ModelsTold) -> None:
        """Count what is told of it."""
        for each in told.shadows:
            key = each.version.name, str(each.version.version)
            counts = {"asked": each.alerts, "agreed": each.agreed, "declined": each.declined}
            self._beside.add(counts, *key)
            self._cost.values = {**self._cost.values, key: each.cost_us / 1e6}
        for sketch in told.sketches:
            self._watch.add(sketch)
        if told.sketches:
            self._tell()

    def _tell(self) -> None:
        """Each model's last night."""
        nights = self._watch.nights.values()
        self.drifting = tuple(
            (each.model, each.night, one) for each in nights for one in each.flagged
        )
        last: dict[str, Night] = {}
        for (sha256, _), night in sorted(self._watch.nights.items()):
            last[sha256] = night
        self._drift.values = {
            (*each.model[:2], *one.group.split("/", 1), one.column, one.statistic): one.value
            for each in last.values()
            for one in each.flagged
        }
        self._worst.values = {tuple(each.model[:2]): each.worst for each in last.values()}


def _number(running: Running) -> str:
    return str(running.version.version) if running.version else OWN
