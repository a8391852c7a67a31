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
from leadline.workflow import planning
from leadline.workflow.planning import plan_within
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

    def make_plan(setup: Setup, *args: Any) -> Any:
        asked.append(len(setup.teaching))
        learners = ["baseline"] + ["linear"] * (asked[-1] <= rows)
        return SimpleNamespace(
            plan=SimpleNamespace(fittings=[SimpleNamespace(learner=name) for name in learners]), room=SimpleNamespace(until=9.0)
        )

    monkeypatch.setattr(planning, "make_plan", make_plan)
    return asked


@pytest.mark.parametrize(("rows", "part"), [(100_000, 1), (2_500, 2), (1_300, 4), (100, 1)])
def test_the_largest_part_that_somebody_can_learn_from(setup: Setup, monkeypatch: pytest.MonkeyPatch, rows: int, part: int) -> None:
    asked = plans_for(rows, monkeypatch)
    found, planned = plan_within(setup, 10.0, 8.0, Store(), Progress())
    assert found.part == part
    assert len(planned.plan.fittings) == (1 if rows == 100 else 2)
    assert min(asked) >= planning._LEAST_TAUGHT * 0.9


def test_a_part_holds_every_class_in_its_share_and_no_half_groups(setup: Setup) -> None:
    taught = replace(setup, part=4).teaching
    assert len(taught) == pytest.approx(len(setup.teaching) / 4, rel=0.05)
    shares = [np.bincount(setup.target.values[rows]) / len(rows) for rows in (taught, setup.teaching)]
    np.testing.assert_allclose(shares[0], shares[1], atol=0.02)
    assert setup.groups is not None
    others = np.setdiff1d(setup.teaching, taught)
    assert not set(setup.groups[taught]) & set(setup.groups[others])
    assert not set(taught) & set(setup.partition.test)


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
