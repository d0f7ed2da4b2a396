"""A seed's night, passed; and, where it breaks the law, the least of it that still does."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import pytest

from tests.simulation.nights import LakeNight, Night, PlainNight, TopicsNight
from tests.simulation.script import Script, drawn

TRIES_MAX: Final = 2_000
"""Of smaller nights, for one that fails."""
LAST_LINES: Final = 12


class Verdict(NamedTuple):
    """What came of a seed."""

    seed: int
    kind: str
    fault: str = ""
    """Empty where the law held; else the end of the traceback."""


def quietly() -> None:
    """What goes wrong is meant to, and need not be logged."""
    logging.disable(logging.CRITICAL)


def judged(seed: int) -> Verdict:
    """The night of a seed, passed in memory (the lake's writer in a folder that is removed)."""
    script = drawn(seed)
    return Verdict(seed, script.kind, fault_of(script))


def fault_of(script: Script) -> str:
    """What is wrong with a night; empty for nothing."""
    try:
        play(script)
    except Exception:
        return "\n".join(traceback.format_exc().splitlines()[-LAST_LINES:])
    return ""


def play(script: Script) -> None:
    """Pass a night. Raises what breaks the law: an AssertionError, or any error of ours."""
    with _made(script) as night:
        for action in script.actions:
            night.do(action)
        night.end()


@contextmanager
def _made(script: Script) -> Iterator[Night]:
    if script.kind == "topics come and go":
        yield TopicsNight(script)
    elif script.kind != "lake":
        yield PlainNight(script)
    else:
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            # Processes die in these nights, and machines do not: no disk is waited for.
            patch.setattr(os, "fsync", lambda _: None)
            yield LakeNight(script, Path(folder))


def least(script: Script) -> Script:
    """The smallest night found that still fails: one part after another is left out."""
    tries, found = TRIES_MAX, True
    while found and tries > 0:
        found = False
        for smaller in script.smaller():
            tries -= 1
            if tries > 0 and fault_of(smaller):
                script, found = smaller, True
                break
    return script
