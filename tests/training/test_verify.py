"""A card whose headline is not what the answers give is found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from training import verify
from training.verify import CARDS, VERIFYING, compared, table, verified


def test_a_headline_holds_within_a_thousandth() -> None:
    claimed, found = {"a": 0.5, "b": 0.5, "c": 0.5}, {"a": 0.5009, "b": 0.5011, "d": 1.0}
    lines = compared("net", claimed, found)
    assert [(one.name, one.holds) for one in lines] == [
        ("a", True),
        ("b", False),
        ("c", False),
        ("d", False),
    ]
    assert table(lines).count("**no**") == 3


@pytest.mark.parametrize("network", VERIFYING)
def test_every_headline_of_a_card_is_had_again(network: str) -> None:
    found = verified(network, VERIFYING[network])
    assert len(found) > 5 and all(one.holds for one in found)


def test_a_card_that_flatters_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    network, module = next(iter(VERIFYING.items()))
    card = (CARDS / f"{network}.md").read_text("utf-8")
    first = verified(network, module)[0]
    (tmp_path / f"{network}.md").write_text(
        card.replace(f"| {first.name} | {first.claimed:.4f} |", f"| {first.name} | 0.9999 |")
    )

    def flattered(name: str, where: str) -> list[verify.Headline]:
        return verified(name, where, cards=tmp_path)

    monkeypatch.setattr(verify, "VERIFYING", {network: module})
    monkeypatch.setattr(verify, "verified", flattered)
    with pytest.raises(SystemExit, match="1 of"):
        verify.main()
    assert "**no**" in capsys.readouterr().out
