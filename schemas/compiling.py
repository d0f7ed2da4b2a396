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


def inlined(function: F) -> F:
    """Part of the compiled functions of its file that call it, as if it stood there.

    For what takes arrays and is called often: numba counts references to each at every other call.
    """
    return njit(inline="always")(function)  # type: ignore[no-any-return]


@intrinsic
def pointer(_context: Any, array: Any) -> Any:  # noqa: ANN401 - types of numba's own
    """The address of an array's values, to be passed on in its place.

    Numba counts references to an array at each call: that took ten times as long as all reading.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate


@intrinsic
def lowest_bit(_context: Any, _word: Any) -> Any:  # noqa: ANN401 - types of numba's own
    """The place of a uint64's lowest bit that is set, int64; 64 where none is."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.cttz(arguments[0], context.get_constant(types.boolean, 0))

    return types.int64(types.uint64), generate
