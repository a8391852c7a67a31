"""A model that can be read: the sentences of a learner whose last part can say itself in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leadline.parts import Graph, Readable
from leadline.reports import Block, Heading, Paragraph
from leadline.tasks.contract import Task
from leadline.workflow.fitting import calibrated

if TYPE_CHECKING:
    from leadline.tasks.metrics import Metric
    from leadline.workflow.learning import Learned
    from leadline.workflow.training_report import LeaderboardRow


@dataclass(frozen=True)
class Sentences:
    """What a learner says, the sentence for most rows first; `all_rows`: it is the saved model, else one that learned from a part."""

    learner: str
    lines: tuple[str, ...]
    all_rows: bool

    def blocks(self, board: Sequence[LeaderboardRow], winner: str, metric: Metric) -> list[Block]:
        """All that the winner says. Of another learner, what being able to read it would cost."""
        scores = {row.learner: metric.shown(row.score) for row in board}
        if self.all_rows:
            return [Heading("The model in words"), *(Paragraph(line) for line in self.lines)]
        told = f"{len(self.lines)} if-then rules that a person can read reach {scores[self.learner]}, where {winner} reaches"
        return [Paragraph(f"{told} {scores[winner]}; they are in report.json.", "quiet")] if winner in scores else []


def sentences_of(learned: Learned) -> Sentences | None:
    """Those of the saved model, else of any learner that was tried."""
    winner = learned.contest.winner
    graphs = [(winner, learned.graph, True), *((tried, calibrated(tried.graph, tried), False) for tried in learned.contest.results)]
    for tried, graph, all_rows in graphs:
        lines = in_sentences(graph, tried.task, learned.setup.target.classes)
        if lines:
            return Sentences(tried.learner, tuple(lines), all_rows)
    return None


def in_sentences(graph: Graph, task: Task, classes: tuple[str, ...]) -> list[str]:
    """What the graph says, in the classes' names; nothing where it cannot be said, or where more than a chain of parts follows."""
    for place, node in enumerate(graph.nodes):
        after = graph.nodes[place + 1 :]
        chained = all(next_node.inputs == (before.name,) for before, next_node in zip(graph.nodes[place:], after, strict=False))
        if isinstance(node.part, Readable) and chained:

            def in_words(raw: np.ndarray, name: str = node.name, after: tuple[Any, ...] = after) -> list[str]:
                answered = Graph(after).run({name: raw}) if after else raw
                return [_answer(task, answer, classes) for answer in task.answers(answered)]

            return node.part.sentences(in_words)
    return []


def _answer(task: Task, answer: Any, classes: tuple[str, ...]) -> str:
    """`yes (83.1%)`"""
    said, how_sure = task.in_words({**task.to_json(answer, classes), "low": None, "high": None})
    return f"{said} ({how_sure})" if how_sure else said
