"""librdkafka's mock cluster by its own C functions, which Python's client does not wrap.

Only they can give a topic the number of partitions that is asked for. They are in the client's own
compiled module; where that does not show them, `started` says so and nobody is the worse for it.
Their names and arguments are those of librdkafka's `rdkafka_mock.h` and `rdkafka.h`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from confluent_kafka import cimpl

from broker.errors import KafkaUnavailable

PRODUCER: Final = 0
BROKERS: Final = 1
REPLICAS: Final = 1
ERROR_BYTES: Final = 512
QUIET: Final = b"2"
"""The log level of what is critical: the cluster's own client has no address, and would say so."""

_POINTER, _TEXT, _NUMBER = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
SIGNATURES: Final[dict[str, tuple[Any, list[Any]]]] = {
    "rd_kafka_conf_new": (_POINTER, []),
    "rd_kafka_conf_set": (_NUMBER, [_POINTER, _TEXT, _TEXT, _TEXT, ctypes.c_size_t]),
    "rd_kafka_new": (_POINTER, [_NUMBER, _POINTER, _TEXT, ctypes.c_size_t]),
    "rd_kafka_destroy": (None, [_POINTER]),
    "rd_kafka_mock_cluster_new": (_POINTER, [_POINTER, _NUMBER]),
    "rd_kafka_mock_cluster_destroy": (None, [_POINTER]),
    "rd_kafka_mock_cluster_bootstraps": (_TEXT, [_POINTER]),
    "rd_kafka_mock_topic_create": (_NUMBER, [_POINTER, _TEXT, _NUMBER, _NUMBER]),
}


class MockCluster(NamedTuple):
    """One that runs. `address` is its `bootstrap.servers`."""

    address: str
    stop: Callable[[], None]
    """To be called once, after all clients closed."""


def started(topics: Sequence[str], partitions: int) -> MockCluster | None:
    """A cluster of one broker with these topics; None where the client does not show how.

    Raises KafkaUnavailable where it does not come up.
    """
    library = _library()
    if library is None:
        return None
    conf, error = library.rd_kafka_conf_new(), ctypes.create_string_buffer(ERROR_BYTES)
    library.rd_kafka_conf_set(conf, b"log_level", QUIET, error, ERROR_BYTES)
    client = library.rd_kafka_new(PRODUCER, conf, error, ERROR_BYTES)
    cluster = library.rd_kafka_mock_cluster_new(client, BROKERS) if client else None

    def stop() -> None:
        if cluster:
            library.rd_kafka_mock_cluster_destroy(cluster)
        if client:
            library.rd_kafka_destroy(client)

    create = library.rd_kafka_mock_topic_create
    if not cluster or any(create(cluster, t.encode(), partitions, REPLICAS) for t in topics):
        stop()
        said = error.value.decode(errors="replace")
        raise KafkaUnavailable(f"the embedded Kafka did not come up, or lacks a topic: {said}")
    return MockCluster(library.rd_kafka_mock_cluster_bootstraps(cluster).decode(), stop)


def _library() -> Any:  # noqa: ANN401 - its functions are told by SIGNATURES
    """The functions, with their types; None where one is not there."""
    try:
        library = ctypes.CDLL(cimpl.__file__)
        for name, (result, arguments) in SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        return None
    return library
