"""Intervals around numbers hold nine truths in ten, and are wide where errors are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.artifact.model import load
from leadline.errors import LeadlineError
from leadline.evaluate.spread import COVERAGE, coverage, fit_spread, half_widths


@pytest.mark.parametrize("rows", [20, 200, 2000])
def test_nine_truths_in_ten_are_held_whatever_the_number_of_rows(rows: int) -> None:
    rng, held = np.random.default_rng(rows), []
    for _ in range(40_000 // rows):
        answers = rng.uniform(0, 10, (2, rows))
        truth = answers + rng.standard_t(4, (2, rows))
        held.append(coverage(fit_spread(answers[0], truth[0]), answers[1], truth[1]))
    assert np.mean(held) == pytest.approx(COVERAGE, abs=0.012)


def test_where_errors_grow_with_the_answer_each_part_of_the_range_keeps_the_promise() -> None:
    rng = np.random.default_rng(0)
    answers = rng.uniform(1, 10, (2, 20_000))
    truth = answers * (1 + 0.2 * rng.normal(size=answers.shape))
    spread = fit_spread(answers[0], truth[0])
    for low in range(1, 10):
        rows = (answers[1] >= low) & (answers[1] < low + 1)
        assert coverage(spread, answers[1][rows], truth[1][rows]) == pytest.approx(COVERAGE, abs=0.03)
    assert half_widths(spread, np.array([9.5]))[0] == pytest.approx(9.5 * 0.2 * 1.645, rel=0.1)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=50))
def test_any_answers_give_widths_that_are_numbers(pairs: list[tuple[float, float]]) -> None:
    answers, truth = np.array(pairs).T
    widths = half_widths(fit_spread(answers, truth), np.array([-1e9, 0.0, 1e9]))
    assert np.isfinite(widths).all() and (widths >= 0).all()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    rng = np.random.default_rng(1)
    area = rng.uniform(1, 10, 1500)
    rows = pl.DataFrame({"area": area, "price": area * 100 * (1 + 0.2 * rng.normal(size=1500))})
    return ll.train(rows, target="price", budget="60s", out=tmp_path_factory.mktemp("spread") / "m")


def test_a_model_says_wider_intervals_where_it_errs_more(report: Any) -> None:
    small, large = report.predict([{"area": 1.5}, {"area": 9.5}])
    assert large["high"] - large["low"] > 3 * (small["high"] - small["low"])
    assert small["low"] < small["value"] < small["high"]
    table = report.predict([{"area": 1.5}, {"area": 9.5}]).to_table()
    assert table["low"].to_list() == [small["low"], large["low"]]


def test_evaluate_says_how_many_truths_were_held(report: Any) -> None:
    area = np.linspace(1, 10, 600)
    noise = np.random.default_rng(2).normal(size=600)
    evaluation = ll.evaluate(report.artifact, pl.DataFrame({"area": area, "price": area * 100 * (1 + 0.2 * noise)}))
    assert evaluation.to_json()["calibration"]["coverage"] == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize(
    "spread",
    [{"at": [0]}, {"at": [], "half": []}, {"at": [1, 0], "half": [1, 1]}, {"at": [0], "half": [-1]}, [1]],
)
def test_widths_that_are_none_are_damage(report: Any, tmp_path: Path, spread: Any) -> None:
    copy = Path(shutil.copytree(report.artifact, tmp_path / "copy.leadline"))
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "spread": spread}))
    with pytest.raises(LeadlineError, match="damaged"):
        load(copy)


def test_a_model_from_before_has_one_width(report: Any, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(report.artifact, tmp_path / "copy.leadline"))
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["spread"], manifest["beside"], manifest["decision"], manifest["abstain"]
    (copy / "manifest.json").write_text(json.dumps({**manifest, "interval_half_width": 5.0}))
    first = load(copy).predict({"area": 3.0})[0]
    assert first["high"] - first["low"] == pytest.approx(10) and first["familiarity"] is None and not first["refused"]
