"""What the control topic gets of models: deployed, promoted, paused, retired and rolled back."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from broker.json_records import shortened
from broker.models.gates import judged
from broker.models.limits import GatesSection
from broker.models.records import Cause, Change, Comparison, ModelVersion, Promotion, State
from broker.models.register import ModelRegister, records_of
from broker.ports import ControlTopic
from classifiers.classifier import Scoring
from classifiers.reference import read_table
from classifiers.served import BUILT_IN
from classifiers.slot import opened
from schemas.errors import ModelError
from schemas.stage import Identity
from schemas.suggestion import nearest

WORD_S: Final = 3.0
"""How long workers have to say that they cannot open a file: a poll's wait, and the opening."""
ASK_S: Final = 0.05
RUNS: Final = (State.SHADOW, State.LIVE)


class Records:
    """A control topic of models, and what it adds up to as far as it was read."""

    def __init__(self, control: ControlTopic) -> None:
        self.control = control
        self._register = ModelRegister()

    def present(self) -> ModelRegister:
        """With all that was written before this call. Raises KafkaUnavailable, TopicMissing."""
        self._register = self._register.after(records_of(self.control.present()))
        return self._register

    def new(self) -> ModelRegister:
        """With what came meanwhile."""
        self._register = self._register.after(records_of(self.control.new()))
        return self._register


def identity_of(path: Path, name: str) -> Identity:
    """What a file says that it is, once it was opened as workers will.

    Raises ModelError where it cannot stand in for the model of that name.
    """
    if name not in BUILT_IN:
        raise ModelError(f"no model {name!r} is served{nearest(name, BUILT_IN)}")
    sha256 = BUILT_IN[name](path).identity.sha256
    return opened(Scoring(BUILT_IN[name]()), path, sha256).identity


def next_version(
    register: ModelRegister,
    found: Identity,
    *,
    path: Path,
    card: str,
    reference: Path | None,
    by: str,
) -> ModelVersion:
    """A model's next version, a shadow once it is written.

    Raises ModelError where that file runs already, or the reference cannot be read.
    """
    for each in register.versions(found.name):
        if each.sha256 == found.sha256 and register.change(each).state in RUNS:
            state = register.change(each).state
            raise ModelError(f"{called(each)} is this very file, and is {state}")
    if reference is not None:
        read_table(reference)
    previous = register.versions(found.name)
    return ModelVersion(
        name=found.name,
        version=register.next_version(found.name),
        model_version=found.version,
        sha256=found.sha256,
        place=str(path.resolve()),
        card=card,
        reference=str(reference.resolve()) if reference else "",
        by=by,
        deployed_unix_s=time.time(),
        previous_sha256=previous[-1].sha256 if previous else None,
    )


def deploy(
    records: Records,
    found: Identity,
    *,
    path: Path,
    card: str,
    reference: Path | None,
    by: str,
) -> ModelVersion:
    """Write a model's next version. Raises ModelError as `next_version`."""
    register = records.present()
    version = next_version(register, found, path=path, card=card, reference=reference, by=by)
    records.control.write(version.key, version.encode())
    return version


def refusal(records: Records, version: ModelVersion, *, word_s: float = WORD_S) -> str:
    """Why a worker paused a version at once; empty where none does."""
    register, deadline_s = records.present(), time.monotonic() + word_s
    while register.change(version).state is not State.PAUSED:
        if time.monotonic() >= deadline_s:
            return ""
        time.sleep(ASK_S)
        register = records.new()
    now = register.change(version)
    return f"{called(version)} was paused by {now.by}: {now.reason}"


def promotion(found: Comparison | None, gates: GatesSection, *, forced: str) -> Promotion:
    """What a promotion holds. Raises ModelError where a gate is not passed and nobody forces it."""
    judgements = judged(found, gates) if found else ()
    failed = [
        f"{each.name} {'unknown' if each.found is None else f'{each.found:.4g}'}"
        f" (limit {each.limit:g})"
        for each in judgements
        if not each.passed
    ]
    if not judgements:
        failed = ["nothing was compared yet"]
    if failed and not forced:
        raise ModelError(
            f"it is not promoted: {'; '.join(failed)}; wait for more alerts, give labels with"
            " --labels, or promote it with --force REASON, which is recorded"
        )
    return Promotion(found, judgements, shortened(forced) if failed else "")


def change(
    records: Records,
    version: ModelVersion,
    state: State,
    *,
    reason: str,
    by: str,
    cause: Cause = Cause.ASKED,
    promoted: Promotion | None = None,
) -> None:
    """Write how a version stands from now on.

    Raises ModelError where it stands so already, or was retired.
    """
    register = records.present()
    now = register.change(version)
    is_serving = register.serving(version.name) == version
    if now.state is state and (state is not State.LIVE or is_serving):
        raise ModelError(f"{called(version)} is {state} already, by {now.by}: {now.reason}")
    if now.state is State.RETIRED:
        raise ModelError(f"{called(version)} was retired by {now.by}; deploy it again")
    wanted = Change(state, cause, shortened(reason), by, time.time(), promoted)
    status = register.changed(version, wanted)
    records.control.write(status.key, status.encode())


def roll_back(records: Records, name: str, *, reason: str, by: str) -> tuple[str, str]:
    """Pause what serves, so that its predecessor does: what was paused, and what serves now.

    Raises ModelError where what gueststar came with serves.
    """
    register = records.present()
    live = register.live.get(name, ())
    if not live:
        known = {each.name for each in register.all}
        hint = "" if name in known or not known else nearest(name, known)
        raise ModelError(f"nothing is to be rolled back of {name!r}: its own file serves{hint}")
    change(records, live[0], State.PAUSED, reason=reason, by=by, cause=Cause.ROLLED_BACK)
    after = called(live[1]) if len(live) > 1 else f"{name}'s own file"
    return called(live[0]), after


def chosen(
    register: ModelRegister, name: str, version: int | None, states: Collection[State] = RUNS
) -> ModelVersion:
    """A model's version, the newest in one of these states by default. Raises ModelError."""
    known = register.versions(name)
    if not known:
        names = {each.name for each in register.all}
        raise ModelError(f"no {name!r} is deployed{nearest(name, names) if names else '; none is'}")
    if version is None:
        fitting = [each for each in known if register.change(each).state in states]
        if not fitting:
            raise ModelError(f"no version of {name!r} is {' or '.join(states)}; name one")
        return fitting[-1]
    found = [each for each in known if each.version == version]
    if not found:
        numbers = ", ".join(str(each.version) for each in known)
        raise ModelError(f"{name!r} has no version {version}; it has {numbers}")
    return found[0]


def called(version: ModelVersion) -> str:
    return f"{version.name} version {version.version} ({version.model_version})"
