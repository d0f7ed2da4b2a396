"""A worker that says how it stands, once a minute, on a public topic.

record.py    what it says, as JSON
waited.py    the hours in which alerts waited too long
reporter.py  an observer that sums it up
telling.py   the thread that publishes it, beside the loop
"""

from broker.status.record import Status, read_status
from broker.status.reporter import OnDuty, Reporter
from broker.status.telling import status_topic, telling

__all__ = ["OnDuty", "Reporter", "Status", "read_status", "status_topic", "telling"]
