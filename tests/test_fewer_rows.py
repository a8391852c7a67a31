"""Where the budget is too short for all rows, a part of them teaches: a rough model is worth more than the most frequent answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.encoders.store import Store
from leadline.progress import Progress
from leadline.workflow import fewer_rows
from leadline.workflow.fewer_rows import plan_within
from leadline.workflow.setup import Setup, set_up


def many(rows: int = 6_000) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    x, person = rng.normal(size=rows), rng.integers(0, rows // 4, rows)
    rare = rng.random(rows) < 0.01
    return pl.DataFrame({"x": x, "person": person, "answer": np.where(rare, "rare", np.where(x > 0, "yes", "no"))})


@pytest.fixture
def setup() -> Setup:
    return set_up(ll.read(many(), target="answer", group="person"), None, None, None, 0)


def plans_for(rows: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Makes learning possible from so many rows at most; the sizes that plans were asked for."""
    asked = list[int]()

    def make_plan(setup: Setup, *args: Any, **more: Any) -> Any:
        asked.append(len(setup.teaching))
        learners = ["baseline"] + ["linear"] * (asked[-1] <= rows)
        return SimpleNamespace(
            plan=SimpleNamespace(fittings=[SimpleNamespace(learner=name) for name in learners]), room=SimpleNamespace(until=9.0)
        )

    monkeypatch.setattr(fewer_rows, "make_plan", make_plan)
    return asked


@pytest.mark.parametrize(("rows", "part"), [(100_000, 1), (2_500, 2), (1_300, 4), (100, 1)])
def test_the_largest_part_that_somebody_can_learn_from(setup: Setup, monkeypatch: pytest.MonkeyPatch, rows: int, part: int) -> None:
    asked = plans_for(rows, monkeypatch)
    found, planned = plan_within(setup, 10.0, 8.0, Store(), Progress())
    assert found.part == part
    assert len(planned.plan.fittings) == (1 if rows == 100 else 2)
    assert min(asked) >= fewer_rows._LEAST_TAUGHT * 0.9


def test_a_part_holds_every_class_in_its_share_and_no_half_groups(setup: Setup) -> None:
    taught = replace(setup, part=4).teaching
    assert len(taught) == pytest.approx(len(setup.teaching) / 4, rel=0.05)
    shares = [np.bincount(setup.target.values[rows]) / len(rows) for rows in (taught, setup.teaching)]
    np.testing.assert_allclose(shares[0], shares[1], atol=0.02)
    assert setup.groups is not None
    others = np.setdiff1d(setup.teaching, taught)
    assert not set(setup.groups[taught]) & set(setup.groups[others])
    assert not set(taught) & set(setup.partition.test)


def test_no_part_is_so_small_that_a_rare_class_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    rare = np.arange(6_000) % 150 == 0  # 40, of which 32 may teach
    frame = many().with_columns(answer=pl.when(pl.Series(rare)).then(pl.lit("rare")).otherwise(pl.lit("usual")))
    setup = set_up(ll.read(frame, target="answer"), None, None, None, 0)
    asked = plans_for(700, monkeypatch)  # which would be a part of eight
    found, planned = plan_within(setup, 10.0, 8.0, Store(), Progress())
    assert found.part == 1 and len(asked) == 2
    assert set(planned.plan.fittings[0].__dict__.values()) == {"baseline"}


def test_a_short_budget_learns_from_a_part_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this machine needed a thousand times as long for what takes all rows."""
    plan_for = fewer_rows.make_plan

    def slow(setup: Setup, budget: float, left: float, *args: Any, **more: Any) -> Any:
        return plan_for(setup, budget, left if setup.part == 4 else 0.0, *args, **more)

    monkeypatch.setattr(fewer_rows, "make_plan", slow)
    report = ll.train(many(), target="answer", learners=["linear"], budget="5m", out=tmp_path / "m")
    assert report.learner == "linear" and report.to_json()["splits"]["train"] == 1_200
    assert any("too short for all" in remark for remark in report.remarks)
    assert "too short for all" in (report.artifact / "card.md").read_text()


def test_a_plan_for_a_part_says_so_and_is_replayed(tmp_path: Path) -> None:
    many().write_csv(tmp_path / "many.csv")
    first = ll.train(tmp_path / "many.csv", target="answer", learners=["linear"], out=tmp_path / "first")
    plan = json.loads((first.run / "plan.json").read_text())
    assert plan["data"]["part"] == 1 and not any("too short" in remark for remark in first.remarks)
    plan["data"]["part"] = 4
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    again = ll.train(tmp_path / "many.csv", plan=tmp_path / "plan.json", out=tmp_path / "again")
    assert [remark for remark in again.remarks if "too short" in remark] == [
        "the budget is too short for all 4,800 rows: 1,200 of them taught, drawn at random"
    ]
    assert again.score.n == first.score.n
