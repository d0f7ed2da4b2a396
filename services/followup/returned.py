"""What came back of a request, as annotations of its object: once each, with the end of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from broker.followup_settings import OURS
from broker.ports import Clock, Output
from schemas.object_annotation import ObjectAnnotation
from services.followup.adapters.port import Result
from services.followup.requests import Request
from services.followup.waking import Waking


class ReturnedAnnotations:
    """See `services.followup.tracker.Returned`."""

    def __init__(self, topic: str, clock: Clock, waking: Waking | None = None) -> None:
        """waking: has filters select an alert because of what came back."""
        self._topic = topic
        self._clock = clock
        self._waking = waking

    def __call__(self, request: Request, results: Sequence[Result]) -> Sequence[Output]:
        made = [*annotations_of(request, results, self._clock.now_s())]
        woken = self._waking.woken(request.origin, made) if self._waking else []
        return [*(Output(self._topic, one.key, one.encode()) for one in made), *woken]


def annotations_of(
    request: Request, results: Sequence[Result], unix_s: float
) -> Iterator[ObjectAnnotation]:
    """One for each result; without any, that it was observed."""
    for result in results or [Result("photometry", text=request.reason)]:
        numbers = {"probability": result.probability, "redshift": result.redshift}
        texts = {
            "request": request.id,
            "site": request.site,
            "reference": request.reference,
            "type": result.type,
            "text": result.text,
        }
        yield ObjectAnnotation(
            request.object_id,
            OURS,
            result.kind,
            unix_s,
            {name: number for name, number in numbers.items() if isfinite(number)},
            {name: text for name, text in texts.items() if text},
            result.points,
        )
