"""Filters on duty that change while a worker runs: deployed, paused and removed between batches.

deployments.py  reads the board, and has the filters that stand there asked
activation.py   whether a deployed version can be asked here, and as what
inspection.py   what a deployed filter costs, and whether it answers alone as among all
"""

from broker.deployments.activation import Grounds
from broker.deployments.deployments import Desk, DeskObserver, Terms, records_of
from broker.deployments.inspection import Inspector

__all__ = ["Desk", "DeskObserver", "Grounds", "Inspector", "Terms", "records_of"]
