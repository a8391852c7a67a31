"""Wrong labels are found where they were planted, counted about right, and proposed to be mended; clean labels are left in peace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.check import label_error
from leadline.check.contract import Checked
from leadline.check.label_error import LabelError
from leadline.check.view import Vectors
from leadline.findings import Severity
from leadline.reports import to_html
from leadline.workflow.check_report import CheckReport
from tests.check_views import view_of


class Planted(NamedTuple):
    report: CheckReport
    wrong: np.ndarray
    frame: pl.DataFrame
    edits: Path


def blobs(wrong: float, rows: int = 600) -> tuple[pl.DataFrame, np.ndarray]:
    """Three well-parted classes by two numbers; which rows were given another class."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, rows)
    points = rng.normal(size=(rows, 2)) + 5.0 * np.array([[0, 0], [1, 0], [0, 1]])[truth]
    planted = rng.random(rows) < wrong
    given = np.where(planted, (truth + rng.integers(1, 3, rows)) % 3, truth)
    names = np.array(["ant", "bee", "cow"])
    return pl.DataFrame({"x": points[:, 0], "y": points[:, 1], "animal": names[given], "truth": names[truth]}), planted


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    frame, wrong = blobs(0.08)
    edits = tmp_path_factory.mktemp("edits") / "edits.jsonl"
    report = ll.check(frame.drop("truth"), target="animal", only=["label-error"], budget="5m", edits=edits)
    return Planted(report, wrong, frame, edits)


def test_planted_ones_are_found_and_suggested_right(planted: Planted) -> None:
    report, wrong, frame, _ = planted
    flagged = report.rows["label_error_flagged"]
    assert (flagged & wrong).sum() >= 0.9 * wrong.sum() and (flagged & ~wrong).sum() <= 0.1 * flagged.sum()
    both = np.flatnonzero(flagged & wrong)
    right = [report.rows["suggested"][row] == frame["truth"][row] for row in both.tolist()]
    assert np.mean(right) > 0.9


def test_how_many_there_are_is_said_with_an_interval(planted: Planted) -> None:
    report, wrong, _, _ = planted
    expected = report.to_json()["expected_label_errors"]
    assert expected["low"] <= wrong.sum() <= expected["high"]
    (finding,) = report.findings
    assert finding.severity == Severity.HIGH and "labels look wrong" in finding.title and " called " in finding.detail
    chances = [report.rows["label_error"][row] for row in finding.rows]
    assert chances == sorted(chances, reverse=True)


def test_a_table_of_words_does_not_judge_where_models_do(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, wrong = blobs(0.08)
    chances = np.full((600, 3), 0.02)
    chances[np.arange(600), np.searchsorted(["ant", "bee", "cow"], frame["truth"])] = 0.96
    noise = np.random.default_rng(0).normal(size=(600, 8)).astype(np.float32)  # vectors that know nothing
    told = pl.Series([f"somebody saw number {row} of these animals in the garden" for row in range(600)])
    view = view_of(frame.select("animal", told.alias("told")), "animal", answers=chances, vectors=noise)
    monkeypatch.setattr(label_error, "_MANY", 500)
    by_vectors = LabelError().run(view)
    view.__dict__["vectors"] = Vectors(noise, "table", looked_up=True)
    by_models = LabelError().run(view)
    assert isinstance(by_vectors, Checked) and isinstance(by_models, Checked)
    found = [(checked.rows["label_error_flagged"] & wrong).sum() / wrong.sum() for checked in (by_vectors, by_models)]
    assert found[0] < 0.2 and found[1] > 0.9


def test_where_classes_overlap_labels_are_in_doubt_and_nothing_is_proposed() -> None:
    rng = np.random.default_rng(1)
    sick = rng.random(900) < 0.5
    frame = pl.DataFrame({"age": rng.normal(50, 10, 900) + 9 * sick, "weight": rng.normal(80, 15, 900) + 12 * sick, "sick": sick})
    (finding,) = ll.check(frame, target="sick", only=["label-error"], budget="1m").findings
    assert "labels are in doubt" in finding.title and finding.severity == Severity.LOW and not finding.mends


def test_nobody_of_the_titanic_is_said_to_be_labelled_wrong(shared: Callable[[str], Path]) -> None:
    findings = ll.check(shared("tabular/titanic.csv"), target="Survived", only=["label-error"], budget="1m").findings
    assert all(finding.severity == Severity.LOW and not finding.mends for finding in findings)


def test_an_edit_list_says_what_each_should_be(planted: Planted) -> None:
    report, _, frame, edits = planted
    lines = [json.loads(line) for line in edits.read_text().splitlines()]
    assert len(lines) == len(report.findings[0].rows)
    assert all(line["edit"] == "relabel row" and line["label"] != frame["animal"][line["row"]] for line in lines)


def test_the_page_shows_what_each_should_be(planted: Planted) -> None:
    page, row = to_html(planted.report, "check"), planted.report.findings[0].rows[0]
    assert f"{planted.frame['animal'][row]}, or rather {planted.frame['truth'][row]}?" in page


def test_clean_labels_lose_little() -> None:
    frame, _ = blobs(0.0)
    report = ll.check(frame.drop("truth"), target="animal", only=["label-error"], budget="5m")
    assert report.rows["label_error_flagged"].mean() < 0.01
    assert all(finding.severity == Severity.LOW for finding in report.findings)


def test_classes_that_overlap_are_in_doubt_and_nothing_is_proposed() -> None:
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 2, 600)
    points = rng.normal(size=(600, 2)) + 1.2 * truth[:, None]  # the best that anybody can do is four of five
    frame = pl.DataFrame({"x": points[:, 0], "y": points[:, 1], "income": np.array(["low", "high"])[truth]})
    (finding,) = ll.check(frame, target="income", only=["label-error"], budget="5m").findings
    assert "or the classes overlap" in finding.title and "cannot be told apart here" in finding.detail
    assert finding.severity != Severity.HIGH and not finding.mends


def test_numbers_that_lie_far_off_are_found(people: pl.DataFrame) -> None:
    rows, slipped = people["height"].to_numpy().copy(), np.arange(0, 400, 40)
    rows[slipped] *= 10  # a point that was forgotten
    report = ll.check(people.with_columns(height=rows), target="height", only=["label-error"], budget="5m")
    (finding,) = report.findings
    assert set(finding.rows[:10]) == set(slipped.tolist()) and "rows like it say" in finding.detail


def test_few_rows_and_labels_of_several_kinds_are_not_asked(people: pl.DataFrame) -> None:
    several = people.with_columns(answer=pl.Series([["a", "b"] if row % 2 else ["b"] for row in range(400)]))
    for frame in (people[:40], several):
        report = ll.check(frame, target="answer", only=["label-error"])
        assert [one.code for one in report.unasked] == ["label-error"]
