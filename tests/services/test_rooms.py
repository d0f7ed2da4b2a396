"""Jobs stand beside the stream: none of them is on an alert's own path."""

from __future__ import annotations

import grimp


def test_nothing_below_knows_a_job() -> None:
    rooms = ("broker", "filters", "classifiers", "lake", "sky", "schemas", "replay")
    graph = grimp.build_graph("services", *rooms)
    below = {module for module in graph.modules if not module.startswith("services")}
    assert not [m for m in below if graph.find_modules_directly_imported_by(m) - below]
