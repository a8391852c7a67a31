"""A contest in which several learners take part together, and only win where that is worth it."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.data.examples import Examples
from leadline.evaluate.folds import make_folds
from leadline.learners.contract import Sizes
from leadline.parts import COLUMN, Graph
from leadline.plan.plan import Fitting
from leadline.registry import LEARNERS, PARTS
from leadline.tasks.classify import Classify
from leadline.workflow.blending import _halves, title_of
from leadline.workflow.contest import Contest, Rules
from leadline.workflow.failing import FAILURES
from leadline.workflow.fitting import hold_contest, refit_winner

ROWS, COLUMNS = 3_000, 12
TYPES = {f"x{number}": "number" for number in range(COLUMNS)}


def examples(odd: float) -> Examples:
    """What decides is a weighted sum, which trees find hard, and `odd` times a chequered pattern, which a sum cannot say."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, COLUMNS))
    logits = 1.5 * x[:, 2:].sum(axis=1) / 3 + odd * np.sign(x[:, 0] * x[:, 1])
    target = (rng.random(ROWS) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    return Examples({COLUMN + name: x[:, place] for place, name in enumerate(TYPES)}, TYPES, target, 2)


def rules() -> Rules:
    task = Classify()
    return Rules(task, task.metrics["log_loss"], 0, lambda: None)


def contest(rows: Examples) -> Contest:
    task, fittings = Classify(), []
    for name in ("baseline", "linear", "trees"):
        work = LEARNERS.get(name)().work(Sizes(ROWS, TYPES, 2), task, 1)
        fittings.append(Fitting(name, 1, work, 3, 1.0, 1e-4))
    return hold_contest(rows, make_folds(rows, task, 2, 0), fittings, rules())


@pytest.fixture(scope="module")
def won() -> tuple[Contest, Graph]:
    rows = examples(odd=1.05)
    graph, after = refit_winner(rows, contest(rows), rules())
    return after, graph


def test_a_blend_of_learners_that_know_different_things_wins(won: tuple[Contest, Graph]) -> None:
    found, _ = won
    assert found.choice.learner == "blend"
    assert all(difference.low > 0 for difference in found.choice.differences.values())
    assert title_of(found.winner.fitting).startswith("weighted mean of several learners (linear 0.")


def test_its_graph_can_be_written_down_and_answers_the_rows_it_learned_from(won: tuple[Contest, Graph]) -> None:
    found, graph = won
    values = examples(odd=1.05).values
    assert {type(node.part).kind for node in graph.nodes} <= set(PARTS)
    assert len({node.name for node in graph.nodes}) == len(graph.nodes)
    accuracy, answers = Classify.metrics["accuracy"], Classify().answers(graph.run(values))
    assert accuracy.value(answers, examples(odd=1.05).target) > accuracy.value(Classify().answers(found.winner.raw), found.truth)


def test_groups_stay_in_one_half() -> None:
    groups = np.random.default_rng(0).integers(0, 40, 500)
    halves = _halves(500, groups, 0)
    assert all(len(set(halves[groups == group])) == 1 for group in range(40)) and 0.3 < halves.mean() < 0.7


def test_where_one_learner_says_it_all_it_stays_alone() -> None:
    assert contest(examples(odd=0.0)).choice.learner == "linear"


def test_where_a_member_fails_on_all_rows_another_learner_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = examples(odd=1.05)
    held = contest(rows)

    def fail(*arguments: object) -> Graph:
        raise MemoryError

    monkeypatch.setattr(LEARNERS.get("linear"), "fit", fail)
    assert issubclass(MemoryError, FAILURES)
    _, after = refit_winner(rows, held, rules())
    assert after.choice.learner == "trees" and [one.learner for one in after.failed] == ["blend", "linear"]
