"""Classes with too few rows are named with how well they are found; where all are learned, and more would not help, nothing is said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

import leadline as ll
from leadline.check.contract import Checked
from leadline.check.too_few import TooFew
from leadline.check.view import Answers, Labels, Vectors, View
from leadline.data.read import read
from leadline.encoders.store import Store
from leadline.findings import Severity
from leadline.progress import Progress
from leadline.workflow.check_report import CheckReport
from leadline.workflow.setup import set_up

CODE = "too-few"


def blobs(sizes: dict[str, int], spread: float, seed: int = 0, dimensions: int = 4) -> pl.DataFrame:
    """Classes around points of their own."""
    rng = np.random.default_rng(seed)
    middles = dict(zip(sizes, rng.normal(0, 3, (len(sizes), dimensions)), strict=True))
    labels = [name for name, size in sizes.items() for _ in range(size)]
    values = np.array([middles[name] for name in labels]) + rng.normal(0, spread, (len(labels), dimensions))
    columns = {f"x{place}": values[:, place] for place in range(dimensions)}
    return pl.DataFrame({**columns, "label": labels}).sample(fraction=1, shuffle=True, seed=seed)


def asked(frame: pl.DataFrame, target: str = "label") -> CheckReport:
    return ll.check(frame, target=target, only=[CODE], budget="1m")


def test_where_all_is_learned_nothing_is_said() -> None:
    report = asked(blobs({"a": 150, "b": 150, "c": 150}, 0.3))
    assert report.findings == () and report.unasked == ()
    curve = report.to_json()["learning_curve"]
    assert [point["n"] for point in curve["points"]] == [90, 180, 360] and curve["rising"] is False


def test_a_class_with_hardly_any_rows_is_named() -> None:
    (found,) = [one for one in asked(blobs({"a": 150, "b": 150, "rare": 4}, 0.5)).findings if "class" in one.title]
    assert found.title.startswith("the class rare (4 rows, ") and found.severity in (Severity.LOW, Severity.MEDIUM)


def view_of(frame: pl.DataFrame, right: Callable[[int], float]) -> View:
    """Nobody learns here: so many rows that teach give so large a share of right answers, all rows those of the last."""
    data = read(frame)
    setup = set_up(data, None, None, None, 0)
    truth, labels = setup.target.values, Labels("label", setup.task, setup.target, setup.metric, setup.partition)

    def said(rows: np.ndarray, share: float) -> np.ndarray:
        wrong = np.random.default_rng(0).random(len(rows)) >= share
        return np.eye(setup.num_classes)[np.where(wrong, (truth[rows] + 1) % setup.num_classes, truth[rows])]

    everything = np.arange(len(data))
    return View(
        data, labels, None, 0, Store(), Progress(), lambda: Answers(said(everything, right(len(data))), "linear", "linear model"),
        lambda: Vectors(np.zeros((len(data), 1), np.float32), "nothing"), lambda teach, judge, _target: said(judge, right(len(teach))),
    )  # fmt: skip


def test_a_score_that_rises_is_said_with_its_points() -> None:
    outcome = TooFew().run(view_of(blobs({"a": 500, "b": 500}, 1.0), lambda rows: 0.6 if rows < 300 else 0.75 if rows < 500 else 0.9))
    assert isinstance(outcome, Checked)
    (found,) = outcome.findings
    assert found.severity == Severity.LOW and "more rows still help" in found.title and "from 200 rows, " in found.title
    assert found.title.endswith("from 800") and "the last doubling was worth" in found.detail


def test_a_small_class_that_is_missed_is_named_where_more_rows_help() -> None:
    frame = blobs({"a": 400, "b": 400, "small": 60}, 1.0)

    def findings(rises: bool) -> list[str]:
        view = view_of(frame, lambda rows: 0.6 + 0.3 * (rows > 600) * rises)
        small = np.flatnonzero((frame["label"] == "small").to_numpy())
        view.answers.values[small] = [1, 0, 0]
        outcome = TooFew().run(view)
        assert isinstance(outcome, Checked)
        return [one.title for one in outcome.findings if "the class small (60 rows, 0% of them found" in one.title]

    assert len(findings(rises=True)) == 1 and findings(rises=False) == []


def test_without_answers_it_says_why_not() -> None:
    report = ll.check(pl.DataFrame({"x": np.random.default_rng(0).normal(size=50)}), only=[CODE])
    assert [(one.code, one.why) for one in report.unasked] == [(CODE, "there are no answers to learn from")]
