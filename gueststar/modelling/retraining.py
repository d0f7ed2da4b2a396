"""Requests to make a model again, as people ask for them and look at them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Final

from broker.json_records import shortened
from broker.models.register import ModelRegister
from broker.models.retrains import RetrainRegister, RetrainRequest, records_of
from broker.ports import ControlTopic
from gueststar.filtering.deployment import moment
from gueststar.modelling.spread import opened_file
from lake.reading import span_of
from schemas.errors import ModelError

COLUMNS: Final = (
    *("model", "request", "status", "version", "nights", "asked, UTC", "by", "since, UTC"),
    "reason",
)


def ask(
    models: ModelRegister,
    control: ControlTopic,
    name: str,
    nights: Sequence[str],
    *,
    why: str,
    by: str,
) -> RetrainRequest:
    """Write a request for a model.

    Raises ModelError where there is no such model, or a request of it is open; ArchiveError for
    what names no nights.
    """
    for span in nights:
        span_of(span)
    serving, own = models.serving(name), opened_file(name, None).identity
    register = RetrainRegister().after(records_of(control.present()))
    for each in register.open:
        if each.name == name:
            state = register.change(each).state
            raise ModelError(f"{each.called} is {state}, by {each.by}; wait until it has ended")
    request = RetrainRequest(
        name=name,
        version=register.next_version(name),
        nights=tuple(nights),
        why=shortened(why) or "asked for",
        drifted=None,
        model_version=serving.model_version if serving else own.version,
        sha256=serving.sha256 if serving else own.sha256,
        by=by,
        deployed_unix_s=time.time(),
    )
    control.write(request.key, request.encode())
    return request


def request_rows(register: RetrainRegister) -> Iterator[tuple[str, ...]]:
    """A row a request, in the order of COLUMNS."""
    for each in register.all:
        now = register.change(each)
        said = now.reason or each.why
        yield (
            *(each.name, str(each.version), now.state, "" if now.made is None else str(now.made)),
            *(", ".join(each.nights), moment(each.deployed_unix_s), each.by, moment(now.unix_s)),
            said,
        )
