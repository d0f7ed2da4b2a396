"""Isolation forests (Liu, Ting and Zhou 2008, ICDM), grown by scikit-learn, written as ONNX.

Half of the trees split by the light curve's plain features, half by the embedding: these are few,
and a split drawn among all would seldom be one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from sklearn.ensemble import IsolationForest

from classifiers.anomaly import JUDGES, TREES
from classifiers.embedding_layout import WIDTH
from training.arrays import Floats, Ints, Singles

SAMPLED = 256
"""Rows of each tree, as the paper has it; so none is deeper than 8."""
DEPTH_MAX = 8
EULER = 0.5772156649


class Forest(NamedTuple):
    """Trees (t, nodes), a node's children after it; places beyond a tree's own are leaves."""

    feature: Ints
    threshold: Singles
    left: Ints
    """-1 at a leaf."""
    right: Ints
    leaf: Ints
    """Its number among the tree's leaves, -1 elsewhere."""
    path: Floats
    """(t, leaves): how long the way to each leaf is."""

    def leaves(self, features: Singles) -> NDArray[np.int16]:
        """(n, t): in which leaf of each tree rows of features (n, f) end."""
        node = np.zeros((len(features), len(self.left)), np.int64)
        tree, row = np.arange(len(self.left)), np.arange(len(features))[:, None]
        for _ in range(DEPTH_MAX):
            lower = features[row, self.feature[tree, node]] <= self.threshold[tree, node]
            child = np.where(lower, self.left[tree, node], self.right[tree, node])
            node = np.where(child < 0, node, child)
        return self.leaf[tree, node].astype(np.int16)

    def scores(self, leaves: NDArray[np.int16]) -> Floats:
        """(n,): 0 to 1, the higher the odder."""
        mean = self.path[np.arange(len(self.path)), leaves].mean(axis=1)
        return np.asarray(2.0 ** (-mean / expected(np.array(SAMPLED))))


def expected(rows: Ints) -> Floats:
    """The mean way to a leaf in a tree of so many rows, as the paper has it."""
    many = np.maximum(rows, 3) - 1.0
    found = 2 * (np.log(many) + EULER) - 2 * many / (many + 1)
    return np.where(rows > 2, found, np.where(rows == 2, 1.0, 0.0))


def grown(features: Singles, seed: int) -> Forest:
    """Of rows (n, f), the embedding last."""
    width = features.shape[1]
    trees = [
        _tree(one.tree_, begin)
        for place, (begin, end) in enumerate(((0, width - WIDTH), (width - WIDTH, width)))
        for one in IsolationForest(
            n_estimators=TREES // 2, max_samples=SAMPLED, random_state=seed + place
        )
        .fit(features[:, begin:end])
        .estimators_
    ]
    names = [*Forest._fields]
    return Forest(*(_padded([one[name] for one in trees], name) for name in names))


def _tree(tree: Any, begin: int) -> Mapping[str, NDArray[Any]]:  # noqa: ANN401 - scikit-learn's
    """Columns of one; begin: of its features among all."""
    left, right = tree.children_left, tree.children_right
    ends = left < 0
    depth = np.zeros(len(left))
    for node in np.flatnonzero(~ends):
        depth[[left[node], right[node]]] = depth[node] + 1
    path = depth + expected(np.asarray(tree.n_node_samples))
    return {
        "feature": np.where(ends, 0, tree.feature + begin),
        "threshold": _not_above(np.where(ends, 0.0, tree.threshold)),
        "left": left,
        "right": right,
        "leaf": np.where(ends, np.cumsum(ends) - 1, -1),
        "path": path[ends],
    }


def _not_above(threshold: Floats) -> Singles:
    """In single precision, so that single numbers fall on the same side."""
    single = threshold.astype(np.float32)
    return np.where(single > threshold, np.nextafter(single, np.float32(-np.inf)), single)


def _padded(columns: list[NDArray[Any]], name: str) -> NDArray[Any]:
    filled = -1 if name in {"left", "right", "leaf"} else 0
    found = np.full((len(columns), max(map(len, columns))), filled, columns[0].dtype)
    for row, one in zip(found, columns, strict=True):
        row[: len(one)] = one
    return found


def appended(model: onnx.ModelProto, forest: Forest) -> onnx.ModelProto:
    """A model of the error and the features, (n, 1 + f), made one that gives `LABELS`."""
    graph = model.graph
    given, width = graph.output[0].name, len(JUDGES) + TREES
    graph.node.extend(_nodes(given, forest))
    graph.initializer.extend(numpy_helper.from_array(*each) for each in _constants(forest))
    out = helper.make_tensor_value_info("said", onnx.TensorProto.FLOAT, ["alerts", width])
    del graph.output[:]
    graph.output.append(out)
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    return model


def _constants(forest: Forest) -> list[tuple[NDArray[Any], str]]:
    trees, leaves = forest.path.shape
    slope = -1 / (trees * float(expected(np.array(SAMPLED))))
    return [
        (np.array([0]), "first"),
        (np.array([1]), "second"),
        (np.array([np.iinfo(np.int64).max]), "last"),
        ((np.arange(trees, dtype=np.float32) * leaves)[None], "begins"),
        (forest.path.astype(np.float32).ravel(), "paths"),
        (np.array([slope], np.float32), "slope"),
        (np.array([2], np.float32), "two"),
    ]


def _nodes(given: str, forest: Forest) -> list[onnx.NodeProto]:
    make = helper.make_node
    return [
        make("Slice", [given, "first", "second", "second"], ["error"]),
        make("Slice", [given, "second", "last", "second"], ["features"]),
        make(
            "TreeEnsembleRegressor",
            ["features"],
            ["leaves"],
            domain="ai.onnx.ml",
            **_ensemble(forest),
        ),
        make("Add", ["leaves", "begins"], ["numbered"]),
        make("Cast", ["numbered"], ["places"], to=onnx.TensorProto.INT64),
        make("Gather", ["paths", "places"], ["ways"]),
        make("ReduceSum", ["ways", "second"], ["way"], keepdims=1),
        make("Mul", ["way", "slope"], ["power"]),
        make("Pow", ["two", "power"], ["forest"]),
        make("Concat", ["forest", "error", "leaves"], ["said"], axis=1),
    ]


def _ensemble(forest: Forest) -> dict[str, Any]:
    """A tree's leaf by its number, under the tree's own target."""
    there = (forest.left >= 0) | (forest.leaf >= 0)
    tree, node = np.nonzero(there)
    ends = forest.leaf[there] >= 0
    return {
        "n_targets": len(forest.left),
        "aggregate_function": "SUM",
        "nodes_treeids": tree.tolist(),
        "nodes_nodeids": node.tolist(),
        "nodes_featureids": forest.feature[there].tolist(),
        "nodes_values": forest.threshold[there].tolist(),
        "nodes_modes": ["LEAF" if one else "BRANCH_LEQ" for one in ends],
        "nodes_truenodeids": np.maximum(forest.left[there], 0).tolist(),
        "nodes_falsenodeids": np.maximum(forest.right[there], 0).tolist(),
        "target_treeids": tree[ends].tolist(),
        "target_nodeids": node[ends].tolist(),
        "target_ids": tree[ends].tolist(),
        "target_weights": forest.leaf[there][ends].astype(float).tolist(),
    }
