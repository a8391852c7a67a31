"""What a score by labels of which some are wrong would be by right ones.

Wrong labels make every model look worse, and two models more alike. Where the chance of each given class depends on the true class alone,
every row's hit can be replaced by a number that is right on average, without knowing which labels are wrong (Natarajan et al., "Learning
with noisy labels", 2013).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

_LEAST = 0.1  # smallest singular value of the chances: below, what is estimated is a difference between large numbers


@dataclass(frozen=True)
class Confusions:
    """`counts` (k, k): rows that are expected to be of each true class (row) and were given each class (column).

    `factors`: how many times as many wrong ones are to be counted with, at the least and at the most (95 %).
    """

    counts: np.ndarray
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @classmethod
    def of_wrong(cls, wrong: np.ndarray, given: np.ndarray, factors: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Confusions:
        """From expected wrong labels (k, k), nothing on the diagonal, and how often each class was given (k,)."""
        wrong = wrong * np.minimum(1.0, given / np.maximum(wrong.sum(axis=0), 1e-300))  # no more than there are of the class
        return cls(wrong + np.diag(given - wrong.sum(axis=0)), factors)

    def times(self, factor: float) -> Confusions:
        """With so many times as many wrong labels."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        return self.of_wrong(wrong * factor, self.counts.sum(axis=0), self.factors)

    def merged(self, codes: np.ndarray) -> Confusions:
        """Where class i has become class codes[i]."""
        number = int(codes.max()) + 1
        counts = np.zeros((number, number))
        np.add.at(counts, (codes[:, None], codes[None, :]), self.counts)
        return replace(self, counts=counts)

    @property
    def tell(self) -> bool:
        """Whether hits can be told, even if as many labels are wrong as may be."""
        chances = self.times(max(self.factors)).chances
        return bool(np.linalg.svd(chances, compute_uv=False)[-1] >= _LEAST)

    @property
    def chances(self) -> np.ndarray:
        """(k, k): of each given class (column) by the true one (row)."""
        rows, chances = self.counts.sum(axis=1), np.eye(len(self.counts))
        chances[rows > 0] = self.counts[rows > 0] / rows[rows > 0, None]
        return chances

    def hits(self, said: np.ndarray, given: np.ndarray) -> np.ndarray:
        """(n,) whose mean is expected to be the share of `said` that are the true classes, where rows were `given` these."""
        hits: np.ndarray = np.linalg.inv(self.chances)[given, said]
        return hits
