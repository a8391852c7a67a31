"""What `train` has to say: for a person, for a program."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from leadline.artifact.model import Model, load
from leadline.artifact.predictions import Predictions
from leadline.evaluate.abstain import refusing_in_words
from leadline.evaluate.intervals import Interval
from leadline.findings import Finding
from leadline.plan.plan import Skipped
from leadline.reports import Block, Chart, Command, Grid, Heading, Paragraph, Report
from leadline.reports.drawings import Mark, Marks, Tone
from leadline.tasks.metrics import Metric
from leadline.tasks.monotone import Direction
from leadline.workflow.failing import TRIVIAL
from leadline.workflow.looking import CloseLook, class_chart, how_sure
from leadline.workflow.sentences import Sentences

_FEW_FOREIGN = 2  # learners made for other data whose reasons are worth a line


@dataclass(frozen=True)
class LeaderboardRow:
    """One line of the leaderboard; the score is on the folds that chose, the same for every learner."""

    learner: str
    family: str
    score: float
    low: float
    high: float
    fit_seconds: float
    latency_ms: float
    size_mb: float

    def to_json(self) -> dict[str, Any]:
        """A score that the rows cannot tell is null."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Price:
    """What one row takes to be answered, from its columns on, and what is kept for it."""

    latency_ms: float
    size_mb: float

    def in_words(self) -> tuple[str, str]:
        return f"{self.latency_ms:.1f} ms", f"{self.size_mb:.1f} MB"


