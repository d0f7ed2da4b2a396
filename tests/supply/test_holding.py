"""A hole or a licence passes by an exception with a reason and an end, and by nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from supply.__main__ import EXCEPTIONS
from supply.holding import Exceptions, audited, licensed

TODAY, NONE = date(2026, 11, 29), Exceptions({}, {})
WRITTEN = """
[holes.CVE-1]
reason = "we never call it"
until = 2026-12-31
[holes.CVE-2]
reason = "we never called it"
until = 2026-11-28
[licences.one]
reason = "it is not shipped"
until = 2026-11-29
"""


def hole(name: str, identity: str, *aliases: str) -> dict[str, Any]:
    vulnerable = {"id": identity, "aliases": aliases, "fix_versions": ["2.0"]}
    return {"name": name, "version": "1.0", "vulns": [vulnerable]}


@pytest.mark.parametrize(
    ("licence", "passes"),
    [
        ("MIT License", True),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True),
        ("Python Software Foundation License", True),
        ("Apache Software License\n\nVersion 2.0", True),
        ("GNU Lesser General Public License v3 or later (LGPLv3+)", False),
        ("MIT OR GPL-2.0", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_a_licence_passes_where_it_is_permissive(licence: str, *, passes: bool) -> None:
    found = licensed([{"Name": "one", "Version": "1.0", "License": licence}], NONE)
    assert (not found.refused) == passes
    assert all("one 1.0" in line for line in found.refused)
    assert not licensed(
        [{"Name": "one", "Version": "1.0", "License": licence}], Exceptions.of(WRITTEN, TODAY)
    ).refused


def test_a_hole_is_refused_until_an_exception_is_written_and_again_once_that_ended() -> None:
    holes = [hole("a", "CVE-1"), hole("b", "PYSEC-9", "CVE-1"), hole("c", "CVE-2")]
    assert len(audited({"dependencies": holes}, NONE).refused) == 3
    (line,) = audited({"dependencies": holes}, Exceptions.of(WRITTEN, TODAY)).refused
    assert line == "c 1.0: CVE-2, mended in 2.0; raise it, or write an exception"


def test_what_could_not_be_looked_up_is_said() -> None:
    some = [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}]
    found = audited({"dependencies": some}, NONE)
    assert not found.refused
    assert "1 packages: 0 unwritten; 1 NOT AUDITED" in found.said


@pytest.mark.parametrize("left_out", ["reason", "until"])
def test_an_exception_has_a_reason_and_an_end(left_out: str) -> None:
    text = "\n".join(line for line in WRITTEN.splitlines() if not line.startswith(left_out))
    with pytest.raises(KeyError, match=left_out):
        Exceptions.of(text, TODAY)


def test_those_that_stand_can_be_read() -> None:
    Exceptions.of(EXCEPTIONS.read_text(), TODAY)
