"""Where to decide: no other threshold would have a higher F1, and nobody has to be sure of himself to be right about it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score

from leadline.tasks.thresholds import best_power, f1_threshold, highest_f1, kappa_cuts

CHANCES = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.25, 0.5, 1.0, 5e-324])), min_size=1, max_size=30)


def f1_of(named: np.ndarray, there: np.ndarray) -> float:
    return float(2 * (named * there).sum() / max(named.sum() + there.sum(), 1e-300))


def brute_force(chances: np.ndarray, there: np.ndarray) -> float:
    """The highest F1 of naming the rows from any of these chances on; those without a chance are never named."""
    return max([0.0, *(f1_of(chances >= chance, there) for chance in chances if chance > 0)])


@given(CHANCES, st.integers(0, 10_000))
def test_no_other_threshold_has_a_higher_f1(chances: list[float], seed: int) -> None:
    ranked = np.array(chances)
    there = np.random.default_rng(seed).integers(0, 2, len(ranked))
    threshold = highest_f1(ranked, there)
    assert 0 < threshold <= 1
    assert f1_of(ranked >= threshold, there) == pytest.approx(brute_force(ranked, there))


@given(CHANCES)
def test_nor_where_only_the_chances_themselves_are_known(chances: list[float]) -> None:
    ranked = np.array(chances)
    threshold = highest_f1(ranked, ranked)
    assert f1_of(ranked >= threshold, ranked) == pytest.approx(brute_force(ranked, ranked), abs=1e-12)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.05, 3))
def test_the_threshold_is_half_of_the_f1_that_it_reaches(seed: int, rare: float) -> None:
    chances = np.random.default_rng(seed).beta(rare, 3, 20_000)
    threshold = highest_f1(chances, chances)
    assert threshold == pytest.approx(f1_of(chances >= threshold, chances) / 2, abs=0.005)


@given(CHANCES)
def test_it_is_searched_for_by_the_rows_and_by_the_chances(chances: list[float]) -> None:
    ranked = np.array(chances)
    there = (ranked > 0.3).astype(int)
    assert f1_threshold(ranked, there) == (highest_f1(ranked, there) + highest_f1(ranked, ranked)) / 2


def test_who_answers_all_alike_names_them_all() -> None:
    assert highest_f1(np.full(50, 0.04), np.full(50, 0.04)) == pytest.approx(0.02)
    assert highest_f1(np.zeros(3), np.zeros(3)) == 0.5


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_no_other_power_of_the_shares_has_a_higher_mean_f1(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = np.array([0.7, 0.2, 0.07, 0.03])
    truth = rng.choice(4, 80, p=shares)
    chances = rng.dirichlet(np.ones(4), 80) * shares
    score = {p: f1_score(truth, (chances * shares**-p).argmax(axis=1), average="macro") for p in np.arange(11) / 10}
    assert score[best_power(chances, truth, shares)] == pytest.approx(max(score.values()))


@settings(max_examples=25)
@given(st.integers(0, 1_000))
def test_balanced_accuracy_is_highest_where_chances_are_compared_with_shares(seed: int) -> None:
    """Of many rows whose chances are right, no other threshold than the share is clearly better."""
    rng = np.random.default_rng(seed)
    chances = rng.beta(0.3, 3, 20_000)
    truth = rng.random(20_000) < chances
    best = balanced_accuracy_score(truth, chances >= truth.mean())
    assert all(balanced_accuracy_score(truth, chances >= other) < best + 0.01 for other in (0.02, 0.05, 0.15, 0.3, 0.5))


@settings(max_examples=15)
@given(st.integers(0, 1_000), st.floats(0.4, 3))
def test_cut_so_that_answers_spread_as_the_truth_kappa_is_nearly_as_high_as_can_be(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    known = rng.normal(size=6_000)
    numbers, levels = known + noise * rng.normal(size=6_000), np.array([2.0, 3.0, 5.0, 6.0])
    truth = levels[np.searchsorted([-1.0, 0.2, 1.2], numbers)]
    expected = truth.mean() + (known - known.mean()) * np.cov(known, truth)[0, 1] / known.var()

    def kappa(cuts: np.ndarray) -> float:
        said = levels[np.searchsorted(cuts, expected)]
        across = (said[:, None] == levels).sum(axis=0) / len(said), (truth[:, None] == levels).sum(axis=0) / len(said)
        by_chance = across[0] @ (levels[:, None] - levels) ** 2 @ across[1]
        return float(1 - ((said - truth) ** 2).mean() / by_chance)

    cuts, middles = kappa_cuts(expected, truth, levels), (levels[1:] + levels[:-1]) / 2
    others = [np.sort(cuts + rng.normal(0, 0.3, 3)) for _ in range(30)]
    assert (np.diff(cuts) > 0).all()
    assert kappa(cuts) > max(kappa(middles), *(kappa(one) for one in others)) - 0.02


def test_what_knows_nothing_says_the_nearest_number() -> None:
    levels, truth = np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 4.0])
    for expected in (np.full(3, 2.2), -truth):
        assert kappa_cuts(expected, truth, levels).tolist() == [1.5, 3.0]
    assert kappa_cuts(truth, np.full(3, 2.0), levels).tolist() == [1.5, 3.0]
