"""What a model knows of the limits of what it has learned: the parts beside its graph that tell how familiar an input is."""

from __future__ import annotations

from dataclasses import replace

from leadline.evaluate.familiarity import familiarity_of
from leadline.parts import Graph
from leadline.workflow.failing import TRIVIAL
from leadline.workflow.learning import Learned


def with_familiarity(learned: Learned) -> Graph:
    """The learned graph with parts that tell familiarity, learned from the same rows; without them where nobody had the time to learn."""
    if all(fitting.learner == TRIVIAL for fitting in learned.plan.fittings) and learned.setup.abstain is None:
        return learned.graph
    winner = learned.contest.winner
    beside = familiarity_of(learned.graph, learned.examples, winner.calibrated, winner.rows, learned.setup.task, learned.plan.seed)
    return replace(learned.graph, beside=beside)
