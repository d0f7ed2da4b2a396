"""All that the portal's pages ask, opened once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from broker.settings import Settings
from gueststar.portal.access.guard import Access
from gueststar.portal.judges import Judges
from gueststar.portal.lake_door import LakeDoor
from gueststar.portal.ledger import Ledger
from gueststar.portal.letters import Letters
from gueststar.portal.night import Came, Night, finite
from gueststar.portal.oddest import Reviewing
from gueststar.portal.sky_map import Place, SkyMap, sky_map
from gueststar.portal.viewers import Viewers
from gueststar.portal.workers import Workers
from gueststar.portal.writing.desk import Desk
from gueststar.portal.writing.trials import Trials


@dataclass(frozen=True, eq=False)
class Backend:
    """What there is to be shown; the pages keep nothing themselves."""

    settings: Settings
    bootstrap: str
    door: LakeDoor
    night: Night
    letters: Letters
    workers: Workers
    viewers: Viewers
    judges: Judges
    ledger: Ledger
    access: Access
    trials: Trials
    desk: Desk | None
    """None where no filter is deployed here."""
    reviewing: Reviewing | None = None
    """None where nobody answers."""

    def figures(self) -> dict[str, Any]:
        """Numbers of the night, as JSON has them; None where nothing came yet."""
        night, sums = self.night, self.night.sums()
        now_unix_s = time.time()
        rates, speaking = night.rates_per_s(now_unix_s), self.workers.speaking(now_unix_s)
        latency, visible = night.latency(), night.visible()
        return {
            "alerts": sums.alerts,
            "selected": sums.selected,
            "rate_per_s": rates[-1],
            "rates_per_s": rates,
            "latency_p50_s": finite(latency.p50_s),
            "latency_p99_s": finite(latency.p99_s),
            "visible_p50_s": finite(visible.p50_s),
            "visible_p99_s": finite(visible.p99_s),
            "lag": night.lag,
            "workers": len(speaking),
            "behind": sum(each.behind for each in speaking) if speaking else None,
            "viewers": len(self.viewers),
            "finds": dict(sums.finds),
            "dead_letters": [
                {"reason": each.reason, "topic": each.topic, "letters": each.letters}
                for each in self.letters.groups()
            ],
            "fault": night.fault or None,
        }

    def sky(self) -> SkyMap:
        """Where the day's alerts were, and the newest finds."""
        return sky_map(self.night.sums().cells, [_place(each) for each in self.night.finds()])


def _place(came: Came) -> Place:
    alert = came.alert
    title = f"{alert.object_id}: {', '.join(alert.filters)}"
    return Place(alert.ra_deg, alert.dec_deg, title, str(alert.alert_id), alert.object_id)
