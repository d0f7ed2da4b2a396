"""What can wait is scheduled behind all else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

TELL = """
import os
import threading
import pyarrow
from gueststar.priority import let_others_first
let_others_first()
found = []
thread = threading.Thread(target=lambda: found.append(os.sched_getscheduler(0)))
thread.start(); thread.join()
print(os.nice(0), os.sched_getscheduler(0) == found[0] == os.SCHED_IDLE, pyarrow.cpu_count())
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="this system has no idle scheduling")
def test_who_lets_others_first_is_idle_with_its_later_threads_and_arrow_has_one() -> None:
    ran = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["19", "True", "1"]