@dataclass(frozen=True)
class TrainReport(Report):
    name: str
    task: str
    task_why: str
    target: str
    target_why: str
    columns: Sequence[tuple[str, str, str]]  # name, type, why
    remarks: Sequence[str]
    metric: str
    score: Interval
    baseline: float
    learner: str
    learner_title: str
    choice_why: str
    judged: str
    leaderboard: Sequence[LeaderboardRow]
    price: Price  # of the saved model, with what lies beside the winner
    skipped: Sequence[Skipped]
    findings: Sequence[Finding]
    splits: dict[str, int]
    artifact: Path
    run: Path
    seconds: float
    peak_memory_mb: float
    example: Sequence[str]  # words of the command line after the model: data to predict
    classes: Mapping[str, int]  # rows of each, the most frequent first
    look: CloseLook
    monotone: Mapping[str, Direction] = field(default_factory=dict)  # which way answers go as a column grows, where that was asked
    promises: Sequence[str] = ()  # the same in sentences
    abstain: float | None = None  # share of rows that it promises to answer
    refused: Interval | None = None  # share of the judging rows that got no answer
    sentences: Sentences | None = None  # of a model that can be read

    @cached_property
    def model(self) -> Model:
        """The saved model, loaded back."""
        return load(self.artifact)

    @property
    def _metric(self) -> Metric:
        return self.look.metric

    def predict(self, source: Any) -> Predictions:
        """What the saved model answers: see `Model.predict`."""
        return self.model.predict(source)

    def to_json(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "metric": self.metric,
            "score": self.score.to_json(),
            "baseline": {"value": self.baseline},
            "learner": self.learner,
            "leaderboard": [row.to_json() for row in self.leaderboard],
            "price": asdict(self.price),
            "skipped": [asdict(s) for s in self.skipped],
            "rules": list(self.sentences.lines) if self.sentences else [],
            "monotone": dict(self.monotone),
            "refused": None if self.refused is None else self.refused.to_json(),
            "decision": self.look.decision,
            "costs": self.look.costs,
            "findings": [finding.to_json() for finding in self.findings],
            "splits": self.splits,
            "artifact": str(self.artifact),
            "run": str(self.run),
            "seconds": round(self.seconds, 3),
            "peak_memory_mb": round(self.peak_memory_mb, 1),
        }

    def blocks(self) -> list[Block]:
        return [*self._what_was_read(), *self._how_good(), *self._leaderboard(), *self._worth_knowing(), *self._next()]

    def page(self) -> list[Block]:
        """From the answer to where it comes from."""
        count = len(self.columns)
        told = f'It answers "{self.target}" from {f"{count} columns" if count > 1 else self.columns[0][0]}, by {self.learner_title}.'
        without = "Answering without looking would reach {}."
        tried, *told_of_them = self._leaderboard()
        return [
            Paragraph(told), *how_sure(self._metric, self.score, self.baseline, without), Paragraph(f"Judged by: {self.judged}.", "quiet"),
            *self._promising(), *self._refusing(), *self.look.deciding(), tried, self._scores_beside(), *told_of_them, *self.look.blocks(),
            *self._worth_knowing(), *self._what_was_read(), *self._how_many_rows(), *self._next(),
        ]  # fmt: skip

    def _how_many_rows(self) -> list[Block]:
        splits = ", ".join(f"{rows:,} {name}" for name, rows in self.splits.items() if rows)
        blocks: list[Block] = [Paragraph(f"Rows: {splits}.")]
        return [*blocks, class_chart(self.classes)] if self.classes else blocks

    def _what_was_read(self) -> list[Block]:
        columns = [(name, kind, why) for name, kind, why in self.columns[:12]]
        blocks: list[Block] = [Heading(f"What we read: {self.name}")]
        blocks.append(Paragraph(f'The target is "{self.target}": {self.target_why}. The task is to {self.task}: {self.task_why}.'))
        blocks.append(Grid(("column", "type", "why"), columns))
        if len(self.columns) > 12:
            blocks.append(Paragraph(f"and {len(self.columns) - 12} more columns", "quiet"))
        return [*blocks, *(Paragraph(remark, "quiet") for remark in self.remarks)]

    def _how_good(self) -> list[Block]:
        metric = self._metric
        low, high = metric.shown(self.score.low), metric.shown(self.score.high)
        return [
            Heading("How good it is"),
            Paragraph(f"{metric.shown(self.score.value)} {metric.title}", "good"),
            Paragraph(f"On other rows like these expect between {low} and {high} (95% interval, judged on {self.score.n:,} rows)."),
            Paragraph(f"Answering without looking would reach {metric.shown(self.baseline)}. Judged by: {self.judged}.", "quiet"),
            *self._promising(),
            *self._refusing(),
            *self.look.deciding(),
        ]

    def _promising(self) -> list[Block]:
        return [Paragraph(sentence) for sentence in self.promises]

    def _refusing(self) -> list[Block]:
        return [] if self.refused is None or self.abstain is None else [Paragraph(refusing_in_words(self.refused, self.abstain))]

    def _leaderboard(self) -> list[Block]:
        rows = [self._leaderboard_row(row) for row in self.leaderboard]
        marked = next((i for i, row in enumerate(self.leaderboard) if row.learner == self.learner), None)
        head = ("learner", "family", self.metric, "95% interval", "fit", "answer", "size")
        latency, size = self.price.in_words()
        whole = f"Prices are of the answers alone. The saved model, with what tells how familiar a row is, takes {latency} and {size}."
        blocks: list[Block] = [Heading("Who was tried"), Grid(head, rows, marked), Paragraph(whole, "quiet")]
        blocks.append(Paragraph(f"Chosen: {self.learner_title}. {self.choice_why[:1].upper()}{self.choice_why[1:]}."))
        blocks += [Paragraph(line, "quiet") for line in _left_out(self.skipped)]
        return blocks if self.sentences is None else [*blocks, *self.sentences.blocks(self.leaderboard, self.learner, self._metric)]

    def _scores_beside(self) -> Chart:
        """The trivial baseline is drawn beside the score: here it would press all others together."""
        shown, rows = self._metric.shown, [row for row in self.leaderboard if row.learner != TRIVIAL] or self.leaderboard
        tones: list[Tone] = ["good" if row.learner == self.learner else "accent" for row in rows]
        marks = [Mark(row.learner, row.score, shown(row.score), row.low, row.high, tone) for row, tone in zip(rows, tones, strict=True)]
        says = "All answered the same rows, which none of them had learned from. Where lines overlap much, both may well be equally good."
        return Chart("Scores with 95% intervals", Marks(marks, self._metric.title, self._metric.percent), says)

    def _leaderboard_row(self, row: LeaderboardRow) -> tuple[str, ...]:
        score, low, high = (self._metric.shown(value) for value in (row.score, row.low, row.high))
        prices = Price(row.latency_ms, row.size_mb).in_words()
        return (row.learner, row.family, score, f"{low} to {high}", f"{row.fit_seconds:.1f} s", *prices)

    def _worth_knowing(self) -> list[Block]:
        if not self.findings:
            return []
        lines = [Paragraph(finding.in_words, "warning") for finding in self.findings]
        return [Heading("Worth knowing"), *lines]

    def _about_example(self) -> str:
        if ":***@" in self.example[0]:
            return "with the password for ***, or with it in PGPASSWORD"
        return "or any file of your own of this kind"

    def _next(self) -> list[Block]:
        return [
            Heading("What to type next"),
            Command(shlex.join(["leadline", "predict", str(self.artifact), *self.example]), self._about_example()),
            Paragraph(
                f"The model is the folder {self.artifact}; how it came about is in {self.run}. {self.seconds:.0f} s in all.", "quiet"
            ),
        ]


def _left_out(skipped: Sequence[Skipped]) -> Iterator[str]:
    """Who else could have been tried and why not; of several who are made for other data the names are enough."""
    foreign = [one for one in skipped if one.foreign]
    told = [one for one in skipped if not one.foreign or len(foreign) <= _FEW_FOREIGN]
    reasons = dict[str, list[str]]()
    for one in told:
        reasons.setdefault(one.why, []).append(one.learner)
    yield from (f"Left out: {', '.join(names)}; {why}." for why, names in reasons.items())
    if len(foreign) > _FEW_FOREIGN:
        yield f"Made for other data: {', '.join(one.learner for one in foreign)} (--json says why)."
