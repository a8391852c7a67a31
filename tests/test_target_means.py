"""Columns of thousands of names: what they tell is found, and no row tells on itself."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.data.examples import Examples
from leadline.encoders.target_means import TargetMeans
from leadline.evaluate.folds import make_folds
from leadline.learners.contract import Learner, Sizes
from leadline.learners.linear import Linear
from leadline.learners.mlp import Mlp
from leadline.learners.tables import table_width
from leadline.learners.trees import Trees
from leadline.tasks.classify import Classify
from leadline.tasks.contract import Task
from leadline.tasks.regress import Regress

ROWS = 3000
FOLDS = np.arange(ROWS) % 5


def named(codes: np.ndarray) -> pl.Series:
    return pl.Series([f"shop {code}" for code in codes.tolist()])


def out_of_fold(learner: Learner, shops: pl.Series, target: np.ndarray, task: Task, num_classes: int = 0, effort: int = 0) -> np.ndarray:
    """Raw outputs (n, num_outputs) on three folds; beside the shops there is a number that says nothing."""
    values = {"column:shop": shops, "column:n": np.random.default_rng(9).normal(size=len(target))}
    examples = Examples(values, {"shop": "category", "n": "number"}, target, num_classes)
    work = learner.work(Sizes(len(target), examples.types, num_classes, {"shop": shops.n_unique()}), task, effort)
    raw = np.zeros((len(target), task.num_outputs(num_classes)))
    for fold in make_folds(examples, task, 3, 0):
        graph = learner.fit(examples.take(fold.train), task, work, 0)
        raw[fold.valid] = graph.run(examples.take(fold.valid).values)
    return raw


@pytest.mark.parametrize("learner", [Linear(), Trees()], ids=lambda learner: learner.name)
def test_names_that_say_nothing_are_no_better_than_not_looking(learner: Learner) -> None:
    """With six rows a name, a row that told its own answer would be answered far better than chance."""
    rng = np.random.default_rng(3)
    shops, yes, number = named(rng.integers(0, 500, ROWS)), (rng.random(ROWS) < 0.4).astype(np.int64), rng.normal(size=ROWS)
    chances = Classify().answers(out_of_fold(learner, shops, yes, Classify(), 2))
    assert Classify().metrics["roc_auc"].value(chances, yes) < 0.54
    assert Regress().metrics["r2"].value(out_of_fold(learner, shops, number, Regress())[:, 0], number) < 0.01


@pytest.mark.parametrize("learner", [Linear(), Trees(), Mlp()], ids=lambda learner: learner.name)
def test_thousands_of_names_that_matter_are_learned(learner: Learner) -> None:
    """Each has an effect as large as the noise, which five rows tell: 0.4 of the variance is all that can be known."""
    rng = np.random.default_rng(4)
    names = 400 if learner.name == "mlp" else 2000
    codes = rng.integers(0, names, 8 * names)
    target = rng.normal(size=names)[codes] + rng.normal(size=8 * names)
    raw = out_of_fold(learner, named(codes), target, Regress(), effort=1 if learner.name == "linear" else 0)
    assert Regress().metrics["r2"].value(raw[:, 0], target) > 0.3


def test_every_class_has_its_own_effect() -> None:
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 300, ROWS)
    target = np.where(rng.random(ROWS) < 0.6, codes % 3, rng.integers(0, 3, ROWS))
    for learner in (Linear(), Trees()):
        raw = out_of_fold(learner, named(codes), target, Classify(), 3)
        assert np.mean(raw.argmax(axis=1) == target) > 0.6


def test_a_row_does_not_know_its_own_answer() -> None:
    """Changing a row's answer changes what is said of others, never what is said of the row."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 40, ROWS)
    shops, entries = named(codes), rng.normal(size=(ROWS, 1)) + codes[:, None] % 7
    before = TargetMeans.taught({"shop": shops}, entries, False, FOLDS)[1]
    changed = entries.copy()
    changed[::5] += rng.normal(size=(ROWS // 5, 1))
    after = TargetMeans.taught({"shop": shops}, changed, False, FOLDS)[1]
    assert np.array_equal(before[::5], after[::5])
    assert not np.array_equal(before[1::5], after[1::5])


def test_names_of_few_rows_are_drawn_to_the_mean_and_unknown_ones_are_it() -> None:
    rng = np.random.default_rng(1)
    counts = np.repeat([200, 2], 50)
    codes = np.repeat(np.arange(100), counts)
    target = np.repeat(rng.normal(size=100), counts) + rng.normal(size=len(codes))
    target -= target.mean()
    part, _ = TargetMeans.taught({"shop": named(codes)}, target[:, None], False, np.arange(len(codes)) % 5)
    means = np.bincount(codes, target) / counts
    said = part.run(named(np.arange(100)))[:, 0]
    np.testing.assert_allclose(said[:50], means[:50], atol=0.05)
    assert (np.abs(said[50:]) < 0.8 * np.abs(means[50:])).all()
    assert part.run(pl.Series(["another", None], dtype=pl.String)).tolist() == [[0.0], [0.0]]


def test_a_missing_name_is_a_name() -> None:
    names = pl.Series([None, "a", "b", "c"] * 300, dtype=pl.String)
    target = np.tile([2.0, 0.0, 0.0, 0.0], 300) - 0.5
    part, taught = TargetMeans.taught({"shop": names}, target[:, None], False, np.arange(1200) // 240)
    assert part.run(names)[0, 0] > 1.4 and taught[0, 0] > 1.4


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=30), st.booleans(), st.integers(0, 99))
def test_any_rows_give_finite_numbers(names: list[str | None], chances: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    entries = rng.integers(0, 2, (len(names), 2)).astype(np.float64) if chances else rng.normal(size=(len(names), 2)) * 1e6
    column = pl.Series(names, dtype=pl.String)
    part, taught = TargetMeans.taught({"c": column}, entries, chances, rng.integers(0, 3, len(names)))
    assert np.isfinite(taught).all() and np.isfinite(part.run(column)).all()
    assert taught.shape == part.run(column).shape == (len(names), 2)


def test_what_is_damaged_is_not_loaded() -> None:
    with pytest.raises(ValueError, match="effects"):
        TargetMeans({"c": ["a"]}, np.zeros((5, 1)))
    with pytest.raises(ValueError, match="effects"):
        TargetMeans({"c": ["a"]}, np.array([[np.nan], [0.0]]))


def test_many_names_are_one_column_an_output_and_many_outputs_keep_one_hot() -> None:
    def width(names: int, outputs: int) -> int:
        return table_width(Sizes(5000, {"c": "category"}, outputs, {"c": names}), outputs)

    assert width(5000, 3) - width(0, 3) == 3
    assert width(100, 3) - width(0, 3) == 100
    assert width(5000, 50) - width(0, 50) == 100
