"""What a command says of the error that ended it, in one line."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

from schemas.errors import GueststarError
from schemas.secrets import hidden

NO_THREAD: Final = "can't start new thread"
"""What Python says where the system gives it none: for want of memory, mostly."""


def sentence(error: Exception) -> str:
    """What is said of an error: an operating error says it itself; of others, where they arose."""
    text = " ".join(hidden(str(error)).split())
    if isinstance(error, GueststarError | OSError):
        return text
    if isinstance(error, MemoryError) or text == NO_THREAD:
        return (
            f"memory is short ({text or type(error).__name__}): give the process more, or lower"
            " [limits] poll_bytes_max or [lake] flush_bytes_max, and start it again"
        )
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    what = f"a fault of ours, {type(error).__name__} at {place}: {text}"
    return f"{what}; see it with GUESTSTAR_DEBUG=1"
