"""What cleaning is worth: an interval that holds the truth, never flattered by the model's own proposals, or why it is not said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import polars as pl
import pytest

from leadline.check.contract import Checked, NotApplicable
from leadline.check.label_error import LabelError
from leadline.check.mending import Mended, if_mended
from leadline.check.view import Learn, View
from leadline.evaluate.intervals import Interval, score_interval
from leadline.findings import Finding, Mend, Severity
from leadline.tasks.contract import Target
from tests.check_views import nearest_means, nearest_rows, out_of_fold, view_of

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


@dataclass
class Truth:
    """Who learns, and how often each of its models answers thousands of other rows rightly: (judges, whether it was mended) -> share."""

    learner: Learner
    points: np.ndarray
    given: np.ndarray
    classes: int = 3
    apart: float = 2.5
    shares: dict[tuple[bytes, bool], float] = field(default_factory=dict)

    def view(self) -> View:
        points, truth = heaps(4_000, self.classes, self.apart, seed=99)
        others = np.arange(len(self.given), len(self.given) + 4_000)
        learn = self.learner(np.concatenate([self.points, points]), np.concatenate([self.given, truth]))

        def noted(teach: np.ndarray, judge: np.ndarray, target: Target | None = None) -> np.ndarray:
            said = learn(teach, np.concatenate([judge, others]), target)
            self.shares[judge.tobytes(), target is not None] = float((said[len(judge) :].argmax(axis=1) == truth).mean())
            return said[: len(judge)]

        return view_by(lambda *_: noted, self.points, self.given)

    def of(self, mended: bool) -> float:
        """The mean over the turns."""
        turns = {judge for judge, was_mended in self.shares if was_mended}
        return float(np.mean([share for (judge, was_mended), share in self.shares.items() if judge in turns and was_mended == mended]))


def test_wrong_labels_that_a_model_repeats_are_worth_mending() -> None:
    points, codes = heaps(900, apart=4.0, seed=1)
    truth = Truth(partial(nearest_rows, number=3), points, spoiled(codes, 0.2, 1), apart=4.0)
    view = truth.view()
    mended, gain = asked(view), truth.of(True) - truth.of(False)
    assert mended.learning.low > 0 and mended.learning.low <= gain <= mended.learning.high
    assert mended.score.low <= truth.of(True) <= mended.score.high and mended.right_labels
    assert view.labels is not None and "The model itself would answer better" in mended.in_words(view.labels.metric, 0.7)


def test_a_model_that_wrong_labels_do_not_harm_gains_nothing_but_its_score_does() -> None:
    points, codes = heaps(900)
    truth = Truth(nearest_means, points, spoiled(codes, 0.2, 0))
    view = truth.view()
    mended, gain = asked(view), truth.of(True) - truth.of(False)
    assert abs(gain) < 0.01 and mended.learning.low <= gain <= mended.learning.high
    assert score_of(view).high < 0.8 and mended.score.low <= truth.of(True) <= mended.score.high
    assert view.labels is not None and "cannot be told" in mended.in_words(view.labels.metric, score_of(view).value)


@pytest.mark.parametrize("seed", range(4))
def test_labels_by_lot_are_not_flattered_by_what_a_model_says_they_should_be(seed: int) -> None:
    """Whoever judged by the proposed labels would find nearly all answers right."""
    points = np.random.default_rng(seed).normal(size=(600, 5))
    view = view_by(nearest_rows, points, np.random.default_rng([seed, 2]).integers(0, 2, 600))
    checked = LabelError().run(view)
    assert isinstance(checked, Checked)
    outcome = if_mended(view, checked.findings, {"label-error": checked}, score_of(view))
    if isinstance(outcome, Mended):
        assert outcome.learning.low < 0.03 and outcome.score.low < 0.56


def test_the_intervals_hold_what_is_true() -> None:
    """Draws of rows and noise, for a learner that wrong labels harm. Classes that overlap more look like noise (docs/checks/mended.md)."""
    learning, score = 0, 0
    for seed in range(12):
        points, codes = heaps(400, apart=4.0, seed=seed)
        truth = Truth(nearest_rows, points, spoiled(codes, 0.15, seed), apart=4.0)
        mended = asked(truth.view())
        learning += mended.learning.low <= truth.of(True) - truth.of(False) <= mended.learning.high
        score += mended.score.low <= truth.of(True) <= mended.score.high
    assert learning >= 10 and score >= 10


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
