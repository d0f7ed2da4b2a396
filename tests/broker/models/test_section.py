"""[models] in the settings: names of topics, and what is made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.assembly import build
from broker.errors import SettingsError
from broker.models.opening import slots_of, slotted
from broker.plan import plan
from broker.provider import provide
from broker.settings import Settings, read_settings
from tests.broker.fakes import FakeAdmin

WITH = '[topics]\ninput = ["alerts"]\nprefix = "{prefix}"\n[models]\n{models}\n'


def read(folder: Path, models: str, prefix: str = "") -> Settings:
    path = folder / "gueststar.toml"
    path.write_text(WITH.format(prefix=prefix, models=models))
    return read_settings(path)


def test_without_a_topic_nothing_of_models_is_made(tmp_path: Path) -> None:
    parts = build(read(tmp_path, ""))
    assert slots_of(parts.stages) == []
    assert not any("model" in topic for topic in parts.provided)


def test_with_one_every_model_of_ours_stands_in_a_slot(tmp_path: Path) -> None:
    parts = build(read(tmp_path, 'live = "gueststar.models"'))
    names = [each.own.identity.name for each in slots_of(parts.stages)]
    assert sorted(names) == ["lightcurve", "realbogus", "supernova"]
    assert {"gueststar.models", "gueststar.model-comparisons"} <= {*parts.provided}
    assert slotted(parts.stages, parts.settings.models) == parts.stages


def test_its_topics_have_the_prefix_of_all(tmp_path: Path) -> None:
    models = read(tmp_path, 'live = "gueststar.models"', prefix="mine.").models
    assert (models.live, models.comparisons) == ("mine.models", "mine.model-comparisons")
    assert models.retrains == "mine.retrains"


@pytest.mark.parametrize(
    "models",
    [
        'live = "gueststar.enriched"',
        'live = "gueststar.filters"',
        'live = "no topic"',
        'live = "a"\ncomparisons = "a"',
        'live = "a"\nretrains = "a"',
    ],
)
def test_a_topic_of_two_uses_is_refused(tmp_path: Path, models: str) -> None:
    with pytest.raises(SettingsError, match=r"\[models\]"):
        read(tmp_path, models)


def test_the_topic_of_records_is_compacted_and_check_names_both(tmp_path: Path) -> None:
    settings = read(tmp_path, 'live = "gueststar.models"')
    parts, admin = build(settings), FakeAdmin()
    provide(settings, admin, parts.provided)
    made = {each.name: each.settings.get("cleanup.policy") for each in admin.created}
    assert made["gueststar.models"] == "compact"
    assert made["gueststar.retrains"] == "compact"
    assert made["gueststar.model-comparisons"] is None
    roles = {topic.name: topic.role for topic in plan(parts, admin).topics}
    assert roles["gueststar.models"] == "deployed models"
    assert roles["gueststar.model-comparisons"] == "what shadows of models say"
