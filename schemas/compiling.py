"""Numba's door: functions compiled to machine code, and what they need that it does not give.

A file of compiled functions holds all that they call, and these take their limits as arguments:
numba's disk cache sees neither a changed constant nor a changed callee of another file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit, types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile at the first call, without the interpreter's lock; cached where that can be."""
    try:
        return njit(nogil=True, cache=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # numba found no folder that it may write
        return njit(nogil=True)(function)  # type: ignore[no-any-return]


@intrinsic
def pointer(_context: Any, array: Any) -> Any:  # noqa: ANN401 - types of numba's own
    """The address of an array's values, to be passed on in its place.

    Numba counts references to an array at each call: that took ten times as long as all reading.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate
