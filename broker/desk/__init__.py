"""Filters on duty that change while a worker runs: deployed, paused and removed between batches.

desk.py        reads the board, and has the filters that stand there asked
enlisting.py   whether a deployed version can be asked here, and as what
inspecting.py  what a deployed filter costs, and whether it answers alone as among all
"""

from broker.desk.desk import Desk, DeskObserver, Terms, records_of
from broker.desk.enlisting import Grounds
from broker.desk.inspecting import Inspector

__all__ = ["Desk", "DeskObserver", "Grounds", "Inspector", "Terms", "records_of"]
