"""What a command says of the error that ended it names the thing and the remedy."""

from __future__ import annotations

import pytest

from gueststar.sentences import NO_THREAD, sentence


@pytest.mark.parametrize(
    "error", [MemoryError("Unable to allocate 1 GiB"), MemoryError(), RuntimeError(NO_THREAD)]
)
def test_that_memory_is_short_is_no_fault_of_ours(error: Exception) -> None:
    said = sentence(error)
    assert said.startswith("memory is short (")
    assert str(error) in said
    assert "poll_bytes_max" in said
