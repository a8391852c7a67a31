"""A weighted sum with products of columns that act together: where that is what the data say, and only there."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadline.data.examples import Examples
from leadline.encoders.pairs import Pairs
from leadline.learners.contract import Sizes, Work
from leadline.learners.linear import Linear
from leadline.parts import Graph
from leadline.tasks.classify import Classify

ROWS = 1200
RNG = np.random.default_rng(0)
A, B, NOISE = RNG.normal(size=(3, ROWS))
COLOUR = pl.Series(RNG.choice(["red", "green"], ROWS))
TYPES = {"a": "number", "b": "number", "noise": "number", "colour": "category"}


def examples(logits: np.ndarray) -> Examples:
    values = {"column:a": A, "column:b": B, "column:noise": NOISE, "column:colour": COLOUR}
    target = (np.random.default_rng(1).random(len(logits)) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    return Examples(values, TYPES, target, 2)


def work(effort: int) -> Work:
    return Linear().work(Sizes(ROWS, TYPES, 2, {"colour": 2}), Classify(), effort)


def fitted(rows: Examples, effort: int) -> tuple[Graph, Work]:
    tuned = Linear().tuned(rows, Classify(), work(effort), 0)
    return Linear().fit(rows, Classify(), tuned, 0), tuned


def right(graph: Graph, logits: np.ndarray) -> float:
    raw = graph.run(examples(logits).values)[:, 0]
    return float(np.mean((raw > 0) == (logits > 0)))


def test_an_exclusive_or_is_learned_from_effort_1_on() -> None:
    logits = 4 * np.sign(A * B)
    assert right(fitted(examples(logits), 0)[0], logits) < 0.65
    graph, tuned = fitted(examples(logits), 1)
    assert tuned.settings["pairs"] and right(graph, logits) > 0.9


def test_a_category_can_turn_the_effect_of_a_number() -> None:
    logits = 3 * A * np.where((COLOUR == "red").to_numpy(), 1, -1)
    graph, _ = fitted(examples(logits), 1)
    (pairs,) = [node.part for node in graph.nodes if isinstance(node.part, Pairs)]
    assert right(graph, logits) > 0.9 and pairs.places.shape[0] == 2


def test_where_effects_add_up_there_are_none() -> None:
    graph, tuned = fitted(examples(2 * A + B), 1)
    assert tuned.settings["pairs"] == 0
    assert not any(isinstance(node.part, Pairs) for node in graph.nodes)


def test_they_are_priced() -> None:
    assert work(0).settings["pairs"] == 0 < work(1).settings["pairs"]
    one = Linear().work(Sizes(ROWS, {"a": "number"}, 2), Classify(), 1)
    assert one.settings["pairs"] == 0  # nothing to pair with
    assert Linear().work(Sizes(500, TYPES, 2), Classify(), 2).settings["pairs"] == 0  # too few rows to tell
    assert work(1).tuning_steps > 2 * work(0).tuning_steps


def test_what_is_far_from_the_middle_in_both_is_kept_within_bounds() -> None:
    part = Pairs(np.array([[0], [1]]), np.array([[1.0], [0.0]]))
    assert part.run(np.array([[3.0, 4.0], [1e9, -1e9]], np.float32)).tolist() == [[8.0], [-20.0]]
    with pytest.raises(ValueError, match="pairs"):
        Pairs(np.array([[0, 1]]), np.zeros((1, 2)))
