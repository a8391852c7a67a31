"""`train` where things are hard: learners that fail, budgets too short for any, odd classes, wide tables. Each ends well or in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.learners.linear import Linear
from leadline.learners.trees import Trees

Fails = Callable[..., Any]


def with_error(error: BaseException, from_rows: int = 0, of: Any = Trees) -> Fails:
    """A fit that ends in this error where it is given at least so many rows, and in an ordinary model otherwise."""
    fit = of.fit

    def failing(self: Any, train: Any, *rest: Any, **more: Any) -> Any:
        if len(train) >= from_rows:
            raise error
        return fit(self, train, *rest, **more)

    return failing


def reasons(report: Any) -> dict[str, str]:
    return {one["learner"]: one["why"] for one in report.to_json()["skipped"]}


def ran(report: Any) -> set[str]:
    return {row["learner"] for row in report.to_json()["leaderboard"]}


@pytest.fixture(scope="module")
def few(people: pl.DataFrame) -> pl.DataFrame:
    """So few rows that every learner fits into any budget but the shortest."""
    return people.drop("height").head(120)


@pytest.fixture(scope="module", autouse=True)
def measured(few: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The machine is measured before anything is made to fail."""
    ll.train(few, target="answer", budget="5m", out=tmp_path_factory.mktemp("measured") / "m")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError("Unable to allocate 3 GiB"), "ran out of memory"),
        (ValueError("the bins\nare odd"), "it failed on these data (ValueError: the bins)"),
        (ImportError("libgomp.so.1: cannot open shared object file"), "libgomp"),
        (ll.LeadlineError("trees need the package lightgbm", "it"), "trees need the package lightgbm"),
        (pl.exceptions.PanicException("index out of bounds"), "index out of bounds"),
    ],
)
def test_a_learner_that_fails_is_left_out_with_the_reason_and_the_others_go_on(
    few: pl.DataFrame, error: BaseException, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trees, "fit", with_error(error))
    report = ll.train(few, target="answer", budget="5m", out=tmp_path / "m")
    assert words in reasons(report)["trees"]
    assert "trees" not in ran(report) and "linear" in ran(report)
    assert report.predict({"age": 70, "colour": "red"})[0]["label"] == "yes"


def test_where_the_winner_fails_on_all_rows_the_next_best_is_taken(
    few: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for learner in (Trees, Linear):
        monkeypatch.setattr(learner, "fit", with_error(MemoryError(), from_rows=120, of=learner))
    report = ll.train(few, target="answer", budget="5m", out=tmp_path / "m")
    assert report.learner == "baseline" or report.learner not in ("trees", "linear")
    assert "ran out of memory" in " ".join(reasons(report).values())


def test_a_learner_that_answers_with_no_numbers_is_left_out(few: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadline.heads.trees import TreesHead

    monkeypatch.setattr(TreesHead, "run", lambda self, values: np.full((len(values), 1), np.nan))
    report = ll.train(few, target="answer", budget="5m", out=tmp_path / "m")
    assert "not all numbers" in reasons(report)["trees"]


def test_a_machine_where_a_learner_cannot_even_be_measured(few: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Trees, "fit", with_error(ImportError("no libgomp here")))
    report = ll.train(few, target="answer", budget="5m", out=tmp_path / "m")
    assert "no libgomp here" in reasons(report)["trees"]


def test_an_interrupt_is_never_taken_for_a_failure(few: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trees, "fit", with_error(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        ll.train(few, target="answer", budget="5m", out=tmp_path / "m")
    assert not (tmp_path / "m.leadline").exists()


def test_where_no_learner_can_be_run_the_trivial_baseline_is_there_with_an_honest_word(few: pl.DataFrame, tmp_path: Path) -> None:
    report = ll.train(few, target="answer", budget="0.01s", out=tmp_path / "m")
    assert report.learner == "baseline" and ran(report) == {"baseline"}
    (finding,) = [finding for finding in report.findings if finding.code == "nothing-learned"]
    assert "Nothing was learned" in finding.title and "of the budget are left" in finding.detail
    assert len(report.predict(few)) == 120
