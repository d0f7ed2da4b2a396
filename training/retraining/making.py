"""The training of each model that can be made again, of some nights' alerts and its first ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from broker.models.retrains import RetrainRequest
from gueststar.modelling.labels import ARTEFACT, Known
from gueststar.modelling.spread import keep, make_reference, opened_file
from schemas.errors import ModelError
from training.realbogus.alerts.dataset import read_examples
from training.realbogus.alerts.examples import Examples, joined
from training.realbogus.alerts.splits import field_nights
from training.realbogus.crossing import taught
from training.realbogus.export import exported
from training.realbogus.fitting import Recipe
from training.realbogus.material import material
from training.retraining.nights import ALERTS_MAX, Nights

BOGUS_TEACHER: Final = 0.0
"""Of artefacts, which are taught as what drb calls bogus."""
FIELD_NIGHTS_MIN: Final = 8
"""Of which whole ones are set apart."""


@dataclass(frozen=True)
class Maker:
    """Makes what is asked, of what stands here."""

    lake: Path
    knows: Callable[[], Known]
    """What alerts turned out to be, as far as that is known now."""
    data: Path | None
    """The real alerts that the model was first taught; none: it is taught the nights alone."""
    steps: int = Recipe.steps
    seed: int = 0
    alerts_max: int = ALERTS_MAX

    def __call__(self, request: RetrainRequest, folder: Path) -> None:
        """Write NAME.onnx, which carries its reference, and NAME.md.

        Raises ModelError where nobody can make that model again, ArchiveError for the nights.
        """
        train = TRAININGS.get(request.name)
        if train is None:
            raise ModelError(
                f"{request.name} is not made again by itself, {', '.join(TRAININGS)} is: it is"
                " taught whole light curves with labels, which nights do not hold; train it"
            )
        nights, known = folder / "nights", self.knows()
        alerts = Nights(self.lake, request.nights, known, self.alerts_max).export(nights)
        file = folder / f"{request.name}.onnx"
        said = train(self, request, _examples(nights, self.data, known), file)
        scoring = opened_file(request.name, file)
        keep(make_reference(scoring, nights), scoring, file, file)
        shutil.rmtree(nights)
        card = _card(request, {"alerts of the nights": f"{alerts:,}", **said})
        file.with_suffix(".md").write_text(card, encoding="utf-8")

    def version_of(self, request: RetrainRequest) -> str:
        """Of the file: that of the one that served, and the request's number."""
        return f"{request.model_version.partition('+')[0]}+{request.version}"


def of_realbogus(
    maker: Maker, request: RetrainRequest, examples: Examples, file: Path
) -> dict[str, str]:
    """The training of `training.realbogus`, up to the file that is served. Raises ModelError."""
    there = len(np.unique(field_nights(examples)))
    if there < FIELD_NIGHTS_MIN:
        raise ModelError(
            f"{len(examples):,} alerts of {there} fields and nights cannot be split to calibrate"
            f" on; name nights with {FIELD_NIGHTS_MIN} at least, or --data"
        )
    some = material(examples, maker.seed, exam_stamps=0)
    everything = np.ones(len(examples), np.bool_)
    net, calibration = taught(some, everything, Recipe(seed=maker.seed, steps=maker.steps))
    net.calibrate(*calibration)
    version, data = maker.version_of(request), examples.sha256()
    said = {"name": request.name, "version": version, "seed": str(maker.seed), "data": data}
    exported(net, file, said)
    return {
        "version": version,
        "alerts learnt from": f"{len(examples):,}",
        "with a class": f"{np.count_nonzero(examples.spectroscopic != ''):,}",
        "called artefacts": f"{np.count_nonzero(examples.teacher == BOGUS_TEACHER):,}",
        "steps, seed": f"{maker.steps}, {maker.seed}",
        "sha256 of what was learnt": data,
    }


TRAININGS: Final[
    Mapping[str, Callable[[Maker, RetrainRequest, Examples, Path], dict[str, str]]]
] = {"realbogus": of_realbogus}
"""By model; each writes a file, and gives what its card says."""


def _examples(nights: Path, data: Path | None, known: Known) -> Examples:
    """Those of the nights, and those that it was first taught."""
    parts = [read_examples(each) for each in (nights, data) if each is not None]
    examples = joined(parts)
    kinds = known.of(examples.object_id.tolist(), examples.alert_id.tolist())
    are = np.array([kind == ARTEFACT for kind in kinds], np.bool_)
    return replace(
        examples,
        teacher=np.where(are, BOGUS_TEACHER, examples.teacher),
        spectroscopic=np.where(are, "", examples.spectroscopic),
        asteroid_distance_arcsec=np.where(are, np.inf, examples.asteroid_distance_arcsec),
    )


def _card(request: RetrainRequest, said: Mapping[str, str]) -> str:
    """Where the file comes from; how good it is, the comparison as a shadow says."""
    lines = [
        f"# {request.name}, made again\n",
        f"By {request.called}, of {request.by}: {request.why}. It was taught as its maker taught"
        f" {request.model_version} (`{request.sha256[:12]}`), and held to no exam: `gueststar model"
        " compare` says how it does beside the live one.\n",
        "| | |\n| --- | --- |",
        f"| nights | {', '.join(request.nights)} |",
        *(f"| {name} | {each} |" for name, each in said.items()),
    ]
    return "\n".join(lines) + "\n"
