"""Which classifiers score, in which order, and what is said of those that cannot."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers import served
from classifiers.classifier import Classifier, ModelIdentity, Scoring
from schemas.batch import AlertBatch
from schemas.errors import ModelError
from schemas.stage import Stage, run_stages
from tests.classifiers.stamped import batch_of, invented_stamps


class Constant:
    """A classifier that gives every row the same, of any width."""

    labels = ("no", "yes")

    def __init__(self, name: str = "constant", reads: tuple[str, ...] = (), width: int = 2) -> None:
        self.identity = ModelIdentity(name, "1", "0" * 64)
        self.reads = reads
        self._width = width

    def score(self, batch: AlertBatch) -> NDArray[np.float32]:
        return np.full((len(batch), self._width), 0.5, np.float32)

    def warm_up(self) -> None:
        """Nothing to warm."""


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Makes an entry point: a name, and what it loads, as `module:attribute`."""

    def install(name: str, value: str) -> None:
        entry = EntryPoint(name, value, served.CLASSIFIERS)
        monkeypatch.setattr(served, "entry_points", lambda *, group: EntryPoints([entry]))

    return install


def names(classifiers: tuple[Stage, ...]) -> list[str]:
    return [one.identity.name for one in classifiers]


def test_every_network_of_ours_is_served_by_default_under_its_own_name() -> None:
    assert names(served.served()) == list(served.BUILT_IN)


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(ModelError, match=r"no classifier is called 'realbogos'.*realbogus"):
        served.served(["realbogos"])


def test_a_plug_in_is_found_by_its_entry_point(plug_in: Callable[[str, str], None]) -> None:
    plug_in("constant", f"{__name__}:Constant")
    assert names(served.served(["constant", "realbogus"])) == ["constant", "realbogus"]


def test_a_plug_in_that_cannot_be_loaded_is_named(plug_in: Callable[[str, str], None]) -> None:
    plug_in("broken", f"{__name__}:Absent")
    with pytest.raises(ModelError, match=r"'broken' cannot be opened: AttributeError"):
        served.served(["broken"])


def test_a_plug_in_that_is_no_classifier_is_named(plug_in: Callable[[str, str], None]) -> None:
    plug_in("odd", "builtins:dict")
    with pytest.raises(ModelError, match=r"'odd' is a dict, not a Classifier"):
        served.served(["odd"])


def test_a_classifier_runs_after_those_whose_scores_it_reads() -> None:
    late = Constant("late", ("learned.middle", "stamps"))
    middle = Constant("middle", ("scores.early", "light_curve"))
    order = served.in_reading_order([late, middle, Constant("early", ("magnitude",))])
    assert names(order) == ["early", "middle", "late"]


def test_a_stage_may_read_what_one_that_was_opened_elsewhere_gives(
    plug_in: Callable[[str, str], None],
) -> None:
    plug_in("reader", f"{__name__}:reader")
    order = served.served(["reader"], opened=[Scoring(Constant("elsewhere"))])
    assert names(order) == ["elsewhere", "reader"]


def reader() -> Constant:
    """A plug-in that reads what no other plug-in gives."""
    return Constant("reader", ("learned.elsewhere",))


def test_independent_classifiers_keep_their_order() -> None:
    given = [Constant(name) for name in ("c", "a", "b")]
    assert names(served.in_reading_order(given)) == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("classifiers", "message"),
    [
        ([Constant("a", ("colour",))], r"'a' reads \['colour'\], which no batch has"),
        ([Constant("a", ("scores.b",))], r"'a' reads \['b'\], which no stage gives"),
        ([Constant("a"), Constant("a")], "two classifiers are called 'a'"),
        ([Constant("a", ("scores.b",)), Constant("b", ("scores.a",))], "read what each other give"),
        ([Constant("a", ("scores.a",))], "read what each other give"),
    ],
)
def test_what_cannot_be_ordered_is_told(classifiers: list[Classifier], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        served.in_reading_order(classifiers)


def test_scores_and_labels_land_in_the_batch() -> None:
    batch = batch_of(list(invented_stamps(3, seed=1)))
    assert run_stages(batch, [*served.served(), Scoring(Constant())]) == ()
    assert batch.score("constant", "yes").tolist() == [0.5] * 3
    column = batch.score_labels["realbogus"].index("real")
    given = batch.scores["realbogus"][:, column]
    np.testing.assert_array_equal(batch.score("realbogus", "real"), given)


def test_scores_of_a_wrong_shape_are_refused() -> None:
    batch = batch_of(list(invented_stamps(2, seed=1)))
    faults = run_stages(batch, [Scoring(Constant(width=3))])
    assert "'constant' must be of shape (1, 2), not (1, 3)" in faults[0].message
