"""Which stages run over the stream, found by name and put in the order of what they read.

A plug-in is an entry point of the group `gueststar.classifiers` or `gueststar.stages`: something
that, called without arguments, gives a `Classifier` or a `Stage`. One that reads
"learned.realbogus" runs after the stage that gives this, and finds it in `batch.learned`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points

from classifiers.alert_embedding import AlertEmbedding
from classifiers.anomaly import Anomaly
from classifiers.classifier import Classifier, Scoring
from classifiers.embedding import Embedding
from classifiers.lightcurve import LightCurveClassifier, lightcurve, supernova
from classifiers.luminosity import Luminosity
from classifiers.neighbours import Neighbours
from classifiers.phase import Phase
from classifiers.realbogus import RealBogus
from classifiers.redshift import NAME as REDSHIFT
from classifiers.redshift import RedshiftStage
from classifiers.told_redshift import ToldRedshift
from schemas.batch import AlertBatch
from schemas.errors import ModelError
from schemas.prior import Priors, check_named, prior_of, shares_of
from schemas.stage import Stage, kind_of
from sky.hosts.template_shape import HostShape

CLASSIFIERS, STAGES = "gueststar.classifiers", "gueststar.stages"
"""The groups of entry points."""
BUILT_IN: Mapping[str, Callable[..., Classifier]] = {
    "realbogus": RealBogus,
    "lightcurve": lightcurve,
    "supernova": supernova,
}
"""Served unless a setting says otherwise; each opens its own file, or one that it is given."""
STAGES_BUILT_IN: Mapping[str, Callable[[Collection[str]], Stage]] = {
    "redshift": lambda served: RedshiftStage(),
    "phase": Phase,
    "embedding": lambda served: AlertEmbedding(),
    "neighbours": Neighbours,
    "anomaly": lambda served: Anomaly(),
    "luminosity": lambda served: Luminosity(phase="phase" in served),
    "host_shape": lambda served: HostShape(),
}
"""Served where a setting names them; each is told what else is."""
READS_LEARNED = ("learned.", "scores.")
"""How what another stage gives is named in `reads`; of probabilities the second is an alias."""
READABLE = {"stamps", *(each.name for each in fields(AlertBatch))}


def served(
    names: Sequence[str] = tuple(BUILT_IN),
    stages: Sequence[str] = (),
    embeddings: Collection[str] = (),
    opened: Iterable[Stage] = (),
    prior: Priors = "natural",
) -> tuple[Stage, ...]:
    """The classifiers of these names, and other stages, opened, in reading order.

    embeddings: which of the classifiers give theirs, too. Those of light curves read the redshift,
    where a stage gives one. opened: stages that are open already.
    prior: "natural", "even", or by classifier one of these or a share for each label.
    Raises ModelError.
    """
    check_named(prior, names)
    if unserved := sorted(set(embeddings) - set(names)):
        raise ModelError(f"an embedding of {unserved[0]!r} is wanted, which is not served")
    others = [*(_stage(name, (*names, *stages)) for name in stages), *opened]
    told = any(given.name == REDSHIFT for stage in others for given in stage.gives)
    classifiers = ((name, _classifier(name)) for name in names)
    return in_reading_order(
        [
            *(
                _scoring(each, prior, embedded=name in embeddings, told=told)
                for name, each in classifiers
            ),
            *others,
        ]
    )


def alone(named: str | Classifier, learned: Collection[str]) -> Stage:
    """One stage or classifier, at even odds, for alerts of which the others' words are known.

    named: its name, or a classifier that is open. learned: the names of what is known, of which a
    light curve's network reads the redshift, and a stage what it can. Raises ModelError.
    """
    if isinstance(named, str) and not _is_classifier(named):
        return _stage(named, learned)
    found = _classifier(named) if isinstance(named, str) else named
    return _scoring(found, "even", embedded=False, told=REDSHIFT in learned)


def in_reading_order(stages: Iterable[Stage | Classifier]) -> tuple[Stage, ...]:
    """Each after those that give what it reads; otherwise in the order given.

    Raises ModelError for two that give the same, for a column that no batch has, for what nobody
    gives, and for a circle.
    """
    wrapped = [each if isinstance(each, Stage) else Scoring(each) for each in stages]
    by_name = _by_name(wrapped)
    givers = {given.name: name for name, stage in by_name.items() for given in stage.gives}
    needs = {name: _needs(stage, givers) for name, stage in by_name.items()}
    try:
        order = tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise ModelError(f"stages read what each other give: {circle}; drop one") from error
    return tuple(by_name[name] for name in order)


def _by_name(stages: Iterable[Stage]) -> dict[str, Stage]:
    found, given = dict[str, Stage](), set[str]()
    for stage in stages:
        name = stage.identity.name
        if name in found:
            raise ModelError(f"two {kind_of(stage)}s are called {name!r}; serve one of them")
        found[name] = stage
        for one in stage.gives:
            _check_name(stage, one.name)
            if one.name in given:
                raise ModelError(f"two stages give {one.name!r}; serve one of them")
            given.add(one.name)
    return found


def _check_name(stage: Stage, name: str) -> None:
    """A lake's columns are named by it, with dots between."""
    if not name or "." in name:
        raise ModelError(
            f"stage {stage.identity.name!r} gives {name!r}; a name is not empty and has no dot"
        )


