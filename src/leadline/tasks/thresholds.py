"""Where to decide so that a metric of decisions is highest, from calibrated probabilities of rows that were not learned from."""

from __future__ import annotations

import numpy as np

from leadline.tasks.class_metrics import f1_macro

_POWERS = np.arange(11) / 10  # of the shares of classes that probabilities are divided by: none of it to all of it


def f1_threshold(chances: np.ndarray, truth: np.ndarray) -> float:
    """From which of `chances` (n,) on to say yes for a high F1; `truth` (n,) is 1 where yes is right.

    Halfway between the threshold that is best on these rows and the one that would be if the chances were right, which lies at half
    the F1 reached (Lipton, Elkan and Naryanaswamy 2014). The first varies three times as much from sample to sample, the second is wrong
    where the chances are: together they scored higher than either (LOG.md).
    """
    return (highest_f1(chances, truth) + highest_f1(chances, chances)) / 2


def highest_f1(chances: np.ndarray, there: np.ndarray) -> float:
    """The threshold of `chances` (n,) with the highest F1 if `there` (n,), 0 and 1 or probabilities, is the truth; half where nothing is.

    Halfway between two neighbouring chances, the lower of which is not named; always above 0. Of several equal ones the highest.
    """
    order = np.argsort(-chances, kind="stable")
    ranked, total = chances[order], float(there.sum())
    if total <= 0:
        return 0.5
    f1 = 2 * np.cumsum(there[order]) / (np.arange(1, len(ranked) + 1) + total)
    following = np.append(ranked[1:], 0.0)
    f1[ranked == following] = -1.0  # equal chances are named together, and what has none never
    best = int(f1.argmax())
    if f1[best] < 0:
        return 0.5
    middle = float(ranked[best] + following[best]) / 2
    return middle if middle > following[best] else float(ranked[best])  # neighbours so close that nothing lies between them


def best_power(chances: np.ndarray, truth: np.ndarray, shares: np.ndarray) -> float:
    """The power of the classes' `shares` that `chances` (n, num_classes) are divided by for the highest mean F1 on these rows.

    Logit adjustment after learning (Menon et al. 2021), of which only the strength is chosen: one number, however many classes.
    """

    def score(power: float) -> float:
        return f1_macro(lambda given: (given * shares**-power).argmax(axis=1))(chances, truth)(np.ones(len(truth)))

    return float(_POWERS[int(np.argmax([score(power) for power in _POWERS]))])


def middles(levels: np.ndarray) -> np.ndarray:
    """(num_levels - 1,) halfway between each of the ascending `levels` and the next."""
    halfway: np.ndarray = (levels[1:] + levels[:-1]) / 2
    return halfway


def kappa_cuts(expected: np.ndarray, truth: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """From which of `expected` (n,) on each of `levels` (num_levels,), ascending, but the first is said, for a high quadratic kappa with
    the numbers `truth` (n,).

    Means shrink towards the middle the less is known, and kappa is highest where answers have the mean and the spread of the truth (it is
    the concordance of Lin 1989): means are stretched to these, and the nearest number is said. No worse than cuts searched for one by one
    (LOG.md). Means that know nothing stay as they are.
    """
    halfway = middles(levels)
    mean, middle = expected.mean(), truth.mean()
    if ((expected - mean) * (truth - middle)).mean() <= 0:
        return halfway
    return np.asarray(mean + (halfway - middle) * (expected.std() / truth.std()))
