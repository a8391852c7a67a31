"""What cleaning is worth: an interval that holds the truth, never flattered by the model's own proposals, or why it is not said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from leadline.check.contract import Checked, NotApplicable
from leadline.check.label_error import LabelError
from leadline.check.mending import Mended, if_mended
from leadline.check.view import Learn, View
from leadline.evaluate.intervals import Interval, score_interval
from leadline.findings import Finding, Mend, Severity
from tests.check_views import nearest_means, nearest_row, out_of_fold, view_of

Learner = Callable[[np.ndarray, np.ndarray], Learn]


def heaps(rows: int, classes: int = 3, apart: float = 2.5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(rows) % classes)
    return np.eye(classes, 5)[codes] * apart + rng.normal(size=(rows, 5)), codes


def spoiled(codes: np.ndarray, share: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, 1])
    number = int(codes.max()) + 1
    wrong = rng.random(len(codes)) < share
    return np.where(wrong, (codes + rng.integers(1, number, len(codes))) % number, codes)


def view_by(learner: Learner, points: np.ndarray, codes: np.ndarray) -> View:
    learn = learner(points, codes)
    frame = pl.DataFrame({"a": points[:, 0].round(6), "kind": [f"c{code}" for code in codes]})
    return view_of(frame, "kind", answers=out_of_fold(learn, codes), learn=learn)


def score_of(view: View) -> Interval:
    assert view.labels is not None
    return score_interval(view.labels.metric, view.answers.values, view.labels.target.values)


def asked(view: View) -> Mended:
    checked = LabelError().run(view)
    assert isinstance(checked, Checked)
    mended = if_mended(view, checked.findings, {"label-error": checked}, score_of(view))
    assert isinstance(mended, Mended)
    return mended


def true_scores(learner: Learner, points: np.ndarray, given: np.ndarray, classes: int) -> tuple[float, float]:
    """Of models of given and of right labels, of thousands of other rows, by right labels."""
    others, truth = heaps(4_000, classes, seed=99)
    right = heaps(len(points), classes, seed=0)[1]
    both, teach, judge = np.concatenate([points, others]), np.arange(len(points)), np.arange(len(points), len(points) + 4_000)
    said = [learner(both, np.concatenate([codes, truth]))(teach, judge, None).argmax(axis=1) for codes in (given, right)]
    return tuple((answers == truth).mean() for answers in said)


def test_wrong_labels_that_a_model_repeats_are_worth_mending() -> None:
    points, codes = heaps(900)
    given = spoiled(codes, 0.2, 0)
    mended, (as_is, right) = asked(view_by(nearest_row, points, given)), true_scores(nearest_row, points, given, 3)
    assert mended.learning.low > 0 and mended.learning.low <= right - as_is <= mended.learning.high + 0.03
    assert mended.score.low <= right <= mended.score.high and mended.right_labels
    assert "The model itself would answer better" in mended.in_words(view_by(nearest_row, points, given).labels.metric, 0.7)  # type: ignore[union-attr]


def test_a_model_that_wrong_labels_do_not_harm_gains_nothing_but_its_score_does() -> None:
    points, codes = heaps(900)
    given = spoiled(codes, 0.2, 0)
    view = view_by(nearest_means, points, given)
    mended, (as_is, right) = asked(view), true_scores(nearest_means, points, given, 3)
    assert abs(right - as_is) < 0.01 and mended.learning.low <= right - as_is <= mended.learning.high
    assert score_of(view).high < 0.8 and mended.score.low <= right <= mended.score.high
    assert view.labels is not None and "cannot be told" in mended.in_words(view.labels.metric, score_of(view).value)


@pytest.mark.parametrize("seed", range(4))
def test_labels_by_lot_are_not_flattered_by_what_a_model_says_they_should_be(seed: int) -> None:
    """Whoever judged by the proposed labels would find nearly all answers right."""
    points = np.random.default_rng(seed).normal(size=(600, 5))
    view = view_by(nearest_row, points, np.random.default_rng([seed, 2]).integers(0, 2, 600))
    checked = LabelError().run(view)
    assert isinstance(checked, Checked)
    outcome = if_mended(view, checked.findings, {"label-error": checked}, score_of(view))
    if isinstance(outcome, Mended):
        assert outcome.learning.low < 0.03 and outcome.score.low < 0.56


def test_the_intervals_hold_what_is_true() -> None:
    """Twenty draws of rows and of noise, for a learner that wrong labels harm."""
    learning, score = 0, 0
    for seed in range(20):
        rng = np.random.default_rng([seed, 5])
        codes = rng.integers(0, 3, 500)
        points = np.eye(3, 5)[codes] * 2.5 + rng.normal(size=(500, 5))
        given = spoiled(codes, 0.15, seed)
        mended = asked(view_by(nearest_row, points, given))
        others, truth = heaps(4_000, seed=99)
        both, taught = np.concatenate([points, others]), rng.permutation(500)[:400]
        said = [
            (nearest_row(both, np.concatenate([known, truth]))(taught, np.arange(500, 4_500), None).argmax(axis=1) == truth).mean()
            for known in (given, codes)
        ]
        # What is proposed is not all that is wrong, so that up to a tenth of the true gain may be missing.
        learning += mended.learning.low <= said[1] - said[0] and 0.8 * (said[1] - said[0]) <= mended.learning.high
        score += mended.score.low <= said[1] <= mended.score.high
    assert learning >= 17 and score >= 18


def test_rows_that_judge_have_no_part_in_what_is_proposed() -> None:
    points, codes = heaps(300)
    given, turns = spoiled(codes, 0.2, 0), list[tuple[set[int], set[int]]]()
    learn = nearest_means(points, given)

    def noted(teach: np.ndarray, judge: np.ndarray, target: object = None) -> np.ndarray:
        turns.append((set(teach.tolist()), set(judge.tolist())))
        return learn(teach, judge, target)  # type: ignore[arg-type]

    asked(view_by(lambda *_: noted, points, given))
    turns = turns[5:]  # after the answers to all rows
    for start in range(0, len(turns), 5):
        as_is, *within, mended = turns[start : start + 5]
        judges = as_is[1]
        assert mended[1] == judges and all(not (judges & (teach | judge)) for teach, judge in within) and not judges & mended[0]


def finding(*mends: Mend, code: str = "exact-duplicate") -> Finding:
    return Finding(code, Severity.LOW, "something was found", mends=mends)


def test_copies_that_are_left_out_neither_teach_nor_judge() -> None:
    points, codes = heaps(200)
    view = view_by(nearest_means, points, codes)
    drops = finding(*(Mend("drop row", 0.9, (row,)) for row in range(20)))
    mended = if_mended(view, [drops], {}, score_of(view))
    assert isinstance(mended, Mended) and mended.changes == {"drop row": 20} and mended.score.n == 180 and not mended.right_labels


def test_names_for_the_same_class_are_merged_and_said_to_be_easier() -> None:
    points, codes = heaps(400, 4)
    points[codes == 3] = heaps(400, 4, seed=3)[0][: (codes == 3).sum()] * 0.3 + np.eye(4, 5)[2] * 2.5
    view = view_by(nearest_means, points, codes)
    mended = if_mended(view, [finding(Mend("merge classes", 0.9, classes=("c3",), value="c2"), code="label-spelling")], {}, score_of(view))
    assert isinstance(mended, Mended) and mended.score.value > score_of(view).value + 0.1
    assert view.labels is not None and "there is less to tell apart" in mended.in_words(view.labels.metric, 0.5)


@pytest.mark.parametrize(
    ("mends", "why"),
    [([], "no finding proposes"), ([Mend("move to train", 1.0, (3,))], "no finding proposes")],
)
def test_nothing_to_mend_is_said(mends: list[Mend], why: str) -> None:
    points, codes = heaps(100)
    view = view_by(nearest_means, points, codes)
    outcome = if_mended(view, [finding(*mends)], {}, score_of(view))
    assert isinstance(outcome, NotApplicable) and why in outcome.why


def test_nobody_is_asked_only_for_this() -> None:
    points, codes = heaps(100)
    view = view_by(nearest_means, points, codes)
    outcome = if_mended(view, [finding(Mend("drop row", 1.0, (3,)))], {}, None)
    assert isinstance(outcome, NotApplicable) and "no check that was asked had models answer" in outcome.why


def test_rows_without_answers_have_no_score() -> None:
    view = view_of(pl.DataFrame({"a": np.arange(60.0)}), None)
    outcome = if_mended(view, [], {}, None)
    assert isinstance(outcome, NotApplicable) and "no answers" in outcome.why
