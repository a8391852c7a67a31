"""Several learners together: weighted by rows that none of them learned from, and only where that helps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.data.examples import Examples
from leadline.heads.blend import WeightedSum
from leadline.learners.blend import Answered, Blend, Weights, blended_work, together
from leadline.learners.contract import Sizes, Work
from leadline.learners.linear import Linear
from leadline.learners.trees import Trees
from leadline.parts import COLUMN
from leadline.registry import TASKS
from leadline.tasks.classify import Classify
from leadline.tasks.regress import Regress

ROWS = 4_000
TYPES = {"x": "number", "y": "number"}


def two_halves(seed: int = 0) -> Answered:
    """Two learners that each know one of two things that decide, and one that knows nothing."""
    rng = np.random.default_rng(seed)
    first, second, noise = rng.normal(size=(3, ROWS, 1))
    truth = (rng.random(ROWS) < 1 / (1 + np.exp(-2 * (first + second)[:, 0]))).astype(np.int64)
    return Answered({"first": 1.2 * first, "second": 1.2 * second, "noise": noise}, truth)


def table(target: np.ndarray, num_classes: int) -> Examples:
    rng = np.random.default_rng(1)
    return Examples({COLUMN + "x": rng.normal(size=len(target)), COLUMN + "y": rng.normal(size=len(target))}, TYPES, target, num_classes)


def test_learners_that_know_different_things_are_put_together_and_one_that_knows_nothing_is_left_out() -> None:
    answered, task, blend = two_halves(), Classify(), Blend()
    weights = blend.weigh(answered, task, 2)
    assert weights is not None and set(weights.of) == {"first", "second"}
    raw = blend.cross_weighed(answered, task, 2, np.arange(ROWS) % 2)
    accuracy = task.metrics["accuracy"]
    alone = max(accuracy.value(task.answers(one), answered.truth) for one in answered.raws.values())
    assert accuracy.value(task.answers(raw), answered.truth) > alone + 0.05


def test_where_one_learner_knows_it_all_there_is_no_blend() -> None:
    answered = two_halves()
    both = answered.raws["first"] + answered.raws["second"]
    assert Blend().weigh(Answered({**answered.raws, "both": both}, answered.truth), Classify(), 2) is None


def test_a_learner_that_is_right_the_other_way_round_is_not_weighted_below_zero() -> None:
    answered = two_halves()
    weights = Blend().weigh(Answered({**answered.raws, "noise": -answered.raws["first"]}, answered.truth), Classify(), 2)
    assert weights is not None and set(weights.of) == {"first", "second"} and min(weights.of.values()) > 0


def test_numbers_keep_their_place() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(1_000, 5, ROWS)
    raws = {name: (truth + rng.normal(0, 3, ROWS))[:, None] for name in ("a", "b")}
    weights = Blend().weigh(Answered(raws, truth), Regress(), 0)
    assert weights is not None
    error = weights.applied(raws)[:, 0] - truth
    assert abs(error.mean()) < 0.1 and error.std() < 0.8 * 3


@settings(max_examples=20)
@given(st.integers(0, 1_000), st.sampled_from(["classify", "regress", "tag"]))
def test_half_of_the_rows_never_weigh_themselves(seed: int, task_name: str) -> None:
    """Changing the truth of a row changes nothing about how this row is answered."""
    rng = np.random.default_rng(seed)
    task = TASKS.get(task_name)()
    num_classes, width = {"classify": (3, 3), "regress": (0, 1), "tag": (2, 2)}[task_name]
    truth = {"classify": rng.integers(0, 3, 80), "regress": rng.normal(size=80), "tag": rng.integers(0, 2, (80, 2))}[task_name]
    answered = Answered({name: rng.normal(size=(80, width)) for name in "ab"}, truth)
    other = truth.copy()
    other[7] = 1 - other[7] if task_name == "tag" else (other[7] + 1) % 3
    halves = rng.permutation(80) % 2
    first, second = (Blend().cross_weighed(Answered(answered.raws, one), task, num_classes, halves)[7] for one in (truth, other))
    assert np.array_equal(first, second) and np.isfinite(first).all()


def test_the_graph_answers_as_its_members_weighted() -> None:
    rng = np.random.default_rng(0)
    examples, task, blend = table(rng.integers(0, 2, 300), 2), Classify(), Blend()
    sizes = Sizes(300, TYPES, 2)
    works = {learner.name: learner.work(sizes, task, 0) for learner in (Linear(), Trees())}
    members = {"linear": Linear().fit(examples, task, works["linear"], 0), "trees": Trees().fit(examples, task, works["trees"], 0)}
    raws = {name: graph.run(examples.values) for name, graph in members.items()}
    weights = Weights({"linear": 0.25, "trees": 0.75}, 0.0)
    work = blended_work(works, weights)
    written = Work(work.steps, work.peak_bytes, json.loads(json.dumps(work.settings)))
    found = blend.fit(examples, task, written, 0).run(examples.values)
    assert np.allclose(found, weights.applied(raws))
    assert np.array_equal(found, together(members, weights).run(examples.values))


def test_weights_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        WeightedSum([float("nan")])
