"""Our ONNX trees answer as LightGBM does, whatever it learned from and whatever it is asked."""

import lightgbm
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.heads.trees import TreesHead
from leadline.learners.tree_onnx import read_trees, to_onnx
from leadline.values import Typed

OBJECTIVES = {"regression": 0, "binary": 2, "multiclass": 4}


def make_table(rng: np.random.Generator, rows: int, num_numbers: int, num_categories: int, *, missing: bool, infinite: bool) -> np.ndarray:
    numbers = rng.choice([-3.5, -1.0, 0.0, 1e-36, 0.1, 0.3, 2.0, 1e9], (rows, num_numbers)) + rng.choice(
        [0.0, 1.0], (rows, 1)
    ) * rng.normal(size=(rows, num_numbers))
    codes = np.minimum(rng.exponential(30, (rows, num_categories)), 150).astype(int).astype(float)
    table = np.concatenate([numbers, codes], axis=1)
    if infinite:
        table[:, :num_numbers][rng.random((rows, num_numbers)) < 0.05] = np.inf
        table[:, :num_numbers][rng.random((rows, num_numbers)) < 0.05] = -np.inf
    if missing:
        table[rng.random(table.shape) < 0.2] = np.nan
        table[:, 0] = np.nan_to_num(table[:, 0], nan=1.0)  # one column always without
    return table


def grow(
    table: np.ndarray, categorical: list[int], objective: str, rng: np.random.Generator, rounds: int = 12, **params: object
) -> lightgbm.Booster:
    num_classes = OBJECTIVES[objective]
    signal = np.nan_to_num(table, posinf=3.0, neginf=-3.0, nan=0.5) % 5 @ rng.normal(size=table.shape[1]) + rng.normal(size=len(table))
    target = np.digitize(signal, np.quantile(signal, np.linspace(0, 1, num_classes + 1)[1:-1])) if num_classes else signal
    everything = {
        "objective": objective, "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 3, "min_data_per_group": 3,
        "cat_smooth": 1, "cat_l2": 1, **({"num_class": num_classes} if num_classes > 2 else {}), **params,
    }  # fmt: skip
    return lightgbm.train(everything, lightgbm.Dataset(table, target, categorical_feature=categorical, params=everything), rounds)


def hard_questions(booster: lightgbm.Booster, table: np.ndarray, categorical: list[int], rng: np.random.Generator) -> np.ndarray:
    """Rows of the table with cells replaced by what could go wrong: thresholds and their neighbours, NaN, zeros, infinities, new codes."""
    nodes = [tree.nodes for tree in read_trees(booster.model_to_string()).trees]
    splits = np.concatenate([part.split for part in nodes] or [np.zeros(1)])
    splits = splits if len(splits) else np.zeros(1)
    chosen = rng.choice(splits, table.shape)
    near = rng.choice([0, 1, 2], table.shape)
    with np.errstate(over="ignore", under="ignore"):
        chosen = np.where(near == 0, chosen, np.where(near == 1, np.nextafter(chosen, np.inf), np.nextafter(chosen, -np.inf)))
    odd = rng.choice([np.nan, 0.0, -0.0, np.inf, -np.inf, 1e-35, 1e-40, -1e-40, 1e300], table.shape)
    asked = np.where(rng.random(table.shape) < 0.3, chosen, np.where(rng.random(table.shape) < 0.3, odd, table))
    asked[asked == -np.float64(np.float32(1e-35))] = 0.0  # the one number on which the two differ
    codes = rng.choice([np.nan, *range(155), 500.0, 70000.0], (len(table), len(categorical)))
    asked[:, categorical] = np.where(rng.random(codes.shape) < 0.7, codes, table[:, categorical])
    return asked


def answer(model: bytes, table: np.ndarray, categorical: list[int]) -> np.ndarray:
    flags = tuple(j in categorical for j in range(table.shape[1]))
    return TreesHead(model).run(Typed(table, flags, tuple(map(str, range(table.shape[1])))))


def flags_of(table: np.ndarray, categorical: list[int]) -> list[bool]:
    return [j in categorical for j in range(table.shape[1])]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**31),
    objective=st.sampled_from(list(OBJECTIVES)),
    rows=st.integers(30, 400),
    num_numbers=st.integers(1, 3),
    num_categories=st.integers(0, 2),
    missing=st.booleans(),
    infinite=st.booleans(),
    zero_as_missing=st.booleans(),
    use_missing=st.booleans(),
)
def test_same_answers_as_lightgbm(
    seed: int,
    objective: str,
    rows: int,
    num_numbers: int,
    num_categories: int,
    missing: bool,
    infinite: bool,
    zero_as_missing: bool,
    use_missing: bool,
) -> None:
    rng = np.random.default_rng(seed)
    table = make_table(rng, rows, num_numbers, num_categories, missing=missing, infinite=infinite)
    categorical = list(range(num_numbers, num_numbers + num_categories))
    booster = grow(table, categorical, objective, rng, zero_as_missing=zero_as_missing, use_missing=use_missing)
    model = to_onnx([[booster.model_to_string()]], flags_of(table, categorical))
    for asked in (table, hard_questions(booster, table, categorical, rng)):
        expected = booster.predict(asked, raw_score=True).reshape(len(asked), -1)
        np.testing.assert_allclose(answer(model, asked, categorical), expected, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_several_models_are_averaged_scaled_and_shifted(objective: str) -> None:
    rng = np.random.default_rng(0)
    table = make_table(rng, 200, 2, 1, missing=True, infinite=False)
    boosters = [grow(table, [2], objective, rng, rounds, seed=rounds) for rounds in (1, 5, 9)]
    base = [0.5] * max(1, OBJECTIVES[objective] - (OBJECTIVES[objective] == 2))
    model = to_onnx([[b.model_to_string() for b in boosters]], flags_of(table, [2]), scale=3.0, base=base)
    mean = np.mean([b.predict(table, raw_score=True).reshape(len(table), -1) for b in boosters], axis=0)
    np.testing.assert_allclose(answer(model, table, [2]), 3.0 * mean + 0.5, atol=1e-9)


def test_a_model_that_could_learn_nothing_answers_its_constant() -> None:
    table = np.ones((40, 2))
    booster = grow(table, [], "regression", np.random.default_rng(0))
    model = to_onnx([[booster.model_to_string()]], [False, False], base=[7.0])
    np.testing.assert_allclose(answer(model, table, [])[:, 0], booster.predict(table) + 7.0)


def test_one_row_and_no_rows() -> None:
    rng = np.random.default_rng(0)
    table = make_table(rng, 100, 3, 0, missing=False, infinite=False)
    model = to_onnx([[grow(table, [], "multiclass", rng).model_to_string()]], [False] * 3)
    assert answer(model, table[:1], []).shape == (1, 4)
    assert answer(model, table[:0], []).shape == (0, 4)


def test_the_file_is_plain_and_small() -> None:
    """Standard operators only, and thresholds as raw doubles: about 40 bytes a node."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(2000, 5))
    booster = grow(table, [], "regression", rng, 50)
    model = to_onnx([[booster.model_to_string()]], [False] * 5)
    assert {node.domain for node in onnx.load_from_string(model).graph.node} == {"", "ai.onnx.ml"}
    assert len(model) < 50 * 50 * 31


def test_linear_trees_are_refused() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(200, 2))
    booster = grow(table, [], "regression", rng, linear_tree=True)
    with pytest.raises(ValueError, match="linear models in their leaves"):
        to_onnx([[booster.model_to_string()]], [False, False])
