"""Dask: a lake's partitions answered for by the workers of a cluster.

Nothing of Dask's is imported: who has a client has Dask (`pip install 'gueststar[dask]'`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lake.partitions import Partition, Run


def run_on(client: Any) -> Run:  # noqa: ANN401 - Dask's types are not there without it
    """What has a function done for each partition, on the workers of a `distributed.Client`.

    These open the lake under the path that it has here, and have this gueststar.
    """

    def run(function: Callable[[Partition], Any], each: Sequence[Partition]) -> Iterable[Any]:
        # Not pure: the lake may have changed since the same was asked.
        found: list[Any] = client.gather(client.map(function, each, pure=False))
        return found

    return run
