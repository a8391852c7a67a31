"""What a model knows of the limits of what it has learned: the parts beside its graph that tell how familiar an input is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadline.evaluate.familiarity import familiarity_of
from leadline.evaluate.intervals import Interval, wilson
from leadline.parts import Graph
from leadline.workflow.fitting import CALIBRATION
from leadline.workflow.learning import Learned


def with_familiarity(learned: Learned) -> Graph:
    """The learned graph with parts that tell familiarity, learned from the same rows."""
    winner, last = learned.contest.winner, learned.graph.nodes[-1]
    raw = last.part.run(winner.raw) if last.name == CALIBRATION else winner.raw
    beside = familiarity_of(learned.graph, learned.examples, raw, winner.rows, learned.setup.task, learned.plan.seed)
    return replace(learned.graph, beside=beside)


def share_refused(refused: np.ndarray) -> Interval:
    """Of rows (n,), with its 95 % interval."""
    count, n = float(refused.sum()), len(refused)
    return Interval(count / n, *wilson(count, n), n) if n else Interval(*(float("nan"),) * 3, 0)


def in_words(refused: Interval, promised: float) -> str:
    low, high = f"{refused.low:.1%}", f"{refused.high:.1%}"
    answered = f"It answers where it promises to be familiar with {promised:.0%} of rows like those of training"
    return f"{answered}: {refused.value:.1%} of {refused.n:,} rows got no answer ({low} to {high}) and are not in the scores."
