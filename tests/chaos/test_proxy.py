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
from tests.chaos.proxy import SLOW_BYTES, Cut, Proxy, behind_proxy

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


def received(end: socket.socket, count: int) -> bytes:
    """So many bytes."""
    return end.recv(count, socket.MSG_WAITALL)


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


def test_a_slow_network_passes_little_at_a_time(
    proxy: Proxy, echo: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.chaos.proxy.SLOW_S", PATIENCE_S**2)
    whole = bytes(3 * SLOW_BYTES)
    with called(proxy) as client, closing(echo.accept()[0]) as server:
        proxy.cut(Cut.SLOW)
        client.sendall(whole)
        assert received(server, SLOW_BYTES) == whole[:SLOW_BYTES]
        server.settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            server.recv(1)
        proxy.heal()
        server.settimeout(PATIENCE_S)
        assert received(server, len(whole) - SLOW_BYTES) == whole[SLOW_BYTES:]


@pytest.mark.parametrize("how", [Cut.UNANSWERED, Cut.UNHEARD])
def test_a_half_open_network_passes_one_way_alone(
    proxy: Proxy, echo: socket.socket, how: Cut
) -> None:
    with called(proxy) as client, closing(echo.accept()[0]) as server:
        proxy.cut(how)
        open_way, shut_way = (client, server), (server, client)
        if how is Cut.UNHEARD:
            open_way, shut_way = shut_way, open_way
        for said, (teller, _) in ((b"passes", open_way), (b"waits", shut_way)):
            teller.sendall(said)
        assert open_way[1].recv(100) == b"passes"
        shut_way[1].settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            shut_way[1].recv(100)
        proxy.heal()
        shut_way[1].settimeout(PATIENCE_S)
        assert shut_way[1].recv(100) == b"waits"


@pytest.mark.parametrize("how", [Cut.KAFKA_GONE, Cut.CLIENT_GONE])
def test_who_is_left_at_a_half_open_connection_is_never_told(
    proxy: Proxy, echo: socket.socket, how: Cut
) -> None:
    with called(proxy) as client, closing(echo.accept()[0]) as server:
        client.sendall(b"hello")
        assert server.recv(100) == b"hello"
        proxy.cut(how)
        gone, left = (server, client) if how is Cut.KAFKA_GONE else (client, server)
        with pytest.raises(ConnectionResetError):
            gone.recv(100)
        left.sendall(b"lost")
        proxy.heal()
        left.sendall(b"lost, too")
        left.settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            left.recv(100)
        with called(proxy) as again, closing(echo.accept()[0]) as other:
            again.sendall(b"passes")
            assert other.recv(100) == b"passes"


def test_what_is_said_on_a_doubled_connection_comes_twice_and_one_answer_back(
    proxy: Proxy, echo: socket.socket
) -> None:
    with called(proxy) as old, closing(echo.accept()[0]):
        proxy.cut(Cut.DOUBLED)
        with pytest.raises(ConnectionResetError):
            old.recv(100)
    with (
        called(proxy) as client,
        closing(echo.accept()[0]) as one,
        closing(echo.accept()[0]) as two,
    ):
        client.sendall(b"question")
        assert one.recv(100) == two.recv(100) == b"question"
        two.sendall(b"thrown away")
        one.sendall(b"answer")
        assert client.recv(100) == b"answer"
        proxy.heal()
        with pytest.raises(ConnectionResetError):
            two.recv(100)
        client.sendall(b"once")
        assert one.recv(100) == b"once"


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
