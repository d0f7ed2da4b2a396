"""Dask: a lake's partitions answered for by the workers of a cluster.

Who has a client has Dask (`pip install 'gueststar[dask]'`), so it is imported only to make one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from broker.errors import SettingsError
from lake.partitions import Partition, Run

Piece = TypeVar("Piece")
Result = TypeVar("Result")

AHEAD: Final = 2
"""Pieces by worker that are sent before what came of the first was taken."""


def connected(address: str) -> Any:  # noqa: ANN401 - Dask's types are not there without it
    """A client of the scheduler at an address, tcp://host:8786. Raises SettingsError."""
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SettingsError("a cluster needs Dask: pip install 'gueststar[dask]'") from error
    try:
        return Client(address)
    except (OSError, ValueError) as error:
        raise SettingsError(f"no Dask scheduler answers at {address}; is it started?") from error


def run_on(client: Any) -> Run:  # noqa: ANN401 - Dask's types are not there without it
    """What has a function done for each partition, on the workers of a `distributed.Client`.

    These open the lake under the path that it has here, and have this gueststar.
    """

    def run(function: Callable[[Partition], Any], each: Sequence[Partition]) -> Iterable[Any]:
        # Not pure: the lake may have changed since the same was asked.
        found: list[Any] = client.gather(client.map(function, each, pure=False))
        return found

    return run


def flowing(
    client: Any,  # noqa: ANN401
    function: Callable[[Piece], Result],
    each: Iterable[Piece],
) -> Iterator[Result]:
    """What a function gives for pieces without number, in order, on a cluster's workers.

    A few are on their way at once, so nothing piles up; one whose worker dies is done again.
    """
    waiting: deque[Any] = deque()
    for piece in each:
        waiting.append(client.submit(function, piece, pure=False))
        if len(waiting) > AHEAD * max(1, len(client.scheduler_info()["workers"])):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
