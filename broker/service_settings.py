"""What a service shows of itself, in CONFIG.toml: its metrics and health, and its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from broker.health import HUNG_S


@dataclass(frozen=True)
class MetricsSection:
    """[metrics]: where Prometheus reads them, and who asks whether it is healthy and ready."""

    host: str = "127.0.0.1"
    port: int = 8912
    ports_max: int = 16
    hung_s: float = HUNG_S
    """A loop that has not turned for so long, beyond [kafka] patience_s, is not healthy."""


@dataclass(frozen=True)
class LogsSection:
    """[logs]: how the log is written."""

    format: Literal["text", "json"] = "text"
