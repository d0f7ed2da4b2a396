"""The allocator's thresholds: raised where glibc is, left alone elsewhere."""

from __future__ import annotations

import gc
import platform

import pytest

from gueststar.allocator import keep_freed_memory, keep_what_is_loaded


def test_the_thresholds_are_raised_under_glibc_and_only_there() -> None:
    assert keep_freed_memory() == (platform.libc_ver()[0] == "glibc")


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory()


def test_what_is_loaded_is_no_longer_looked_through_for_garbage() -> None:
    gc.unfreeze()
    try:
        keep_what_is_loaded()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
