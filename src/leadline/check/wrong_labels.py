"""How likely the label of each row is wrong, which one it should be, and how many wrong ones there are in all.

Three steps, none of which needs any truth. Two looks at the vectors (`class_views`) and, where given, the out-of-fold probabilities of
another model say which class a row seems to belong to; the mean of their log probabilities is better than any. `label_noise` learns from
that which classes are taken for which, and so how many rows are wrong. The chances of single rows, in the order of how little the views
think of the given label, are then shifted until they add up to that number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from leadline.check.class_views import Directions, FoldRidge, votes
from leadline.check.expected_errors import expected_errors, likely_errors
from leadline.check.label_noise import fit_noise
from leadline.data.split import fold_numbers
from leadline.errors import LeadlineError
from leadline.evaluate.calibration import fit_temperature
from leadline.evaluate.intervals import Interval
from leadline.values import Dense

NUM_FOLDS = 5
_SMOOTH, _NEAR = 2.0, 1.0  # what a model's boundary and a vote of neighbours weigh in the mean
_FLOOR = 0.01  # of an even chance: what a class is given that nobody votes for
_LEAST_ODDS = 1e-9
_LEAST_FLAGGED = 0.2  # below this chance no label is called wrong, however few there are


@dataclass(frozen=True)
class WrongLabels:
    """`chance` (n,): that the given label is wrong. `suggested` (n,): the likeliest other class. `flagged` (n,): called wrong or not.

    `expected` is the number of wrong labels in all, with a 95 % interval; `confused` (k, k) that number by true class (row) and given
    class (column), nothing on its diagonal; it and `chance` add up to the same. `by_class` of them are explained by the true class alone,
    whatever the row; the others are a share of the rows in doubt.
    """

    chance: np.ndarray
    suggested: np.ndarray
    flagged: np.ndarray
    expected: Interval
    confused: np.ndarray
    by_class: float

    def most_confused(self, number: int) -> list[tuple[int, int, float]]:
        """(true class, given class, expected rows) of the pairs that are confused most, most first."""
        order = np.argsort(-self.confused, axis=None, kind="stable")[:number]
        pairs = zip(*np.unravel_index(order, self.confused.shape), strict=True)
        return [(int(true), int(given), float(self.confused[true, given])) for true, given in pairs if self.confused[true, given] > 0]


def wrong_labels(
    classes: np.ndarray,
    num_classes: int,
    *,
    vectors: Dense | None = None,
    probabilities: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> WrongLabels:
    """Judges the codes `classes` (n,) by `vectors` (n, d), by out-of-fold `probabilities` (n, k) of any model, or by both.

    `groups` (n,) holds equal numbers for rows that must not speak for one another: copies, or rows of one person.

    Raises:
        LeadlineError: there is nothing to judge by, or only one class.
    """
    if vectors is None and probabilities is None:
        raise LeadlineError("neither vectors nor probabilities", "one of them, a row each")
    if len(np.unique(classes)) < 2:
        raise LeadlineError("labels that are all the same", "two classes or more")
    views = list[tuple[float, np.ndarray]]() if probabilities is None else [(_SMOOTH, _logs(np.asarray(probabilities, np.float64)))]
    if vectors is not None:
        views += _views(vectors, classes, num_classes, groups, seed)
    weights = [weight for weight, _ in views]
    return _judged(np.average([_calibrated(raw, classes) for _, raw in views], axis=0, weights=weights), classes)


def _views(
    vectors: Dense, classes: np.ndarray, num_classes: int, groups: np.ndarray | None, seed: int
) -> Iterator[tuple[float, np.ndarray]]:
    """What each look at the vectors weighs, and its raw outputs (n, k)."""
    folds = fold_numbers(classes, NUM_FOLDS, seed, groups)
    if folds.max(initial=0) == 0:
        raise LeadlineError("rows that are all copies of one another", "two different ones or more")
    directions, targets = Directions.of(vectors), np.eye(num_classes, dtype=np.float32)[classes]
    yield _SMOOTH, FoldRidge(directions.plain, folds, seed).answers(targets)
    yield _NEAR, _logs(votes(directions.even, targets, folds))


def _logs(chances: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(chances, 0) + _FLOOR / chances.shape[1]))


def _calibrated(raw: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Log probabilities (n, k) at the temperature that suits the given labels best."""
    temperature = fit_temperature(raw, classes, lambda scores: softmax(scores, axis=1), _log_losses)
    return np.asarray(np.log(np.maximum(softmax(raw / temperature, axis=1), 1e-12)))


def _log_losses(chances: np.ndarray, classes: np.ndarray) -> np.ndarray:
    return np.asarray(-np.log(np.maximum(chances[np.arange(len(classes)), classes], 1e-12)))


def _judged(logits: np.ndarray, classes: np.ndarray) -> WrongLabels:
    noise = fit_noise(logits, classes)
    expected = expected_errors(noise, classes)
    chances = softmax(logits, axis=1)
    others = _others(chances, classes)
    odds = others.sum(axis=1), chances[np.arange(len(classes)), classes]
    chance = _shifted(*odds, noise.scale, expected.value)
    called = flagged(_shifted(*odds, noise.scale, likely_errors(noise, classes)))
    shares = others / np.maximum(others.sum(axis=1, keepdims=True), 1e-300) * chance[:, None]
    confused = np.zeros((logits.shape[1],) * 2)
    np.add.at(confused.T, classes, shares)
    by_class = float((1 - noise.posterior[np.arange(len(classes)), classes]).sum())
    return WrongLabels(chance, others.argmax(axis=1), called, expected, confused, by_class)


def _others(chances: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """(n, k): how likely each class other than the given one is the true one, up to a factor."""
    share = np.bincount(classes, minlength=chances.shape[1]) / len(classes)
    reached = share[classes, None] / np.maximum(1 - share, _LEAST_ODDS)  # a wrong label is a frequent class more often than a rare one
    others = chances * reached
    others[np.arange(len(classes)), classes] = 0
    return np.asarray(others)


def _shifted(others: np.ndarray, given: np.ndarray, scale: float, expected: float) -> np.ndarray:
    """Chances (n,) in the order of the odds `others` to `given`, to the power `scale` and moved until they add up to `expected`.

    The order is that of models that are as unsure as the given labels make them, the sharpness that of true classes.
    """
    logs, low, high = scale * np.log(np.maximum(others, _LEAST_ODDS) / np.maximum(given, _LEAST_ODDS)), -60.0, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(logs + middle).sum() < expected else (low, middle)
    return np.asarray(expit(logs + (low + high) / 2))


def flagged(chance: np.ndarray) -> np.ndarray:
    """(n,) bool: the rows that, if `chance` is right, make F1 as large as can be expected (Lipton, Elkan and Naryanaswamy 2014)."""
    order = np.argsort(-chance, kind="stable")
    right = np.cumsum(chance[order])
    scores = 2 * right / (np.arange(1, len(chance) + 1) + max(float(chance.sum()), 1e-12))
    called = np.zeros(len(chance), dtype=bool)
    called[order[: int(scores.argmax()) + 1]] = True
    return called & (chance >= _LEAST_FLAGGED)
