"""`python -m supply LOCK --environment PYTHON`: exit status 1 for a hole or a licence unwritten.

pip-audit and pip-licenses ask; here their answers are held to `exceptions.toml`, where each
exception has its reason and the day on which it ends.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from supply.holding import Exceptions, Verdict, audited, licensed

TOOLS = Path(".venv-supply/bin")
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")


def main() -> None:
    """Ask, hold and print."""
    options = argparse.ArgumentParser(prog="python -m supply", description=__doc__)
    options.add_argument("lock", type=Path)
    options.add_argument("--environment", type=Path, required=True, help="a Python that has it all")
    chosen = options.parse_args()
    excepted = Exceptions.of(EXCEPTIONS.read_text(), datetime.now(UTC).date())
    licences = _asked(["pip-licenses", "--python", str(chosen.environment), "--format", "json"])
    holes = _asked(
        ["pip-audit", "--disable-pip", "--no-deps", "-f", "json", "-r", str(chosen.lock)]
    )
    found = [licensed(json.loads(licences), excepted), audited(json.loads(holes), excepted)]
    for verdict in found:
        _say(verdict)
    sys.exit(1 if any(verdict.refused for verdict in found) else 0)


def _asked(words: Sequence[str]) -> str:
    """What a tool answers; its own exit status says no more."""
    done = subprocess.run(
        [str(TOOLS / words[0]), *words[1:]], capture_output=True, text=True, check=False
    )
    if not done.stdout.strip():
        sys.exit(f"supply: {words[0]} gave no answer: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout


def _say(verdict: Verdict) -> None:
    print(verdict.said)  # noqa: T201 - a command's own output
    for line in verdict.refused:
        print(f"  {line}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
