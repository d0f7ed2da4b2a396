"""Users find what they like, sooner by rankings that learn; headlines come from what is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.gueststar.anomalies.drawn import drawn
from training.anomaly.answers import NAMES, claimed, headlines, keep
from training.anomaly.users import ANSWERS, RANKINGS, Pool, astronomaly, session
from training.tables import figures_table


def pool(count: int) -> tuple[Pool, np.ndarray]:
    seen, second = drawn(count)
    features = np.concatenate([seen.vector, seen.leaves], axis=1)
    return Pool(seen, features, seen.rarity, seen.rarity), second


def test_rankings_that_learn_find_more() -> None:
    some, liked = pool(600)
    found = {name: session(some, liked, *one) for name, one in RANKINGS.items()}
    assert tuple(found) == NAMES
    assert found["served"].hits > 2 * found["no learning"].hits
    assert found["Astronomaly, alpha 0.1"].hits > found["no learning"].hits
    assert all(one.hits + one.top <= liked.sum() for one in found.values())


def test_the_oddness_alone_counts_far_from_what_was_scored() -> None:
    some, _ = pool(200)
    features = some.features.copy()
    features[0] += 1e4
    rows = np.arange(1, ANSWERS)
    found = astronomaly(some._replace(features=features), rows, np.zeros(len(rows), np.bool_), 0)
    oddness = (some.forest - some.forest.min()) / np.ptp(some.forest)
    assert np.isclose(found[0], oddness[0], rtol=1e-6)
    assert (found[rows] < 0.2 * oddness[rows] + 1e-9).all()


def test_headlines_are_of_what_was_kept_and_a_card_says_them(tmp_path: Path) -> None:
    def found(part: str, ranking: int, top: int) -> dict[str, np.ndarray]:
        numbers = {"ranking": ranking, "hits": top, "top": top, "members": 40, "among": 800}
        return {"part": np.array([part]), **{k: np.array([v]) for k, v in numbers.items()}}

    parts: list[dict[str, np.ndarray]] = [
        found(part, place, 10 * place)
        for part in ("users:ZTF:TDE", "users:ZTF:AGN", "withheld:KN")
        for place in range(len(NAMES))
    ]
    parts.append({"part": np.full(200, "rates:ZTF"), "rarity": np.arange(200) / 100})
    drb = np.where(np.arange(200) < 20, 0.1, 0.9)
    said = {"drb": drb, "rb": drb, "ours": drb - 0.5, "rarity": -np.arange(200.0)}
    said["distance"] = np.arange(200.0)
    parts.append({"part": np.full(200, "bogus:all"), **said})
    keep(parts, tmp_path / "answers.parquet")
    told = headlines(tmp_path / "answers.parquet")
    assert told["ZTF, of the top 100, served"] == 0.6
    assert np.isclose(told["ZTF, served less Astronomaly, alpha 0.1"], 0.3)
    assert told["KN withheld, hits in 50 looks, served"] == 60
    assert np.isclose(told["KN withheld, share of the pool"], 0.05)
    assert np.isclose(told["ZTF, share called one in 10 or rarer"], 0.5, atol=0.01)
    assert told["real packets, all, bogus in the top 50"] == 0.4
    assert told["real packets, all, called real, bogus in the top 50"] == 0
    assert told["real packets, all, bogus in the 50 farthest"] == 0
    card = f"# a card\n\n## Headlines\n\n{figures_table('headline', told)}\n"
    assert claimed(card).keys() == told.keys()
