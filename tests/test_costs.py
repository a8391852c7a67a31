"""Costs of mistakes: decisions follow from them, are kept in the model and are paid less for than other ways to decide."""

from __future__ import annotations

import json
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
from leadline.tasks.classify import Classify
from leadline.tasks.costs import Costs, read_costs
from leadline.tasks.deciding import FromOn


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0, 1))
def test_no_other_decision_is_cheaper_on_average(fp: float, fn: float, chance: float) -> None:
    named = chance >= Costs(fp, fn).threshold
    expected = {True: fp * (1 - chance), False: fn * chance}
    assert expected[named] <= min(expected.values()) * (1 + 1e-9) + 1e-12


def test_costs_are_read_as_they_are_written_or_given() -> None:
    assert read_costs("fp=1,fn=20") == read_costs(" fn=20 , fp=1") == read_costs({"fp": 1, "fn": 20}) == Costs(1.0, 20.0)
    assert Costs(1, 19).threshold == 0.05 and Costs(0, 1).threshold == 0


@pytest.mark.parametrize(
    "asked",
    ["fp=1", "fp=-1,fn=2", "fp=1,fn=much", "fp=0,fn=0", "1,20", "", "fp=1,fn=2,tp=3", "fp=nan,fn=1", "fp=inf,fn=1", {"fp": None, "fn": 1}],
)
def test_costs_that_make_no_sense_are_refused_in_words(asked: Any) -> None:
    with pytest.raises(LeadlineError, match="cost") as raised:
        read_costs(asked)
    assert "fp=1,fn=20" in str(raised.value)


def test_everything_that_looks_at_decisions_takes_them_at_the_threshold() -> None:
    task, chances, truth = Classify(FromOn(0.1), Costs(1, 9)), np.array([[0.95, 0.05], [0.8, 0.2], [0.3, 0.7]]), np.array([0, 1, 0])
    assert task.columns(chances, ("no", "yes"))["label"].to_list() == ["no", "yes", "yes"]
    assert task.to_json(chances[1], ("no", "yes"))["label"] == "yes"
    assert task.confusion(chances, truth, 2).tolist() == [[1, 1], [0, 1]]
    assert task.metrics["accuracy"].value(chances, truth) == pytest.approx(2 / 3)
    assert task.metrics["cost"].value(chances, truth) == pytest.approx(1 / 3)
    assert task.certainty(chances, truth)[0].tolist() == [0.95, 0.2, 0.7]
    assert "cost" not in Classify().metrics and Classify().metrics["accuracy"].value(chances, truth) == pytest.approx(1 / 3)


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    heat = rng.normal(size=2000)
    fails = rng.random(2000) < 1 / (1 + np.exp(3 - 1.5 * heat))
    return pl.DataFrame({"heat": heat, "state": np.where(fails, "broken", "fine")})


@pytest.fixture(scope="module")
def report(rows: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("costs")
    return ll.train(rows, target="state", positive="broken", cost="fp=1,fn=20", learners=["linear"], budget="5m", out=folder / "m")


def test_the_model_decides_by_its_costs_and_says_what_they_come_to(report: Any, rows: pl.DataFrame) -> None:
    table = report.predict(rows).to_table()
    assert ((table["label"] == "broken") == (table["p(broken)"] >= 1 / 21)).all()
    costs = report.to_json()["costs"]
    each = costs["per_1000"]
    assert (costs["fp"], costs["fn"], costs["threshold"]) == (1, 20, pytest.approx(1 / 21))
    assert each["model"] < min(each["half"], each["always"], each["never"])
    assert report.metric == "cost" and report.score.value == pytest.approx(each["model"] / 1000)
    text = " ".join(getattr(block, "text", "") for block in report.blocks())
    assert 'It answers "broken" from a probability of 4.8% on' in text
    evaluation = ll.evaluate(report.artifact, rows)
    assert evaluation.to_json()["costs"]["per_1000"]["model"] == pytest.approx(1000 * evaluation.metrics["cost"].value)


def test_costs_need_two_kinds_of_mistakes(people: pl.DataFrame, tmp_path: Path) -> None:
    for target in ("colour", "height"):
        with pytest.raises(LeadlineError, match="kinds"):
            ll.train(people, target=target, cost="fp=1,fn=2", budget="10s", out=tmp_path / "m")


NO_DECISIONS = [
    {},
    {"threshold": 2},
    {"threshold": "x"},
    {"threshold": 0.5, "costs": {"fp": -1, "fn": 1}},
    {"threshold": 0.5, "costs": "nonsense"},
    {"threshold": 0.5, "costs": {"fp": 1, "fn": 20}},
    [0.5],
]


@pytest.mark.parametrize(
    "change", [*({"decision": one} for one in NO_DECISIONS), {"interval_half_width": 1.0}, {"spread": {"at": [0], "half": [1]}}]
)
def test_a_decision_or_an_interval_that_is_none_is_damage(report: Any, tmp_path: Path, change: Any) -> None:
    import shutil

    copy = Path(shutil.copytree(report.artifact, tmp_path / "copy.leadline"))
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, **change}))
    with pytest.raises(LeadlineError, match="damaged"):
        load(copy)
