"""Those who watch the loop: told in order, and a phase that outlives a kill."""

from __future__ import annotations

from pathlib import Path

from broker.errors import TransactionAborted
from broker.observer import BatchReport, Observers, Phase
from schemas.errors import BrokerError
from tests.chaos.phase_file import PhaseFile


class Noted:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def on_phase(self, phase: Phase) -> None:
        """Note it."""
        self.told.append(phase)

    def on_batch(self, report: BatchReport[object]) -> None:
        """Note it."""
        self.told.append(report)

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Note it."""
        self.told.append((error, phase))


def test_several_observers_are_all_told() -> None:
    one, two, error = Noted(), Noted(), TransactionAborted("why")
    observers = Observers(one, two)
    observers.on_phase(Phase.POLLING)
    observers.on_abort(error, Phase.OPEN)
    assert one.told == two.told == [Phase.POLLING, (error, Phase.OPEN)]


def test_the_phase_file_holds_the_present_phase_and_nothing_of_the_last(tmp_path: Path) -> None:
    path = tmp_path / "phase"
    assert PhaseFile.read(path) is None
    kept = PhaseFile(path)
    assert PhaseFile.read(path) is None
    for phase in Phase:
        kept.on_phase(phase)
        assert PhaseFile.read(path) is phase
