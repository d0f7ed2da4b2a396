"""Dry runs that the portal began: one at a time, each a process that ends with its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread, Timer
from typing import Any

from schemas.errors import QuestionError

ROOT = Path(__file__).resolve().parents[3]
KEPT_MAX = 50
"""Trials whose reports are kept."""
MODULE = "gueststar.portal.writing.trial_process"


@dataclass(eq=False)
class Trial:
    """A dry run, from its beginning to its report."""

    number: int
    name: str
    sha256: str
    """Of the filter as it was tried."""
    nights: tuple[str, ...]
    by: str
    began_unix_s: float = field(default_factory=time.time)
    done: float = 0.0
    """0 to 1."""
    alerts: int = 0
    report: Mapping[str, Any] | None = None
    error: str = ""
    is_over: bool = False
    process: subprocess.Popen[str] | None = None

    def described(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "trial": self.number,
            "name": self.name,
            "sha256": self.sha256,
            "nights": list(self.nights),
            "by": self.by,
            "done": self.done,
            "alerts": self.alerts,
            "is_over": self.is_over,
            "error": self.error or None,
            "report": self.report,
        }

    def hear(self, line: str) -> None:
        """What the process said."""
        told = json.loads(line)
        self.done, self.alerts = told.get("done", self.done), told.get("alerts", self.alerts)
        self.report, self.error = told.get("report", self.report), told.get("error", self.error)


class Trials:
    """All that were begun lately."""

    def __init__(self, seconds_max: float) -> None:
        self._seconds_max = seconds_max
        self._known: OrderedDict[int, Trial] = OrderedDict()
        self._count = 0
        self._lock = Lock()

    def begin(self, question: Mapping[str, Any], *, name: str, sha256: str, by: str) -> Trial:
        """Try a filter. Raises QuestionError while another is tried."""
        with self._lock:
            if running := next((each for each in self._known.values() if not each.is_over), None):
                raise QuestionError(
                    f"{running.name} is tried now, by {running.by}; wait until that ends"
                )
            self._count += 1
            trial = Trial(self._count, name, sha256, tuple(question["nights"]), by)
            self._known[trial.number] = trial
            while len(self._known) > KEPT_MAX:
                self._known.popitem(last=False)
        Thread(target=self._run, args=(trial, json.dumps(question)), daemon=True).start()
        return trial

    def find(self, number: str) -> Trial:
        """One of them. Raises QuestionError."""
        with self._lock:
            found = (
                self._known.get(int(number)) if number.isdecimal() and len(number) < 10 else None
            )
        if found is None:
            raise QuestionError(
                f"there is no dry run {number!r:.20} any more; try the filter again"
            )
        return found

    def cancel(self, number: str) -> Trial:
        """End one. Raises QuestionError."""
        trial = self.find(number)
        if not trial.is_over:
            trial.error = "it was cancelled"
            if trial.process is not None:
                trial.process.kill()
        return trial

    def end(self) -> None:
        """End whatever runs."""
        for each in [*self._known.values()]:
            if not each.is_over and each.process is not None:
                each.process.kill()

    def _run(self, trial: Trial, question: str) -> None:
        try:
            self._listen(trial, question)
        except (OSError, ValueError) as error:
            trial.error = trial.error or f"it could not be run: {error}"
        finally:
            if not trial.error and trial.report is None:
                trial.error = "its process ended without a word; the portal's log may say why"
            trial.is_over = True

    def _listen(self, trial: Trial, question: str) -> None:
        with subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        ) as process:
            trial.process = process
            if trial.error:  # it was cancelled before there was a process
                process.kill()
                return
            assert process.stdin is not None and process.stdout is not None
            timer = Timer(self._seconds_max, self._over, args=(trial,))
            timer.start()
            try:
                process.stdin.write(question)
                process.stdin.close()
                for line in process.stdout:
                    trial.hear(line)
            finally:
                timer.cancel()

    def _over(self, trial: Trial) -> None:
        trial.error = (
            f"it took more than {self._seconds_max:g} s ([portal] dry_run_seconds_max); choose"
            " fewer nights, or use `gueststar filter test`"
        )
        if trial.process is not None:
            trial.process.kill()
