"""What processes take: this one's own figures, and others' in a sentence."""

from __future__ import annotations

import os
import time

from benchmarks.processes import Usage, cpu_clock, resident_mb


def test_the_clock_of_a_process_is_its_cpu_time() -> None:
    clock, begin = cpu_clock(os.getpid()), time.process_time()
    before = clock()
    while time.process_time() - begin < 0.1:
        pass
    assert clock() - before >= 0.08
    assert resident_mb(os.getpid()) > 10


def test_what_others_took_is_never_less_than_nothing() -> None:
    told = Usage.now().others()
    assert "others kept" in told
    assert "-" not in told
