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

TWO = ["linear", "trees"]  # enough learners for one of them to fail
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
    ll.train(few, target="answer", budget="5m", learners=TWO, out=tmp_path_factory.mktemp("measured") / "m")


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
    report = ll.train(few, target="answer", budget="5m", learners=TWO, out=tmp_path / "m")
    assert words in reasons(report)["trees"]
    assert "trees" not in ran(report) and "linear" in ran(report)
    assert report.predict({"age": 70, "colour": "red"})[0]["label"] == "yes"


def test_where_the_winner_fails_on_all_rows_the_next_best_is_taken(
    few: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for learner in (Trees, Linear):
        monkeypatch.setattr(learner, "fit", with_error(MemoryError(), from_rows=120, of=learner))
    report = ll.train(few, target="answer", budget="5m", learners=TWO, out=tmp_path / "m")
    assert report.learner == "baseline" or report.learner not in ("trees", "linear")
    assert "ran out of memory" in " ".join(reasons(report).values())


def test_a_learner_that_answers_with_no_numbers_is_left_out(few: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadline.heads.trees import TreesHead

    monkeypatch.setattr(TreesHead, "run", lambda self, values: np.full((len(values), 1), np.nan))
    report = ll.train(few, target="answer", budget="5m", learners=TWO, out=tmp_path / "m")
    assert "not all numbers" in reasons(report)["trees"]


def test_a_machine_where_a_learner_cannot_even_be_measured(few: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Trees, "fit", with_error(ImportError("no libgomp here")))
    report = ll.train(few, target="answer", budget="5m", learners=TWO, out=tmp_path / "m")
    assert "no libgomp here" in reasons(report)["trees"]


def test_an_interrupt_is_never_taken_for_a_failure(few: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trees, "fit", with_error(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        ll.train(few, target="answer", budget="5m", learners=TWO, out=tmp_path / "m")
    assert not (tmp_path / "m.leadline").exists()


def test_where_no_learner_can_be_run_the_trivial_baseline_is_there_with_an_honest_word(few: pl.DataFrame, tmp_path: Path) -> None:
    report = ll.train(few, target="answer", budget="0.01s", out=tmp_path / "m")
    assert report.learner == "baseline" and ran(report) == {"baseline"}
    (finding,) = [finding for finding in report.findings if finding.code == "nothing-learned"]
    assert "Nothing was learned" in finding.title and "of the budget are left" in finding.detail
    assert len(report.predict(few)) == 120


@pytest.mark.parametrize(
    ("classes", "options", "words"),
    [
        (["a", "b"], {"metric": "r2"}, "accuracy, balanced_accuracy"),
        (["a", "b", "c"], {"metric": "roc_auc"}, "one of: accuracy"),
        (["a", "b"], {"positive": "maybe"}, "the classes are a, b"),
        (["a", "b", "c"], {"positive": "a"}, "one of two classes"),
        (["a", "b"], {"group": "half"}, "at least 3 groups"),
        ([1e200, -1e200, 3.5], {"task": "regress"}, "as large as 1e"),
    ],
)
def test_what_makes_no_sense_is_one_clear_screen(classes: list[Any], options: dict[str, Any], words: str, tmp_path: Path) -> None:
    rows = pl.int_range(60, eager=True)
    frame = pl.DataFrame({"x": rows * 1.5, "half": rows // 30, "t": [classes[row % len(classes)] for row in range(60)]})
    with pytest.raises(ll.LeadlineError) as caught:
        ll.train(frame, target="t", budget="5s", out=tmp_path / "m", **options)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def quickly(frame: pl.DataFrame, folder: Path, **options: Any) -> Any:
    """A report on the column t, by those learners that a few seconds are enough for."""
    return ll.train(frame, target="t", budget="8s", learners=[*TWO, "rules"], out=folder / "m", **options)


@pytest.mark.parametrize("alone", [1, 2])
def test_a_class_that_is_missing_from_folds_does_not_end_the_work(alone: int, tmp_path: Path) -> None:
    """Of a class with one example or two, some fold, or the rows inside of it, has none to learn from."""
    rng = np.random.default_rng(0)
    answers = np.where(np.arange(40) % 20 < alone, "seldom", "often") if alone == 1 else np.array(["seldom"] * 2 + ["often"] * 38)
    report = quickly(pl.DataFrame({"x": rng.normal(size=40), "z": rng.normal(size=40), "t": answers}), tmp_path)
    assert not any("failed" in why for why in reasons(report).values())
    assert set(report.model.classes) == {"seldom", "often"}


def test_a_class_that_one_group_holds_does_not_end_the_work(tmp_path: Path) -> None:
    rng, group = np.random.default_rng(0), np.arange(120) // 10
    answers = np.where(group == 7, "of one group", np.where(rng.random(120) < 0.5, "a", "b"))
    report = quickly(pl.DataFrame({"x": rng.normal(size=120) + 3 * (answers == "a"), "g": group, "t": answers}), tmp_path, group="g")
    assert not any("failed" in why for why in reasons(report).values())
    assert len(report.model.classes) == 3


def test_a_thousand_classes(tmp_path: Path) -> None:
    classes = np.arange(2_400) % 1_000
    noise = np.random.default_rng(0).normal(0, 0.2, (2, 2_400))
    frame = pl.DataFrame({"x": classes % 32 + noise[0], "z": classes // 32 + noise[1], "t": [f"class {number}" for number in classes]})
    report = quickly(frame, tmp_path)
    assert len(report.model.classes) == 1_000
    assert len(report.predict(frame.head(5))[0]["probabilities"]) == 1_000


@pytest.mark.parametrize("kind", ["numbers", "names"])
def test_thousands_of_columns(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(40, 10_000)) if kind == "numbers" else rng.choice(["a", "b", "c"], (40, 2_000))
    frame = pl.DataFrame(cells, schema=[f"c{place}" for place in range(cells.shape[1])]).with_columns(t=pl.Series(["yes", "no"] * 20))
    report = quickly(frame, tmp_path)
    assert len(report.predict(frame)) == 40
    assert ran(report) - {"baseline"} or [finding.code for finding in report.findings] == ["nothing-learned"]


def test_infinite_and_enormous_numbers_in_a_column(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=60)
    odd = np.where(np.arange(60) == 3, np.inf, np.where(np.arange(60) == 9, -np.inf, x * 1e300))
    report = quickly(pl.DataFrame({"x": x, "odd": odd, "t": np.where(x > 0, "a", "b")}), tmp_path)
    assert not any("failed" in why for why in reasons(report).values())
    assert report.score.value > 0.5
