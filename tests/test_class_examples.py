"""Examples of every class: the middle of it, its border and what is least like it, as rows that there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.check.class_examples import ClassExamples, supports
from leadline.check.contract import Checked, NotApplicable
from leadline.reports import to_html
from tests.check_views import view_of


def asked(codes: np.ndarray, *, vectors: np.ndarray | None = None, answers: np.ndarray | None = None) -> Checked:
    notes = [f"the {n} quick brown foxes jumped over {n * 7} lazy dogs again" for n in range(len(codes))]
    checked = ClassExamples().run(
        view_of(pl.DataFrame({"note": notes, "kind": [f"c{code:03d}" for code in codes]}), "kind", vectors=vectors, answers=answers)
    )
    assert isinstance(checked, Checked)
    return checked


def heaps(rows: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.arange(rows) % 3
    return np.eye(3, 8)[codes] * 6 + rng.normal(size=(rows, 8)), codes


def test_the_middle_is_typical_and_wrong_labels_are_not() -> None:
    vectors, codes = heaps()
    given = codes.copy()
    given[:6] = (codes[:6] + 1) % 3
    checked = asked(given, vectors=vectors)
    examples = checked.facts["examples"]
    assert {row for name in examples for row in examples[name]["least_typical"]} >= set(range(6))
    apart = np.linalg.norm(vectors - np.eye(3, 8)[codes] * 6, axis=1)
    typical = [row for name in examples for row in examples[name]["typical"]]
    assert apart[typical].mean() < 0.75 * apart.mean() and all(codes[row] == given[row] for row in typical)


def test_borderline_rows_lie_between_two_classes_and_say_which() -> None:
    vectors, codes = heaps()
    vectors[3:9] = (np.eye(3, 8)[0] + np.eye(3, 8)[1]) * 3 + np.random.default_rng(1).normal(0, 0.2, (6, 8))
    checked = asked(codes, vectors=vectors)
    examples = checked.facts["examples"]
    of_first = {row for row in range(3, 9) if codes[row] == 0}
    assert of_first <= set(examples["c000"]["borderline"] + examples["c000"]["least_typical"])
    (first, *_) = checked.sections
    assert any(note == "near c001" for note in first.shelves[1].notes)


def test_every_row_has_a_rank_within_its_class() -> None:
    vectors, codes = heaps()
    vectors[5] = np.nan
    ranks = asked(codes, vectors=vectors).rows["typicality"]
    assert np.isnan(ranks[5]) and np.nanmin(ranks) > 0 and np.nanmax(ranks) < 1
    examples = asked(codes, vectors=vectors).facts["examples"]
    assert ranks[examples["c001"]["typical"][0]] == np.nanmax(ranks[codes == 1])
    assert ranks[examples["c001"]["least_typical"][0]] == np.nanmin(ranks[codes == 1])


def test_no_row_stands_in_two_lists_and_small_classes_have_few() -> None:
    vectors, codes = heaps()
    codes[:2] = 3
    examples = asked(codes, vectors=vectors).facts["examples"]
    for found in examples.values():
        rows = [row for kind in found.values() for row in kind]
        assert len(rows) == len(set(rows))
    assert [len(kind) for kind in examples["c003"].values()] == [1, 0, 1]


def test_copies_are_shown_once_and_do_not_make_a_row_typical() -> None:
    vectors, codes = heaps()
    vectors[150:210:3] = vectors[0] + 9  # twenty copies of something odd
    groups = np.arange(300)
    groups[150:210:3] = 1_000
    own = supports(vectors.astype(np.float32), codes, groups, 3, 0)[0]
    assert own[150] < np.median(own[codes == 0])


def test_without_vectors_chances_say_it() -> None:
    codes = np.arange(90) % 2
    sure = np.linspace(0.05, 0.99, 90)
    answers = np.where(codes[:, None] == np.arange(2), sure[:, None], 1 - sure[:, None])
    frame = pl.DataFrame({"a": np.random.default_rng(0).normal(size=90), "kind": [f"c{code}" for code in codes]})
    checked = ClassExamples().run(view_of(frame, "kind", answers=answers))
    assert isinstance(checked, Checked)
    found = checked.facts["examples"]["c1"]
    assert found["typical"][0] == 89 and found["least_typical"][0] == 1
    assert all(abs(sure[row] - 0.5) < 0.15 for row in found["borderline"])


def test_a_page_shows_a_bounded_number_of_classes() -> None:
    rng = np.random.default_rng(2)
    codes = np.arange(1_500) % 150
    checked = asked(codes, vectors=rng.normal(size=(150, 12))[codes] * 3 + rng.normal(size=(1_500, 12)))
    assert len(checked.facts["examples"]) == 150
    assert len(checked.sections) == 13 and "12 largest of 150" in checked.sections[-1].shelves[0].title


def test_numbers_have_no_classes() -> None:
    frame = pl.DataFrame({"a": np.arange(60.0), "price": np.random.default_rng(8).normal(size=60)})
    assert isinstance(ClassExamples().run(view_of(frame, "price")), NotApplicable)


@pytest.mark.parametrize("form", ["page", "json", "rows"])
def test_a_report_has_them_without_losing_points(form: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pl.DataFrame({"x": rng.normal(size=120), "kind": rng.choice(["oak", "elm"], 120)})
    report = ll.check(frame, target="kind", only=["class-examples"], out=tmp_path, budget="5m")
    assert report.quality == 100 and not report.findings
    if form == "page":
        page = to_html(report, "check")
        assert "What stands for &quot;oak&quot;" in page and page.count("<div class=card>") == 24
    elif form == "json":
        assert {kind: len(rows) for kind, rows in report.to_json()["examples"]["elm"].items()} == {
            "typical": 6,
            "borderline": 6,
            "least_typical": 6,
        }
    else:
        assert pl.read_parquet(tmp_path / "rows.parquet")["typicality"].is_between(0, 1).all()
