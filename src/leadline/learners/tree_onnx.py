"""LightGBM's trees as one ONNX graph: `ai.onnx.ml` 5 `TreeEnsemble` in double, categories by set membership.

LightGBM writes a model as text in which every number is exact; reading it takes milliseconds where `dump_model()` takes seconds.
Its rules for one split (LightGBM 4, `src/io/tree.h`) and ours in the graph:

- a number goes left when `value <= threshold`; a category when its code is in the split's set, a missing category goes right;
- a missing number goes to the split's default side, or counts as 0 where training saw no missing value in that column;
- with `zero_as_missing`, values within 1e-35 of 0 also go to the default side.

LightGBM first rounds numbers within 1e-35 of 0 to 0. No threshold lies in between, so that needs nothing here; the one number in which
the two then differ is float32's -1e-35 itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# How the graph says "value <= threshold" and "value is one of".
_LEQ, _MEMBER = 0, 6
# LightGBM's decision byte: bit 0 categorical, bit 1 default left, bits 2 and 3 what counts as missing.
_CATEGORICAL, _DEFAULT_LEFT, _MISSING_ZERO, _MISSING_NAN = 1, 2, 1, 2
_ZERO = float(np.float32(1e-35))
# ORT tests membership with one 64-bit mask when all codes lie in 1..64, else with a chain of comparisons: codes are shifted by one.
_CODE_SHIFT = 1.0
_TENSORS = {"nodes_splits", "nodes_modes", "leaf_weights", "membership_values"}


@dataclass(frozen=True)
class _Nodes:
    """Inner nodes of one tree: (m,) arrays. A child >= 0 is a node, below 0 the leaf `~child`; `members` has one entry per set test."""

    feature: np.ndarray
    split: np.ndarray
    mode: np.ndarray
    missing_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    members: list[np.ndarray]


@dataclass(frozen=True)
class _Tree:
    nodes: _Nodes
    leaves: np.ndarray  # (num_leaves,) float64
    zero_missing: np.ndarray  # columns in which 0 counts as missing


@dataclass(frozen=True)
class _Placed:
    """A tree, the output that it adds to, and how much it counts."""

    tree: _Tree
    output: int
    factor: float


@dataclass(frozen=True)
class Trees:
    """A LightGBM model as read from its text: tree t adds to output `t % num_outputs`."""

    trees: tuple[_Tree, ...]
    num_outputs: int
    num_features: int


def read_trees(text: str) -> Trees:
    """Parses `Booster.model_to_string()`."""
    header, *blocks = text.split("\nend of trees", 1)[0].split("\nTree=")
    fields = _fields(header)
    trees = tuple(_read_tree(_fields(block)) for block in blocks)
    return Trees(trees, int(fields["num_tree_per_iteration"]), int(fields["max_feature_idx"]) + 1)


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.split("\n") if "=" in line)


def _read_tree(fields: dict[str, str]) -> _Tree:
    def numbers(name: str, dtype: type) -> np.ndarray:
        return np.array(fields.get(name, "").split(), dtype)

    if fields.get("is_linear", "0") != "0":
        raise ValueError("trees with linear models in their leaves have no ONNX form")
    split, decision = numbers("threshold", np.float64), numbers("decision_type", np.int64)
    categorical = (decision & _CATEGORICAL) > 0
    missing = decision >> 2
    default_left = (decision & _DEFAULT_LEFT) > 0
    # Where training saw no missing value, LightGBM reads NaN as 0.
    missing_left = np.where(missing == 0, split >= 0.0, default_left) & ~categorical
    nodes = _Nodes(
        feature=numbers("split_feature", np.int64),
        split=np.where(categorical, 0.0, split),
        mode=np.where(categorical, _MEMBER, _LEQ).astype(np.uint8),
        missing_left=missing_left,
        left=numbers("left_child", np.int64),
        right=numbers("right_child", np.int64),
        members=_members(split[categorical].astype(int), numbers("cat_boundaries", np.int64), numbers("cat_threshold", np.uint32)),
    )
    zero_missing = np.unique(nodes.feature[(missing == _MISSING_ZERO) & ~categorical])
    return _Tree(nodes, numbers("leaf_value", np.float64), zero_missing)


def _members(sets: np.ndarray, bounds: np.ndarray, words: np.ndarray) -> list[np.ndarray]:
    """For each categorical split the codes that go left: LightGBM keeps them as bits of 32-bit words."""
    bits = [np.unpackbits(words[bounds[k] : bounds[k + 1]].astype("<u4").view(np.uint8), bitorder="little") for k in sets]
    return [np.flatnonzero(bit) for bit in bits]


def to_onnx(forests: Sequence[Sequence[str]], categorical: Sequence[bool], *, scale: float = 1.0, base: Sequence[float] = ()) -> bytes:
    """The mean of LightGBM models (their texts) times `scale`, plus `base` for each output, as the bytes of an ONNX file.

    Several lists of models answer side by side: the outputs of the first, then those of the second, and so on.

    Input `values` (n, num_features) float64 with NaN where missing; output `raw` (n, num_outputs) float64. `categorical[j]` says that
    column j holds codes (whole numbers from 0), as in `values.Typed`.
    """
    read = [[read_trees(text) for text in models] for models in forests]
    attributes, constants = _flatten(read, scale)
    total = constants + (np.asarray(base, np.float64) if len(base) else 0.0)
    shift = np.where(np.asarray(categorical, bool), _CODE_SHIFT, 0.0)
    return _model_bytes(attributes, shift, total, _nearly_zero([model for models in read for model in models], len(shift)))


def _nearly_zero(models: Sequence[Trees], num_columns: int) -> np.ndarray:
    """Absolute value up to which a number counts as missing, per column; -1 where not even 0 does."""
    limits = np.full(num_columns, -1.0)
    for model in models:
        for tree in model.trees:
            limits[tree.zero_missing] = _ZERO
    return limits


def _model_bytes(attributes: dict[str, np.ndarray], shift: np.ndarray, base: np.ndarray, nearly_zero: np.ndarray) -> bytes:
    """values, with what counts as missing made NaN -> + shift -> trees -> + base."""
    from onnx import TensorProto, checker, helper, numpy_helper

    packed = {name: _attribute(name, value) for name, value in attributes.items()}
    trees = helper.make_node("TreeEnsemble", ["shifted"], ["sum"], domain="ai.onnx.ml", n_targets=len(base), aggregate_function=1, **packed)
    nodes = [helper.make_node("Add", ["values", "shift"], ["shifted"]), trees, helper.make_node("Add", ["sum", "base"], ["raw"])]
    constants = {"shift": shift, "base": base}
    if (nearly_zero >= 0).any():
        constants |= {"nearly_zero": nearly_zero, "nan": np.array(np.nan)}
        steps = (
            ("Abs", ["values"], "size"),
            ("LessOrEqual", ["size", "nearly_zero"], "zero"),
            ("Where", ["zero", "nan", "values"], "known"),
        )
        nodes[0].input[0] = "known"
        nodes = [*(helper.make_node(operator, inputs, [output]) for operator, inputs, output in steps), *nodes]
    graph = helper.make_graph(
        nodes,
        "trees",
        [helper.make_tensor_value_info("values", TensorProto.DOUBLE, ["n", len(shift)])],
        [helper.make_tensor_value_info("raw", TensorProto.DOUBLE, ["n", len(base)])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="leadline")
    checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _attribute(name: str, value: np.ndarray) -> Any:
    """Numbers as raw bytes where the operator allows it, else a list of integers."""
    from onnx import numpy_helper

    return numpy_helper.from_array(value, name) if name in _TENSORS else value.astype(np.int64).tolist()


def _flatten(forests: Sequence[Sequence[Trees]], scale: float) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """All trees in one set of arrays, and what trees of a single leaf add to each output."""
    constants = np.zeros(sum(models[0].num_outputs for models in forests))
    grown, first = list[_Placed](), 0
    for models in forests:
        factor, num_outputs = scale / len(models), models[0].num_outputs
        for model in models:
            for place, tree in enumerate(model.trees):
                output = first + place % num_outputs
                if len(tree.nodes.feature):
                    grown.append(_Placed(tree, output, factor))
                else:
                    constants[output] += tree.leaves[0] * factor
        first += num_outputs
    return _arrays(grown or [_Placed(_stump(), 0, scale)]), constants


def _stump() -> _Tree:
    """A tree that adds nothing: the operator wants at least one."""
    one = np.zeros(1, np.int64)
    nodes = _Nodes(one, np.zeros(1), np.zeros(1, np.uint8), np.zeros(1, bool), ~one, ~one, [])
    return _Tree(nodes, np.zeros(1), one[:0])


def _arrays(placed: list[_Placed]) -> dict[str, np.ndarray]:
    """The operator's attributes. Children count within one long list of nodes and one of leaves."""
    trees = [one.tree for one in placed]
    num_nodes = [len(tree.nodes.feature) for tree in trees]
    num_leaves = [len(tree.leaves) for tree in trees]
    roots = np.concatenate([[0], np.cumsum(num_nodes)[:-1]]).astype(np.int64)
    first_leaf = np.concatenate([[0], np.cumsum(num_leaves)[:-1]]).astype(np.int64)
    node_shift, leaf_shift = np.repeat(roots, num_nodes), np.repeat(first_leaf, num_nodes)

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(tree.nodes, name) for tree in trees])

    def place(child: np.ndarray) -> np.ndarray:
        return np.where(child < 0, ~child + leaf_shift, child + node_shift)

    left, right = joined("left"), joined("right")
    attributes = {
        "tree_roots": roots,
        "nodes_featureids": joined("feature"),
        "nodes_splits": joined("split"),
        "nodes_modes": joined("mode"),
        "nodes_missing_value_tracks_true": joined("missing_left"),
        "nodes_truenodeids": place(left),
        "nodes_trueleafs": left < 0,
        "nodes_falsenodeids": place(right),
        "nodes_falseleafs": right < 0,
        "leaf_weights": np.concatenate([one.tree.leaves * one.factor for one in placed]),
        "leaf_targetids": np.repeat([one.output for one in placed], num_leaves),
    }
    members = [codes for tree in trees for codes in tree.nodes.members]
    if members:  # sets follow each other in the order of the nodes, a NaN behind each
        attributes["membership_values"] = np.concatenate([np.append(codes + _CODE_SHIFT, np.nan) for codes in members])
    return attributes
