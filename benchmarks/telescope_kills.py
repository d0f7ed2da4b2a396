"""A site that is killed at any step, as a seed has it, and begun anew until all is sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from numpy.random import Generator

import telescope.pipeline
import telescope.site
from schemas.decode import Decoder
from telescope.sending import Sender
from telescope.settings import read_settings
from telescope.site import Site
from telescope.spool import Spool
from telescope.working import work
from tests.telescope.sinks import RememberingSink

KILLED_SHARE = 0.02
"""Of all steps, before or after them."""
STEPS: tuple[tuple[Any, str], ...] = (
    *((telescope.pipeline, name) for name in (
        "read_frame", "prepared", "aligned", "judged", "subtracted", "detected", "told",
    )),
    (telescope.site, "packet"), (os, "fsync"), (Path, "replace"), (Spool, "write"),
    (RememberingSink, "begin"), (RememberingSink, "produce"), (RememberingSink, "commit"),
    (Spool, "shed"),
)  # fmt: skip


class Killed(BaseException):
    """As if by a signal: nothing of the product knows it."""


class Kills:
    """Where a site is killed."""

    def __init__(self, draw: Generator, share: float = KILLED_SHARE) -> None:
        self.count = 0
        self._draw, self._share = draw, share

    @contextmanager
    def about(self) -> Iterator[None]:
        """While it holds, each step may be the last."""
        with ExitStack() as stack:
            for owner, name in STEPS:
                stack.enter_context(patch.object(owner, name, self._step(getattr(owner, name))))
            yield

    def _step(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the step takes
            self._perhaps()
            found = plain(*given, **named)
            self._perhaps()
            return found

        return step

    def _perhaps(self) -> None:
        if self._draw.random() < self._share / 2:
            self.count += 1
            raise Killed


def sent_by(config: Path, kills: Kills) -> tuple[list[bytes], list[dict[str, Any]], bool]:
    """What a site sends of its frames, its spool's records, and whether all adds up."""
    settings, sink, is_done = read_settings(config), RememberingSink(), False
    while not is_done:
        try:
            with kills.about():
                site = Site(settings)
                sender = Sender(site.spool, sink, sink, "t")
                work(site, lambda one=sender: one, once=True, on_line=lambda _: None)  # type: ignore[misc]
            is_done = True
        except Killed:
            sink.abort()
    records = [one.record for one in Spool(settings.path(settings.telescope.spool)).entries()]
    frames = sorted(path.name for path in settings.path(settings.telescope.frames).iterdir())
    ids = Decoder().decode(sink.values).alert_id.tolist()
    wanted = [
        one["detectionId"]
        for record in records
        for one in record["detections"]
        if (one["realProbability"] or 0.0) >= settings.telescope.real_min
    ]
    is_balanced = (
        sorted(record["name"] for record in records) == frames
        and sink.place == len(frames)
        and ids == wanted
    )
    return sink.values, records, is_balanced
