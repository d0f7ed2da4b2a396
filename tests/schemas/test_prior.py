"""Priors: what may be said of one, and the law of changing one for another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifiers.served import BUILT_IN
from schemas.errors import ModelError
from schemas.learned import Learned, brought
from schemas.natural import NATURAL, TAUGHT
from schemas.prior import (
    EVEN,
    Prior,
    Shares,
    by_label,
    in_order,
    prior_of,
    rescaled,
    reweighed,
    shares_of,
)

LABELS = ("a", "b", "c", "d")
MEASURED = st.floats(1e-6, 1)
PRIORS = st.fixed_dictionaries(dict.fromkeys(LABELS, MEASURED))
ROWS = st.lists(st.lists(MEASURED, min_size=4, max_size=4), max_size=5)


def probabilities(rows: list[list[float]]) -> NDArray[np.float32]:
    values = np.array(rows, np.float64).reshape(-1, len(LABELS))
    return np.asarray(values / values.sum(axis=1, keepdims=True), np.float32)


def shares(prior: Prior) -> Shares:
    return shares_of("net", LABELS, prior)


def at(values: NDArray[np.float32], given: Shares, wanted: Shares) -> NDArray[np.float32]:
    return reweighed("net", LABELS, values, given, wanted)


@given(ROWS, PRIORS)
def test_a_prior_changes_each_row_as_bayes_s_theorem_does(
    rows: list[list[float]], prior: dict[str, float]
) -> None:
    values = probabilities(rows)
    found = at(values, EVEN, shares(prior))
    assert found.dtype == np.float32
    for said, row in zip(values.tolist(), found.tolist(), strict=True):
        joint = [chance * prior[label] for chance, label in zip(said, LABELS, strict=True)]
        assert row == pytest.approx([one / sum(joint) for one in joint], abs=1e-6)


@given(ROWS, PRIORS, PRIORS)
def test_one_prior_after_another_is_the_last_one(
    rows: list[list[float]], first: dict[str, float], last: dict[str, float]
) -> None:
    values = probabilities(rows)
    by_way = at(at(values, EVEN, shares(first)), shares(first), shares(last))
    np.testing.assert_allclose(by_way, at(values, EVEN, shares(last)), atol=1e-6)
    np.testing.assert_allclose(at(by_way, shares(last), EVEN), values, atol=1e-6)


@given(ROWS, PRIORS)
def test_rows_sum_to_one_at_every_prior(rows: list[list[float]], prior: dict[str, float]) -> None:
    found = at(probabilities(rows), EVEN, shares(prior))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_even_odds_leave_everything_as_it_is() -> None:
    values = probabilities([[1, 2, 3, 4]])
    assert shares("even") == shares(dict.fromkeys(LABELS, 7.0)) == EVEN
    assert at(values, EVEN, EVEN) is values


def test_a_row_that_was_declined_stays_so_and_touches_no_other() -> None:
    values = np.vstack([probabilities([[1, 2, 3, 4]]), np.full((1, 4), np.nan, np.float32)])
    found = at(values, EVEN, shares({"a": 1, "b": 1, "c": 1, "d": 7}))
    assert np.isnan(found).all(axis=1).tolist() == [False, True]


def test_of_a_network_with_sides_even_odds_are_between_the_sides() -> None:
    labels = tuple(TAUGHT["realbogus"])
    prior = {"real": 0.1, **dict.fromkeys(labels[1:], 0.9 / 4)}
    wanted = shares_of("realbogus", labels, prior)
    said = np.array([[0.5, 0.5, 0, 0, 0]], np.float32)
    assert reweighed("realbogus", labels, said, EVEN, wanted)[0] == pytest.approx(
        [0.1, 0.9, 0, 0, 0]
    )
    assert shares_of("realbogus", labels, TAUGHT["realbogus"]) == EVEN
    assert shares_of("realbogus", labels, "natural") == EVEN


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ({"a": 1, "b": 1, "c": 1, "D": 1}, r"'net' has a label 'D' too many; there are: a, b, c"),
        ({"a": 1, "b": 1, "c": 1}, r"'net' lacks 'd'; give each label a share"),
        ({"a": 1, "b": 1, "c": 1, "d": 0}, r"gives 'd' 0 of 3.0; a share is 1e-09 of all at least"),
        ({"a": 1, "b": 1, "c": 1, "d": -1}, r"gives 'd' -1 of 2.0"),
        ({"a": 1, "b": 1, "c": 1, "d": float("nan")}, r"gives '.' .* of nan"),
        ("flat", r"no prior is called 'flat': write 'natural', 'even', or a share for each"),
    ],
)
def test_what_is_no_prior_is_told_by_its_label(prior: Prior, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        shares(prior)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_network_s_natural_prior_is_stated_for_just_its_labels(name: str) -> None:
    labels = BUILT_IN[name]().labels
    stated = NATURAL[name].shares if name in NATURAL else TAUGHT[name]
    assert stated.keys() == set(labels)
    expected = EVEN if name in TAUGHT else [stated[each] / sum(stated.values()) for each in labels]
    assert shares_of(name, labels, "natural") == pytest.approx(expected)


def test_the_natural_prior_of_a_network_with_other_labels_is_even() -> None:
    assert shares_of("supernova", ("SNIa", "elsewhere"), "natural") == EVEN


def test_shares_are_read_back_from_a_record_as_they_were() -> None:
    prior = shares({"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4})
    assert in_order(LABELS, by_label(LABELS, prior)) == prior
    assert np.array(prior, np.float32).tolist() == list(prior)
    assert in_order(LABELS, by_label(LABELS, EVEN)) == EVEN


def test_a_group_gets_its_share_and_keeps_its_ratios() -> None:
    found = rescaled({"a": 3, "b": 1, "c": 2, "d": 14}, ("a", "b"), 0.5)
    assert found == pytest.approx({"a": 0.375, "b": 0.125, "c": 0.0625, "d": 0.4375})


def test_who_is_not_named_has_the_natural_prior() -> None:
    assert prior_of({"a": "even"}, "a") == "even"
    assert prior_of({"a": "even"}, "b") == "natural"
    assert prior_of("even", "b") == "even"


def test_only_probabilities_have_a_prior() -> None:
    values = Learned("values", ("x",), np.ones((1, 1)))
    net = Learned.probabilities(LABELS, probabilities([[1, 1, 1, 1]]))
    prior = {"a": 0.7, "b": 0.1, "c": 0.1, "d": 0.1}
    found = brought({"gaia": values, "net": net}, {"net": prior})
    assert found["gaia"] is values
    assert found["net"].values[0] == pytest.approx([0.7, 0.1, 0.1, 0.1])
    with pytest.raises(ModelError, match="a prior of 'gaia' is given, which scores nothing"):
        brought({"gaia": values, "net": net}, {"gaia": "even"})
