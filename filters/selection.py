"""What a filter is: named clauses, each a mask over a batch, so that a refusal has a name."""

from __future__ import annotations

import hashlib
import inspect
import re
import traceback
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts, Table
from filters.decision import SELECTED, Decision, Fault, assembled
from schemas.batch import AlertBatch
from schemas.errors import FilterError
from schemas.form import Form
from schemas.isolation import isolate
from sky.catalogues import NO_SKY, Sky

Clauses = Iterator[tuple[str, NDArray[np.bool_]]]
Rule = Callable[[Alerts], Clauses]
"""A generator function: it is given a batch's `Alerts` and yields clauses, (name, mask)."""

CLAUSES_MAX = 64
"""Clauses of one filter; more is taken for a generator that does not end."""

EVALUATIONS_MAX = 128
"""Evaluations spent on finding the rows of one batch that make a filter raise."""

TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")
"""What Kafka accepts as a topic's name."""


def selection(*, topic: str, name: str | None = None) -> Callable[[Rule], Selection]:
    """Make a filter of a generator function of `alerts` that yields (name, mask) clauses.

    An alert is selected where every mask is true, and published to `topic`; the first mask that
    is false is the clause that refused it. Masks are bool (n,) and may use nothing but the row
    itself: how the stream was cut into batches must not show (`filters.conformance`).
    """

    def decorate(rule: Rule) -> Selection:
        return Selection(rule, topic=topic, name=name or rule.__name__)

    return decorate


class Selection:
    """A filter: `evaluate` a batch, or call it as the plain function that it was."""

    def __init__(
        self,
        rule: Rule,
        *,
        topic: str,
        name: str,
        description: str | None = None,
        sha256: str | None = None,
        form: Form | None = None,
    ) -> None:
        """Raises FilterError where the rule is no generator function or the topic no name.

        A rule that is no author's function, but made of a text, has the text's `description` and
        `sha256`. `form` is that of the records on the topic; None where the configuration says.
        """
        if not inspect.isgeneratorfunction(rule):
            raise FilterError(
                f"filter {name!r} must be a function that yields (name, mask) clauses"
            )
        if not TOPIC.fullmatch(topic):
            raise FilterError(f"filter {name!r}: {topic!r} is no topic name; use a-z, 0-9, . _ -")
        self.name = name
        self.topic = topic
        self.form = form
        self.description = inspect.getdoc(rule) or "" if description is None else description
        self.source = None if sha256 else Path(inspect.getfile(rule))
        self._sha256 = sha256
        self._rule = rule

    def __call__(self, alerts: Alerts | AlertBatch) -> Clauses:
        """The clauses, as the undecorated function yields them; for unit tests."""
        return self._rule(Alerts(alerts) if isinstance(alerts, AlertBatch) else alerts)

    def __repr__(self) -> str:
        return f"<selection {self.name!r} to topic {self.topic!r}>"

    @cached_property
    def sha256(self) -> str:
        """Of the file or the text that defines it, so that two that differ are told apart."""
        if self._sha256 or self.source is None:
            return self._sha256 or ""
        return hashlib.sha256(self.source.read_bytes()).hexdigest()

    def asked(self, alerts: Alerts) -> Clauses:
        """The clauses one by one, checked; what one has read stands in `alerts.readings`.

        Whatever the rule raises is raised, and FilterError for a bad clause or none at all.
        """
        names: list[str] = []
        # A clause may well take the logarithm of nothing: NaN compares false, which is the answer.
        with np.errstate(all="ignore"):
            for clause in self._rule(alerts):
                name, mask = self._checked(clause, names, len(alerts))
                yield name, mask
                names.append(name)
                alerts.forget()
        if not names:
            raise FilterError(f"filter {self.name!r} yields no clause; it would select everything")

    def judge(
        self, batch: Table, sky: Sky = NO_SKY, alone: dict[str, int] | None = None
    ) -> Decision:
        """One plain run. Whatever the rule raises is raised, and FilterError for a bad clause.

        `alone` is given, by clause, how many rows that one by itself would let pass.
        """
        alerts, names = Alerts(batch, sky), list[str]()
        trace = np.full(len(batch), SELECTED, dtype=np.int16)
        unknown = np.zeros(len(batch), dtype=np.bool_)
        for name, mask in self.asked(alerts):
            refused = ~mask & (trace == SELECTED)
            if refused.any():
                trace[refused] = len(names)
                unknown |= refused & alerts.unmeasured()
            names.append(name)
            if alone is not None:
                alone[name] = int(np.count_nonzero(mask))
        return Decision(tuple(names), trace, unknown)

    def evaluate(self, batch: Table, sky: Sky = NO_SKY) -> Decision:
        """Every row answered, whatever the rule does: rows that make it raise become faults.

        The batch is halved until those rows are found. After EVALUATIONS_MAX runs the parts that
        still raise are counted as faults whole, so that a broken filter costs a bounded time.
        """
        answered: list[tuple[NDArray[np.int64], Decision]] = []

        def run(rows: NDArray[np.int64], part: Table) -> None:
            answered.append((rows, self.judge(part, sky)))

        found = isolate(batch, run, runs_max=EVALUATIONS_MAX)
        faults = [Fault(rows, self._message(error)) for rows, error in found]
        return assembled(len(batch), answered, faults) if faults else answered[0][1]

    def _checked(
        self, clause: object, names: list[str], rows: int
    ) -> tuple[str, NDArray[np.bool_]]:
        """The clause, or a FilterError that says which one is wrong and how."""
        if not (isinstance(clause, tuple) and len(clause) == 2 and isinstance(clause[0], str)):
            raise self._wrong(f"yields {clause!r:.80}; a clause is (name, mask)")
        name, mask = clause
        if name in names:
            raise self._wrong(f"has two clauses named {name!r}; name each for what it asks")
        if len(names) == CLAUSES_MAX:
            raise self._wrong(f"yields over {CLAUSES_MAX} clauses; does it end?")
        if not isinstance(mask, np.ndarray):
            found = type(mask).__name__
        elif mask.dtype != np.bool_ or mask.shape != (rows,):
            found = f"{mask.dtype} {mask.shape}"
        else:
            return name, mask
        raise self._wrong(f"clause {name!r}: the mask must be bool ({rows},), not {found}")

    def _wrong(self, what: str) -> FilterError:
        return FilterError(f"filter {self.name!r} {what}")

    def _message(self, error: Exception) -> str:
        """One line: the filter, what was raised, and the last of its own lines that ran."""
        text = " ".join(str(error).split())
        own = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename) == self.source
        ]
        place = f" ({self.source.name}:{own[-1]})" if own and self.source else ""
        if not isinstance(error, FilterError):
            text = f"filter {self.name!r} raised {type(error).__name__}: {text}"
        return (
            f"{text}{place}"
            if text.startswith("filter ")
            else f"filter {self.name!r}: {text}{place}"
        )
