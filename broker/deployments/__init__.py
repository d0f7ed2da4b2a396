"""Filters that change while a worker runs: deployed, paused and removed between batches.

deployments.py  reads the control topic, and has the filters that stand there asked
activation.py   whether a deployed version can be asked here, and as what
inspection.py   what a deployed filter costs, and whether it answers alone as among all
"""

from broker.deployments.activation import Context
from broker.deployments.deployments import Deployments, DeploymentsObserver, Limits, records_of
from broker.deployments.inspection import Inspector

__all__ = ["Context", "Deployments", "DeploymentsObserver", "Inspector", "Limits", "records_of"]
