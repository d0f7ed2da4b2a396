"""A node in the foreground: `make kafka`."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from broker.errors import KafkaUnavailable, SettingsError
from kafka_node.jars import HELD, VERSION
from kafka_node.listeners import GUARDED, User, environment
from kafka_node.node import FOREGROUND_PORT, WATCH_INTERVAL_S, KafkaNode, port_is_free


def main() -> None:
    """Run a node in the foreground until interrupted, and print its addresses."""
    options = argparse.ArgumentParser(prog="python -m kafka_node", description=main.__doc__)
    options.add_argument("--port", type=int, help=f"default {FOREGROUND_PORT}, or a free one")
    options.add_argument("--folder", type=Path, help="keep the data here (default: a new night)")
    options.add_argument(
        "--scram",
        metavar="USER:PASSWORD",
        help="also a listener that asks for them (SASL_PLAINTEXT, SCRAM-SHA-512); for trials"
        " alone, as other users of this machine see what is typed here",
    )
    options.add_argument(
        "--tls", action="store_true", help="also a listener over TLS, with a CA made for the folder"
    )
    options.add_argument(
        "--secure",
        action="store_true",
        help="users of `gueststar credentials` over TLS, who may do what they are granted, and an"
        " operator, who may do all and whose password goes into operator.env",
    )
    options.add_argument(
        "--version", default=VERSION, help=f"Apache Kafka's; held to: {', '.join(HELD)}"
    )
    chosen = options.parse_args()
    port = chosen.port or (FOREGROUND_PORT if port_is_free(FOREGROUND_PORT) else None)
    settings: Mapping[str, str] = {}
    try:
        user = User.of(chosen.scram) if chosen.scram else None
        if chosen.secure:
            user = user or User("operator", secrets.token_urlsafe())
            settings = {**GUARDED, "super.users": f"{GUARDED['super.users']};User:{user.name}"}
        _serve(
            KafkaNode(
                folder=chosen.folder,
                port=port,
                user=user,
                tls=chosen.tls or chosen.secure,
                settings=settings,
                version=chosen.version,
            ),
            has_operator=chosen.secure,
        )
    except (KafkaUnavailable, SettingsError) as reason:
        raise SystemExit(f"kafka: {reason}") from None


def _serve(node: KafkaNode, *, has_operator: bool) -> None:
    """Until a signal. Raises KafkaUnavailable where the server ends before."""
    stopped = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stopped.set())
    started_s = time.monotonic()
    with node:
        took_s = time.monotonic() - started_s
        _say(f"Kafka answers at {node.address} after {took_s:.1f} s; log: {node.log_file}")
        for protocol in list(node.addresses)[1:]:
            client = node.client(protocol)
            variables = " ".join(environment(client))
            _say(f"  {protocol} at {client['bootstrap.servers']}: {variables}")
        if has_operator:
            _say(f"  its operator: set -a; . {_handed_over(node)}; set +a")
        while not stopped.wait(WATCH_INTERVAL_S):
            if (status := node.status()) is not None:
                raise KafkaUnavailable(
                    f"the server ended by itself (status {status}); see {node.log_file}"
                )


def _handed_over(node: KafkaNode) -> Path:
    """A file, for its owner alone, of what the operator's commands need in the environment."""
    client = node.client("SASL_SSL")
    password = f"GUESTSTAR_KAFKA_SASL_PASSWORD={client['sasl.password']}"
    path = node.folder / "operator.env"
    path.touch(mode=0o600)
    path.write_text("\n".join((*environment(client), password, "")))
    return path


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main()