def _classifier(name: str) -> Classifier:
    if name in BUILT_IN:
        return BUILT_IN[name]()
    plugin = _plugin(CLASSIFIERS, "classifier", name, BUILT_IN)
    if not isinstance(plugin, Classifier):
        raise ModelError(f"classifier {name!r} is a {type(plugin).__name__}, not a Classifier")
    return plugin


def _is_classifier(name: str) -> bool:
    return name in BUILT_IN or name in entry_points(group=CLASSIFIERS).names


def _scoring(classifier: Classifier, priors: Priors, *, embedded: bool, told: bool) -> Scoring:
    name = classifier.identity.name
    shares = shares_of(name, classifier.labels, prior_of(priors, name))
    if embedded:
        _check_embedded(classifier)
    if not isinstance(classifier, LightCurveClassifier):
        return Scoring(classifier, shares)
    if told:
        return ToldRedshift(classifier, shares, embedded)
    return Embedding(classifier, shares) if embedded else Scoring(classifier, shares)


def _check_embedded(classifier: Classifier) -> None:
    if not isinstance(classifier, LightCurveClassifier):
        name = classifier.identity.name
        raise ModelError(f"classifier {name!r} has no embedding; name networks of light curves")
    if not classifier.width:
        raise ModelError(f"the file of {classifier.identity.name!r} has no hidden layer to be told")


def _stage(name: str, served: Collection[str]) -> Stage:
    if name in STAGES_BUILT_IN:
        return STAGES_BUILT_IN[name](served)
    plugin = _plugin(STAGES, "stage", name, STAGES_BUILT_IN)
    if not isinstance(plugin, Stage):
        raise ModelError(f"stage {name!r} is a {type(plugin).__name__}, not a Stage")
    return plugin


def _plugin(group: str, what: str, name: str, built_in: Iterable[str] = ()) -> object:
    plugins = entry_points(group=group)
    if name not in plugins.names:
        known = ", ".join(sorted({*built_in, *plugins.names})) or "none"
        raise ModelError(f"no {what} is called {name!r}; there are: {known}")
    try:
        return plugins[name].load()()
    except Exception as error:  # a plug-in may raise anything
        raise ModelError(f"{what} {name!r} cannot be opened: {error!r}; see its author") from error


def _needs(stage: Stage, givers: Mapping[str, str]) -> list[str]:
    """The stages that give what one reads."""
    what, name = kind_of(stage), stage.identity.name
    needed = [one for one in stage.reads if one.startswith(READS_LEARNED)]
    unknown = [one for one in stage.reads if one not in needed and one not in READABLE]
    if unknown:
        raise ModelError(f"{what} {name!r} reads {unknown}, which no batch has; correct `reads`")
    wanted = [one.split(".", 1)[1] for one in needed]
    missing = [one for one in wanted if one not in givers]
    if missing:
        raise ModelError(f"{what} {name!r} reads {missing}, which no stage gives; serve that, too")
    return [givers[one] for one in wanted]
