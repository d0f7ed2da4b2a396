"""The page of what one network of many sites is worth, of sites and answers made by hand."""

from __future__ import annotations

import numpy as np

from training.federated.page import text
from training.federated.sites import FEDERATED, TOGETHER, Site
from training.realbogus.fitting import Lesson


def site(name: str, low: int) -> Site:
    images = np.zeros((40, 6, 21, 21), np.float16)
    lesson = Lesson(images, np.zeros(40, np.int64), 1.0)
    return Site(name, [lesson], images, np.arange(40) < low, np.arange(40) % 8)


def test_the_page_says_each_network_s_area_and_how_far_the_federated_ones_are_from_it() -> None:
    random, sites = np.random.default_rng(1), [site("here", 15), site("there", 20)]

    def scores(better: float) -> list[np.ndarray]:
        return [random.normal(0, 1, 40) - better * one.low for one in sites]

    names = {FEDERATED: 0.0, "here alone": 0.0, "there alone": 0.0, TOGETHER: 9.0}
    found = [{name: scores(better) for name, better in names.items()} for _ in range(2)]
    areas, _, gains = text(sites, found).partition(f"| {FEDERATED}, less |")
    assert f"| {TOGETHER} | 1.0000 (1.0000 to 1.0000) |" in areas
    assert "| here | 40 | 0 MB |" in areas
    assert f"| {TOGETHER} | -0." in gains
    assert "| here alone |" in gains
    assert f"| {FEDERATED} |" not in gains
