"""Updates of sites: what is sent, how the centre takes their mean, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ModelError
from training.arrays import keep
from training.federated.rounds import averaged, begun, network, read, rounds, updated
from training.realbogus.fitting import Lesson, Recipe, logits

RECIPE = Recipe(steps=6, batch=16, channels=(4, 4, 4))


def lesson(count: int, seed: int) -> Lesson:
    """Bright centres are real."""
    random = np.random.default_rng(seed)
    images, label = random.normal(0, 0.3, (count, 6, 21, 21)), np.arange(count) % 2
    images[label == 0, 2, 8:13, 8:13] += 1.5
    return Lesson(images.astype(np.float16), label, 1.0)


@pytest.fixture
def central(tmp_path: Path) -> Path:
    """The centre's first weights."""
    begun(tmp_path / "central.npz", RECIPE)
    return tmp_path / "central.npz"


def update(central: Path, stamps: int) -> Path:
    """What a site of so many stamps sends."""
    to = central.with_name(f"update{stamps}.npz")
    updated(central, [lesson(stamps, stamps)], RECIPE, central.with_name(f"own{stamps}.npz"), to)
    return to


def test_the_centre_takes_the_mean_of_the_sites_changes(central: Path, tmp_path: Path) -> None:
    sent = [update(central, 20), update(central, 60)]
    averaged(central, sent, tmp_path / "next.npz")
    small, large, before = read(sent[0]), read(sent[1]), read(central)
    after = read(tmp_path / "next.npz")
    for name, one in after.items():
        assert np.allclose(one, before[name] + (small[name] + large[name]) / 2, atol=1e-6)
        assert one.dtype == np.float32
    assert any(np.abs(after[name] - before[name]).max() > 1e-4 for name in before)


def test_an_update_is_as_long_whatever_it_was_made_of(central: Path) -> None:
    assert update(central, 20).stat().st_size == update(central, 2000).stat().st_size


def test_what_is_learnt_comes_from_all_sites(tmp_path: Path) -> None:
    recipe = Recipe(steps=60, batch=32, channels=(4, 4, 4))
    nets = rounds([[lesson(80, 1)], [lesson(80, 2)]], recipe, 3, tmp_path)
    fresh = lesson(100, 9)
    for net in nets:
        said = logits(net, fresh.images)
        assert np.mean((said[:, 0] > said[:, 1]) == (fresh.said == 0)) > 0.9
    assert len(list(tmp_path.glob("update_*"))) == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"from": np.array("others")}, "changes other weights"),
        ({"head.bias": np.full(5, np.nan, np.float32)}, "no number"),
        ({"head.bias": np.zeros(4, np.float32)}, "another network"),
    ],
)
def test_an_update_that_does_not_fit_is_refused_by_name(
    central: Path, tmp_path: Path, change: dict[str, np.ndarray], message: str
) -> None:
    keep(tmp_path / "other.npz", {**read(update(central, 20)), **change})
    with pytest.raises(ModelError, match=rf"other\.npz: .*{message}"):
        averaged(central, [tmp_path / "other.npz"], tmp_path / "next.npz")


def test_layers_of_normalisation_stay_at_the_site(central: Path) -> None:
    sent = read(update(central, 20))
    kept = read(central.with_name("own20.npz"))
    assert set(sent) - {"from"} == set(read(central))
    assert "features.1.running_mean" in kept
    assert set(sent).isdisjoint(kept)
    net = network(central, central.with_name("own20.npz"), RECIPE)
    state = {name: one.numpy() for name, one in net.state_dict().items()}
    for name, one in (read(central) | kept).items():
        assert np.array_equal(state[name], one)


def test_a_site_goes_on_from_what_it_kept(central: Path, tmp_path: Path) -> None:
    update(central, 20)
    first = read(tmp_path / "own20.npz")
    update(central, 20)
    again = read(tmp_path / "own20.npz")
    assert not np.array_equal(first["features.1.running_mean"], again["features.1.running_mean"])
