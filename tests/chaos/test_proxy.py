"""The proxy that cuts the network: what passes, what does not, and who is told."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from broker.kafka import Connection, KafkaAdmin, TopicSettings
from kafka_node.listeners import HOST
from kafka_node.node import free_ports
from tests.broker.clusters import RealCluster
from tests.chaos.proxy import Cut, Proxy, behind_proxy

PATIENCE_S = 10.0
SILENCE_S = 0.3


@pytest.fixture
def echo() -> Iterator[socket.socket]:
    """A server at which the test itself answers."""
    with socket.create_server((HOST, free_ports(1)[0])) as server:
        server.settimeout(PATIENCE_S)
        yield server


@pytest.fixture
def proxy(echo: socket.socket) -> Iterator[Proxy]:
    """One before that server."""
    _, port = echo.getsockname()
    with Proxy(f"{HOST}:{free_ports(1)[0]}", f"{HOST}:{port}") as opened:
        yield opened


def called(proxy: Proxy) -> socket.socket:
    """A client's connection."""
    host, port = proxy.address.split(":")
    return socket.create_connection((host, int(port)), PATIENCE_S)


def test_bytes_pass_both_ways_and_an_end_does(proxy: Proxy, echo: socket.socket) -> None:
    with called(proxy) as client, closing(echo.accept()[0]) as server:
        client.sendall(b"question")
        assert server.recv(100) == b"question"
        server.sendall(b"answer")
        assert client.recv(100) == b"answer"
        server.close()
        assert client.recv(100) == b""


def test_a_silent_cut_holds_back_what_arrives_when_it_is_over(
    proxy: Proxy, echo: socket.socket
) -> None:
    with called(proxy) as client, closing(echo.accept()[0]) as server:
        proxy.cut(Cut.SILENT)
        client.sendall(b"question")
        server.settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            server.recv(100)
        with called(proxy) as another:
            another.sendall(b"hello")
            proxy.heal()
            server.settimeout(PATIENCE_S)
            assert server.recv(100) == b"question"
            with closing(echo.accept()[0]) as other:
                assert other.recv(100) == b"hello"


def test_a_refusing_cut_resets_what_is_open_and_lets_nobody_in(
    proxy: Proxy, echo: socket.socket
) -> None:
    with called(proxy) as client, closing(echo.accept()[0]) as server:
        client.sendall(b"hello")
        assert server.recv(100) == b"hello"
        proxy.cut(Cut.REFUSED)
        for side in (client, server):
            side.settimeout(PATIENCE_S)
            with pytest.raises(ConnectionResetError):
                side.recv(100)
        with pytest.raises(ConnectionRefusedError):
            called(proxy)
        proxy.heal()
        with called(proxy) as again, closing(echo.accept()[0]) as other:
            again.sendall(b"hello")
            assert other.recv(100) == b"hello"


@pytest.mark.kafka
def test_clients_of_a_kafka_behind_it_come_by_it_and_no_other_way() -> None:
    with behind_proxy() as (node, proxy):
        KafkaAdmin(Connection(node.address)).create([TopicSettings("t")])
        RealCluster(proxy.address).publish("t", [b"one"])
        proxy.cut(Cut.REFUSED)
        assert not KafkaAdmin(Connection(proxy.address)).answers()
        assert RealCluster(node.address).read("t") == [b"one"]
        proxy.heal()
        assert RealCluster(proxy.address).read("t") == [b"one"]
