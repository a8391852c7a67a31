"""A close look at the rows that judged a model: where it is right, whether it knows how sure it may be, and its worst mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from leadline.columns.number import show
from leadline.data.table import Data
from leadline.evaluate.calibration import expected_calibration_error
from leadline.evaluate.intervals import Interval
from leadline.evaluate.per_class import PerClass, per_class
from leadline.evaluate.reliability import reliability
from leadline.reports import Block, Card, Chart, Gallery, Grid, Heading, Paragraph
from leadline.reports.drawings import Cloud, HeatMap, Mark, Marks, Promise, Reliability
from leadline.tasks.contract import Task
from leadline.tasks.metrics import Metric

_MOST_IN_A_MAP = 12  # classes; of more, the pairs that are confused most are listed
_PAIRS = 12
_CLASSES = 20
_MOST_STEPS = 5  # by which an answer misses the truth; farther ones are drawn together
_MISTAKES = 12
_FACTS = 8  # values of a row that a card has room for
_CHARACTERS = 400  # of one such value
_DOTS = 20_000  # pairs of numbers in a drawing; of more, evenly spaced ones


def how_sure(metric: Metric, score: Interval, baseline: float, without: str) -> list[Block]:
    """The score in a sentence, and beside the score of not looking; `without` says what that is and has a place for it."""
    value, low, high, trivial = (metric.shown(number) for number in (score.value, score.low, score.high, baseline))
    marks = [
        Mark("this model", score.value, value, score.low, score.high, "good"),
        Mark("without looking", baseline, trivial, tone="quiet"),
    ]
    better = "the further right the better" if metric.higher_is_better else "the further left the better"
    says = f"The line is where the score lies in 19 of 20 such trials: between {low} and {high}. {without.format(trivial)}"
    expected = f"On other rows like these expect between {low} and {high} (95% interval, judged on {score.n:,} rows)."
    return [
        Paragraph(f"{value} {metric.title}", "strong"), Paragraph(expected),
        Chart("How sure that is", Marks(marks, f"{metric.title}; {better}", metric.percent), says),
    ]  # fmt: skip


def class_chart(classes: Mapping[str, int]) -> Chart:
    """How many rows each class has, the most frequent first."""
    names = list(classes)
    kept = [*names[: _CLASSES // 2], *names[-_CLASSES // 2 :]] if len(names) > _CLASSES else names
    marks = [Mark(name, classes[name], f"{classes[name]:,}") for name in kept]
    more = len(names) - len(kept)
    says = f"{len(names):,} classes, the most frequent first." + (
        f" {more:,} between the upper and the lower half are left out." if more else ""
    )
    return Chart("Rows of each class", Marks(marks, "rows", bars=True), says)


@dataclass(frozen=True)
class CloseLook:
    """`answers` and `truth` are those of the rows of `data`, as the task has them. `served` decides as the model does, where the rows were
    judged by others made alike.
    """

    task: Task
    metric: Metric
    classes: tuple[str, ...]
    data: Data
    answers: np.ndarray
    truth: np.ndarray
    served: Task | None = None

    @cached_property
    def per_class(self) -> list[PerClass]:
        return per_class(self.task, self.answers, self.truth, self.classes)

    @cached_property
    def confusion(self) -> np.ndarray:
        return self.task.confusion(self.answers, self.truth, len(self.classes))

    @cached_property
    def calibration_error(self) -> float | None:
        """How far off it is on average when it says how sure it is; None where it says nothing of it."""
        stated = self.task.certainty(self.answers, self.truth)
        error = float("nan") if stated is None else expected_calibration_error(*stated)
        return error if np.isfinite(error) else None

    @property
    def baseline(self) -> float:
        """The score of one answer for all: the mean of these rows' numbers, or how often each of their classes comes."""
        return self.task.trivial_score(self.metric.name, self.truth, self.truth, len(self.classes))

    @property
    def costs(self) -> dict[str, Any] | None:
        """What 1,000 rows cost by different ways to decide, where mistakes have costs."""
        return self.task.cost_comparison(self.answers, self.truth)

    @property
    def decision(self) -> dict[str, Any] | None:
        """How the model decides; None: the likeliest."""
        return (self.served or self.task).decision

    def deciding(self) -> list[Block]:
        """How the model decides, where that does not go without saying, what it costs, where mistakes have costs, and how far off it is,
        where classes are in order.
        """
        decides = (self.served or self.task).decides_in_words(self.classes)
        said = [*([] if decides is None else [decides]), *self._costing(), *self._near()]
        return [Paragraph(" ".join(said))] if said else []

    @cached_property
    def _steps_off(self) -> np.ndarray | None:
        return self.task.steps_off(self.answers, self.truth)

    def _near(self) -> Iterator[str]:
        if self._steps_off is not None:
            apart = np.abs(self._steps_off)
            yield f"Of its answers {(apart == 0).mean():.1%} are right, and {(apart <= 1).mean():.1%} are off by one class at most."

    def advice(self) -> list[str]:
        """What else could be asked for, going by how answers are wrong."""
        return self.task.advice(self.metric.name, self.answers, self.truth)

    def _costing(self) -> Iterator[str]:
        costs = self.costs
        if costs is not None:
            positive, each = self.classes[1], {name: f"{cost:,.4g}" for name, cost in costs["per_1000"].items()}
            others = f"always {positive} {each['always']}, never {each['never']}, {positive} from 50% on {each['half']}"
            yield f"1,000 rows cost {each['model']}; by other ways to decide: {others}."

    def blocks(self) -> list[Block]:
        charts = [*self._map(), *self._steps(), *self._honesty(), *self._numbers()]
        heading = [Heading("Where it is right and where it is not")] if charts or self.per_class else []
        return [*heading, *charts, *self._pairs(), *self._classes(), *self._mistakes()]

    def _map(self) -> Iterator[Block]:
        if 0 < len(self.confusion) <= _MOST_IN_A_MAP:
            says = "Each line holds the rows of one class, each column what was answered; on the diagonal the answer is right."
            yield Chart("Truth and answer", HeatMap(self.classes, self.confusion.tolist(), "in truth", "answered"), says)

    def _steps(self) -> Iterator[Block]:
        if self._steps_off is None:
            return
        within = np.clip(self._steps_off, -_MOST_STEPS, _MOST_STEPS)
        shares = {step: float((within == step).mean()) for step in range(int(within.min()), int(within.max()) + 1)}
        marks = [Mark(_told_steps(step), share, f"{share:.1%}") for step, share in shares.items()]
        yield Chart("How far off", Marks(marks, "of the answers", percent=True, bars=True), "By how many classes answers miss the truth.")

    def _pairs(self) -> Iterator[Block]:
        """Of many classes, those taken for each other most often."""
        if len(self.confusion) <= _MOST_IN_A_MAP:
            return
        wrong = self.confusion.copy()
        np.fill_diagonal(wrong, 0)
        worst = [divmod(int(place), len(wrong)) for place in np.argsort(-wrong, axis=None, kind="stable")[:_PAIRS]]
        there = self.confusion.sum(axis=1)
        rows = [
            (self.classes[true], self.classes[said], f"{wrong[true, said]:,} of {there[true]:,}")
            for true, said in worst
            if wrong[true, said]
        ]
        if rows:
            yield Heading("Taken for each other most often")
            yield Grid(("in truth", "answered", "rows"), rows)

    def _honesty(self) -> Iterator[Block]:
        stated = self.task.certainty(self.answers, self.truth)
        if stated is None or self.calibration_error is None:
            return
        promises = [Promise(b.said, b.right, b.low, b.high, b.count) for b in reliability(*stated)]
        off = f"It is off by {self.calibration_error:.1%} on average; below, how many answers there were"
        says = f"On the dashed line it is right as often as it says. {off}."
        yield Chart("Does it know how sure it may be?", Reliability(promises), says)

    def _numbers(self) -> Iterator[Block]:
        if self.classes:
            return
        picked = slice(None, None, -(-len(self.truth) // _DOTS))
        truth, answers = self.truth[picked].tolist(), self.answers[picked].tolist()
        wrong = self.answers - self.truth
        middle, most = (_rounded(float(np.quantile(np.abs(wrong), share))) for share in (0.5, 0.9))
        says = (
            f"On the dashed line the answer is right. Half of the answers are off by less than {middle}, nine in ten by less than {most}."
        )
        yield Chart("Truth and answer", Cloud(truth, answers, "in truth", "answered", "diagonal"), says)
        says = "Above the dashed line the answer was too high. A slope or a curve would mean that something is left to learn."
        yield Chart("How far off", Cloud(answers, wrong[picked].tolist(), "answered", "too high by", "zero"), says)

    def _classes(self) -> Iterator[Block]:
        if not self.per_class:
            return
        worst = sorted(self.per_class, key=lambda c: c.recall)[:_CLASSES]
        marks = [Mark(c.name, c.recall, f"{c.recall:.1%} of {c.n:,}", c.recall_low, c.recall_high) for c in worst]
        more = len(self.per_class) - len(worst)
        says = "How many rows of each class are found, with 95% intervals." + (f" {more:,} easier classes are left out." if more else "")
        yield Chart("Class by class, hardest first", Marks(marks, "found", percent=True, bars=True), says)

    def _mistakes(self) -> list[Block]:
        wrongness = self.task.wrongness(self.answers, self.truth)
        worst = np.argsort(-wrongness, kind="stable")[:_MISTAKES]
        rows = [row for row in worst.tolist() if wrongness[row] > 0]
        if not rows:
            return [Heading("Its worst mistakes"), Paragraph("There are none: every answer was right.", "good")]
        which = "surest and wrong" if self.classes else "farthest off"
        said = f"Where it was {which}. Often it is the given answer that is wrong, or something that nobody could tell."
        return [Heading("Its worst mistakes"), Paragraph(said, "quiet"), Gallery([self._card(row) for row in rows])]

    def _card(self, row: int) -> Card:
        task = self.task.of_row(row)
        prediction = {"low": None, "high": None, **task.to_json(self.answers[row], self.classes)}
        answer, sure = task.in_words(prediction)
        facts = [(_cut(name), _cut(value)) for name, value in self.data.tell(row).items()]
        more = len(facts) - _FACTS
        facts = [*facts[:_FACTS], ("…", f"and {more:,} more")] if more > 0 else facts
        lines = [f"in truth: {self.task.told(self.truth[row], self.classes)}", *([f"how sure: {sure}"] if sure else [])]
        return Card(f"said: {answer}", [*lines, _end_of(self.data.source(row))], facts, partial(self.data.thumbnail, row))


def _cut(text: str) -> str:
    """Any cell may hold anything."""
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 1] + "…"


def _told_steps(step: int) -> str:
    if step == 0:
        return "right"
    more = " or more" if abs(step) == _MOST_STEPS else ""
    return f"{abs(step)}{more} too {'high' if step > 0 else 'low'}"


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else show(value, 3)


def _end_of(source: str) -> str:
    """The last parts of a path, which tell one example from another."""
    *_, folder, name = ("", *source.replace("\\", "/").rsplit("/", 2)[-2:])
    return f"{folder}/{name}" if folder else name
