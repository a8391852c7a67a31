"""Classes that could be one: tried on rows that nobody learned from, and told as a colleague would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.check.merging import Trial, parse_merging, try_merging
from leadline.check.view import Learn
from leadline.data.edits import read_edits
from leadline.errors import UsageError
from tests.check_views import nearest_means, nearest_rows, out_of_fold, view_of

CLASSES = ("cat", "dog", "C++", "C", "Old English")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat+dog", ("cat", "dog")),
        ("dog + cat+C", ("dog", "cat", "C")),
        ("C+++C", ("C++", "C")),
        ("Old English+C++", ("Old English", "C++")),
    ],
)
def test_names_stand_between_plus_signs(text: str, names: tuple[str, ...]) -> None:
    merging = parse_merging(text, CLASSES)
    assert merging.names == names and merging.into == "+".join(names)
    assert len(merging.after) == len(CLASSES) - len(names) + 1
    assert len(set(merging.of[merging.codes])) == 1


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="+ \t\n", categories=["L", "N"]), min_size=1), min_size=3, unique=True
    ),
    st.data(),
)
def test_any_names_are_found_again(classes: list[str], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(classes), min_size=2, max_size=len(classes) - 1, unique=True))
    assert parse_merging("+".join(names), classes).names == tuple(names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat+dgo", '(?s)no class "dgo".*two or more of: cat, dog.*did you mean "dog"'),
        ("CAT+dog", '(?s)no class "CAT".*did you mean "cat"'),
        ("cat", "names one class only"), ("cat+cat", "names one class only"), ("cat+dog+cat", "a class twice"),
        ("cat+dog+C+++C+Old English", "names every class"), ("", 'no class ""'), ("+", 'no class ""'),
    ],
)  # fmt: skip
def test_names_that_are_wrong_are_said(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_merging(text, CLASSES)


def four_heaps(rows: int = 1_200, apart: float = 4.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.arange(rows) % 4
    return np.eye(6)[codes] * apart + rng.normal(size=(rows, 6)), codes


def tried(points: np.ndarray, codes: np.ndarray, learn: Learn, text: str) -> Trial:
    frame = pl.DataFrame({"a": points[:, 0], "kind": [f"c{code}" for code in codes]})
    view = view_of(frame, "kind", answers=out_of_fold(learn, codes), learn=learn)
    assert view.labels is not None
    return try_merging(view, parse_merging(text, view.labels.classes))


def test_one_thing_under_two_names_loses_nothing_by_merging() -> None:
    points, codes = four_heaps()
    points[codes == 3] -= 4 * np.eye(6)[3] - 4 * np.eye(6)[2]
    trial = tried(points, codes, nearest_means(points, codes), "c2+c3")
    assert trial.apart.value < 0.8 < 0.95 < trial.merged.value and trial.gain.low > 0.15
    assert trial.easier.value == pytest.approx(trial.gain.value, abs=0.02)
    (scores, _, lost) = trial.section().said
    assert "1,200 rows that models had not learned from" in scores and "merging loses nothing that it can do" in lost


def test_classes_that_are_told_apart_are_to_be_merged_only_where_it_does_not_matter() -> None:
    points, codes = four_heaps(apart=6.0)
    trial = tried(points, codes, nearest_means(points, codes), "c0+c1")
    assert trial.told.value > 0.99 and "So they can be told apart" in trial.section().said[2]
    assert abs(trial.gain.value) < 0.02


def test_what_is_only_easier_is_told_from_what_is_learned_better() -> None:
    """Two halves of a ring around a third class: their common mean lies inside it, so that learning them as one is a loss."""
    rng = np.random.default_rng(1)
    codes = np.arange(900) % 3
    points = rng.normal(0, 0.7, (900, 2)) + np.array([[-4.0, 0], [4.0, 0], [0, 0]])[codes]
    trial = tried(points, codes, nearest_means(points, codes), "c0+c1")
    assert abs(trial.easier.value) < 0.02 and trial.learned.high < -0.2
    assert "loses some of that again" in trial.section().said[1]


def test_the_same_is_gained_in_both_ways_of_counting() -> None:
    points, codes = four_heaps(apart=1.5)
    trial = tried(points, codes, nearest_rows(points, codes), "c0+c1+c2")
    assert trial.gain.value == pytest.approx(trial.easier.value + trial.learned.value)
    assert set(trial.to_json()) == {"classes", "into", "apart", "merged", "gain", "easier", "learned", "told_apart", "largest_alone"}


@pytest.fixture(scope="module")
def flowers() -> pl.DataFrame:
    points, codes = four_heaps(240)
    columns = {f"x{number}": points[:, number] for number in range(6)}
    return pl.DataFrame({**columns, "kind": [("oak", "elm", "ash", "yew")[code] for code in codes]})


def test_a_report_tells_it_and_the_edit_list_has_it(flowers: pl.DataFrame, tmp_path: Path) -> None:
    from io import StringIO

    from leadline.reports import print_report, to_html

    edits = tmp_path / "edits.jsonl"
    report = ll.check(flowers, target="kind", only=["imbalance"], merge=["oak+elm"], edits=edits, budget="5m")
    (tried,) = report.to_json()["merged"]
    assert tried["classes"] == ["oak", "elm"] and tried["apart"]["n"] == 240
    assert report.quality == 100 and not report.findings
    print_report(report, screen := StringIO())
    assert "What would be lost" in " ".join(screen.getvalue().split()) and "What would be lost" in to_html(report, "check")
    (edit,) = read_edits(edits)
    assert edit.mend.action == "merge classes" and edit.mend.classes == ("oak", "elm") and edit.mend.value == "oak+elm"


def test_a_class_in_two_merges_is_refused(flowers: pl.DataFrame) -> None:
    with pytest.raises(UsageError, match="in two sets of classes"):
        ll.check(flowers, target="kind", merge=["oak+elm", "elm+ash"])


def test_wrong_names_are_an_error_before_anything_is_learned(flowers: pl.DataFrame) -> None:
    with pytest.raises(UsageError, match=r'(?s)no class "okas".*did you mean "oak"'):
        ll.check(flowers, target="kind", merge=["okas+elm"])
    with pytest.raises(UsageError, match="not of one class each"):
        ll.check(flowers, target="x0", merge="oak+elm")
