"""Which learner is kept: the best score counts unless it is a tie, and then what it costs."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.evaluate.choose import Candidate, Choice, choose
from leadline.tasks.classify import Classify

ROWS = 2_000
TRUTH = np.arange(ROWS) % 2
ACCURACY = Classify.metrics["accuracy"]


def right_on(rows: np.ndarray) -> np.ndarray:
    """Answers (n, 2) that are right on these rows."""
    said = np.where(np.isin(np.arange(ROWS), rows), TRUTH, 1 - TRUTH)
    return np.stack([said == 0, said == 1], axis=1).astype(float)


def candidate(name: str, share: float, cost: float, *, shift: int = 0, blend: bool = False) -> Candidate:
    """Right on so many of the rows, from row `shift` on."""
    rows = (np.arange(round(share * ROWS)) + shift) % ROWS
    return Candidate(name, right_on(rows), cost, blend)


def chosen(*candidates: Candidate) -> Choice:
    return choose(candidates, TRUTH, ACCURACY, "baseline")


def test_a_clearly_better_score_wins_whatever_it_costs() -> None:
    choice = chosen(candidate("cheap", 0.80, 1e-4), candidate("good", 0.90, 1.0))
    assert choice.learner == "good" and choice.why == "good scores best, clearly above the others"


def test_in_a_tie_the_much_cheaper_one_wins_and_that_is_said() -> None:
    choice = chosen(candidate("cheap", 0.899, 2e-3), candidate("dear", 0.90, 2e-2, shift=100))
    assert choice.learner == "cheap" and choice.best == "dear" and choice.ties == ("cheap",)
    assert "cannot be told from the best score (dear) and costs less" in choice.why


@pytest.mark.parametrize(("mine", "other"), [(9e-4, 1e-6), (0.02, 0.01)], ids=["both under a millisecond", "within three times"])
def test_in_a_tie_of_equal_costs_the_better_score_wins(mine: float, other: float) -> None:
    choice = chosen(candidate("better", 0.90, mine), candidate("cheaper", 0.899, other, shift=100))
    assert choice.learner == "better" and "cheaper cannot be told from it, at about the same cost or more" in choice.why


def test_a_blend_wins_only_where_it_is_significantly_better_than_the_best_alone() -> None:
    alone, other = candidate("alone", 0.90, 1e-4), candidate("other", 0.85, 1e-4, shift=300)
    tie = chosen(alone, other, candidate("blend", 0.905, 1e-4, shift=50, blend=True))
    assert tie.learner == "alone" and tie.why == "alone scores best alone; blend scores higher, but not significantly"
    choice = chosen(alone, other, candidate("blend", 0.95, 1e-3, blend=True))
    assert choice.learner == "blend" and choice.differences["alone"].low > 0


def test_a_tie_with_the_trivial_baseline_is_no_reason_to_take_it() -> None:
    assert chosen(candidate("baseline", 0.50, 0.0), candidate("model", 0.505, 1.0, shift=10)).learner == "model"
