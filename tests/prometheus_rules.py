"""The rules that Prometheus is given, and promtool's word on a case of theirs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.broker.test_metrics import needs

RULES = Path(__file__).resolve().parents[1] / "deploy" / "gueststar-rules.yml"


def check_case(folder: Path, text: str) -> None:
    """Have promtool try a case. Raises AssertionError with what it says."""
    case = folder / "case.yml"
    case.write_text(text)
    checked = subprocess.run(
        [needs("promtool"), "test", "rules", str(case)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
