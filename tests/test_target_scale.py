"""Prices, incomes, counts: targets with long tails are learned in a scale that suits them, and answered as numbers that suit the metric."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.data.examples import Examples
from leadline.data.read import read
from leadline.errors import LeadlineError
from leadline.evaluate.target_scale import TargetScale, fit_numbers, scales_for
from leadline.heads.numbers import Numbers
from leadline.learners.contract import Sizes
from leadline.parts import COLUMN
from leadline.plan.budget import Field
from leadline.plan.calibration import Rate
from leadline.plan.plan import Plan, read_plan
from leadline.registry import LEARNERS
from leadline.tasks.regress import Regress
from leadline.workflow.contest import Rules
from leadline.workflow.scaling import in_best_scale, trial_prices
from leadline.workflow.setup import set_up

LOG = TargetScale(0.0, 1e-6)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(3000, 3))
SIGNAL = X @ [1.0, 0.7, -0.5]
PRICES = np.exp(SIGNAL + 0.6 * RNG.normal(size=3000))


def table(target: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "price": target})


def rules(metric: str) -> Rules:
    return Rules(Regress(), Regress.metrics[metric], 0, lambda: None)


def examples(target: np.ndarray) -> Examples:
    types = dict.fromkeys("abc", "number")
    return Examples({COLUMN + name: X[: len(target), place] for place, name in enumerate(types)}, types, target)


def chosen(metric: str, rows: Examples) -> TargetScale | None:
    return in_best_scale(rules(metric), rows, "linear", Sizes(len(rows), rows.types)).scale


def test_a_part_of_a_cross_validation_does_not_take_over_the_scale_of_all_rows() -> None:
    outside = replace(rules("r2"), scale=LOG)
    sizes = Sizes(3000, dict.fromkeys("abc", "number"))
    assert in_best_scale(outside, examples(SIGNAL), "linear", sizes).scale is None
    assert in_best_scale(outside, examples(PRICES), "", sizes).scale is None, "nobody looks"


def test_rows_of_one_group_choose_no_scale() -> None:
    rows = replace(examples(PRICES), groups=np.zeros(3000, np.int64))
    assert chosen("r2", rows) is None


def test_who_looks_is_the_cheapest_and_is_paid_for() -> None:
    data = read(table(PRICES), target="price")
    setup = set_up(data, "regress", "r2", None, 0)
    fields = [Field(LEARNERS.get(name)(), Rate(0.0, 0.0, rate), ()) for name, rate in (("baseline", 0.0), ("linear", 1e-4), ("trees", 1.0))]
    prices = trial_prices(setup, setup.sizes(), fields, 1e6)
    assert list(prices) == ["linear", "trees"] and 0 < prices["linear"] < prices["trees"]
    assert list(trial_prices(setup, setup.sizes(), fields, prices["trees"])) == ["linear"], "there is no time for the other"
    assert trial_prices(setup, setup.sizes(), fields, prices["linear"]) == {}, "there is no time for it"
    assert trial_prices(setup, setup.sizes(), fields[:1], 100.0) == {}, "nobody looks at all"


@pytest.mark.parametrize("scale", [{"centre": 0.0}, [1], {"centre": "x", "width": 1.0}, {"centre": 0.0, "width": 0.0}])
def test_a_plan_with_a_damaged_scale_is_refused(scale: Any, tmp_path: Path) -> None:
    plan = Plan({}, "regress", "r2", 0, 60.0, 3, 0, (), (), (), 1, 0.0, 0.0, target_scale=scale)
    (tmp_path / "plan.json").write_text(json.dumps(plan.to_json()))
    with pytest.raises(LeadlineError, match="cannot be read as a plan"):
        read_plan(tmp_path / "plan.json")


def test_only_long_tails_are_tried_in_another_scale() -> None:
    assert scales_for(RNG.normal(size=500)) == [] and scales_for(RNG.uniform(size=500)) == []
    assert len(scales_for(PRICES)) == 2
    assert len(scales_for(PRICES - 1)) == 1  # what is below zero has no logarithm
    assert scales_for(np.ones(500)) == [] and scales_for(PRICES[:20]) == []
    assert scales_for(np.where(np.arange(500) < 5, 1e6, 0.0))  # counts, nearly all of them zero


def test_the_mean_comes_back_from_logarithms_of_known_truth() -> None:
    """The mean of exp(signal + noise) is exp(signal) times exp(variance / 2); without smearing it would be exp(signal)."""
    part = fit_numbers(LOG.of(np.exp(SIGNAL))[:, None], PRICES, LOG, middle=False)
    assert part is not None
    np.testing.assert_allclose(part.run(LOG.of(np.exp([[0.0], [1.0]])))[:, 0], np.exp([0.18, 1.18]), rtol=0.03)


def test_the_middle_comes_back_where_errors_lean_to_one_side() -> None:
    """Of exponential noise the middle is log 2 and the mean 1; the noise grows with the answer, so that no single shift would do."""
    answers = np.repeat(np.linspace(1, 4, 12), 500)
    truth = answers * np.random.default_rng(1).exponential(size=len(answers))
    part = fit_numbers(answers[:, None], truth, None, middle=True)
    assert part is not None
    np.testing.assert_allclose(part.run(np.array([[1.5], [3.5]]))[:, 0], np.log(2) * np.array([1.5, 3.5]), rtol=0.1)
    assert fit_numbers(answers[:, None], truth, None, middle=False) is None


def test_answering_without_looking_is_the_middle_where_that_is_asked_for() -> None:
    task = Regress()
    assert task.trivial_score("mae", PRICES, PRICES, 0) == pytest.approx(np.abs(PRICES - np.median(PRICES)).mean())
    assert task.trivial_score("r2", PRICES, PRICES, 0) == pytest.approx(0.0)


def test_prices_are_learned_in_logarithms_and_plain_sums_are_not() -> None:
    for metric in ("r2", "rmse", "mae"):
        assert chosen(metric, examples(PRICES)) is not None
    sum_of_tails = RNG.exponential(size=3000) ** 2
    rows = examples(sum_of_tails + SIGNAL)
    assert scales_for(rows.target)
    heavy = replace(rows, values={**rows.values, COLUMN + "c": sum_of_tails})
    assert chosen("r2", heavy) is None
    assert chosen("r2", examples(SIGNAL)) is None


@pytest.mark.parametrize("metric", ["r2", "mae"])
def test_train_answers_numbers_and_nine_intervals_in_ten_hold(metric: str, tmp_path: Path) -> None:
    """The best possible R2 here is 0.7 at most; a sum of columns that was taught the prices themselves reaches 0.5."""
    report = ll.train(table(PRICES)[:2400], target="price", metric=metric, learners=["linear"], budget="5m", out=tmp_path / "m.leadline")
    answers = ll.load(report.artifact).predict(table(PRICES)[2400:].drop("price")).to_table()
    truth, value = PRICES[2400:], answers["value"].to_numpy()
    inside = (answers["low"].to_numpy() <= truth) & (truth <= answers["high"].to_numpy())
    assert 0.86 < inside.mean() < 0.94
    assert "learned in a logarithmic scale" in (report.artifact / "card.md").read_text()
    if metric == "mae":
        assert np.abs(truth - value).mean() < 1.04 * np.abs(truth - np.exp(SIGNAL[2400:])).mean()
    else:
        assert value.mean() == pytest.approx(truth.mean(), rel=0.15)
        best = np.exp(SIGNAL[2400:] + 0.18)
        assert ((truth - value) ** 2).sum() < 1.1 * ((truth - best) ** 2).sum()


@settings(max_examples=60)
@given(st.lists(st.floats(-1e12, 1e12), min_size=50, max_size=80), st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=9), st.booleans())
def test_any_target_and_any_output_give_finite_numbers(target: list[float], outputs: list[float], middle: bool) -> None:
    truth = np.array(target)
    for scale in [None, *scales_for(truth)]:
        raw = np.resize(np.array(outputs), (len(truth), 1))
        part = fit_numbers(raw, truth, scale, middle)
        assert part is None or np.isfinite(part.run(raw)).all()


def test_what_is_damaged_is_not_loaded() -> None:
    scale = {"centre": 0.0, "width": 1.0, "low": -1.0, "high": 1.0, "cosh": 1.0, "sinh": 0.0}
    for damaged in ({**scale, "width": 0.0}, {**scale, "high": float("nan")}):
        with pytest.raises(ValueError, match="scale"):
            Numbers(damaged)
    with pytest.raises(ValueError, match="rise"):
        Numbers(None, [1.0, 0.0], [0.0, 0.0])
