"""How unlikely a row of numbers and categories is beside those of training: larger is stranger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.encoders.number_scale import NumberScale
from leadline.encoders.tabular import CATEGORY, NUMBER, DesignMatrix, described
from leadline.heads.products import steady_product
from leadline.parts import Part
from leadline.values import Dense

_SHRINKAGE = 0.1  # of the covariance towards its diagonal
_MOST_TOGETHER = 200  # number columns whose correlations are looked at; of more each counts by itself


class TableDistance(Part):
    """Columns -> strangeness (n,) float64: minus twice the log likelihood, but for a constant, of a row under a plain model of the table.

    Numbers (standardised, heavy tails drawn in) are jointly Gaussian; categories, missing values and categories never seen come as often
    as in training, each for itself. `precision` (k, k) is of the standardised numbers, `surprise` (d,) has a value for each 0-1 feature.
    """

    kind: ClassVar[str] = "table-distance"

    def __init__(self, matrix: DesignMatrix, precision: np.ndarray, surprise: np.ndarray) -> None:
        self.matrix, self.precision, self.surprise = matrix, np.asarray(precision, np.float64), np.asarray(surprise, np.float64)
        self._numbers = _places_of_numbers(matrix)
        if self.precision.shape[0] != len(self._numbers) or self.precision.ndim not in (1, 2):
            raise ValueError("the precision is not that of these numbers")
        if self.surprise.shape != (sum(part.num_features for part in matrix.columns.values()),):
            raise ValueError("the surprises are not those of these columns")

    @classmethod
    def fit(cls, columns: Sequence[Any], types: Mapping[str, str]) -> Self:
        """`types` names the columns, in their order, each a number or a category."""
        matrix = DesignMatrix(described(dict(zip(types, columns, strict=True)), types, 0, 2))
        features = matrix.run(*columns)
        places = _places_of_numbers(matrix)
        return cls(matrix, _precision(features[:, places]), _surprises(features, places))

    def run(self, *columns: Any) -> np.ndarray:
        features = self.matrix.run(*columns)
        numbers = features[:, self._numbers].astype(np.float64)
        turned = numbers * self.precision if self.precision.ndim == 1 else steady_product(numbers, self.precision)
        strange: np.ndarray = (turned * numbers).sum(axis=1) + steady_product(features, self.surprise[:, None])[:, 0]
        return strange

    def config(self) -> dict[str, Any]:
        return self.matrix.config()

    def arrays(self) -> dict[str, np.ndarray]:
        return {"precision": self.precision, "surprise": self.surprise}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(DesignMatrix.load(config, {}, {}), arrays["precision"], arrays["surprise"])


def table_types(types: Mapping[str, str]) -> dict[str, str]:
    """The columns that this reads."""
    return {name: kind for name, kind in types.items() if kind in (NUMBER, CATEGORY)}


def _places_of_numbers(matrix: DesignMatrix) -> np.ndarray:
    """Where the standardised numbers are among the features: first of the features of each number column."""
    places, start = list[int](), 0
    for part in matrix.columns.values():
        if isinstance(part, NumberScale):
            places.append(start)
        start += part.num_features
    return np.array(places, np.int64)


def _precision(numbers: Dense) -> np.ndarray:
    """Inverse of the covariance, (k, k), or (k,) of variances alone."""
    num_rows, width = numbers.shape
    centred = numbers.astype(np.float64)  # standardised: about mean 0
    if width > _MOST_TOGETHER or num_rows < 2 * width:
        return np.asarray(1 / np.maximum((centred**2).mean(axis=0), 1e-6))
    covariance = centred.T @ centred / max(1, num_rows)
    diagonal = np.diag(np.maximum(np.diag(covariance), 1e-6))
    return np.asarray(np.linalg.inv((1 - _SHRINKAGE) * covariance + _SHRINKAGE * diagonal))


def _surprises(features: Dense, numbers: np.ndarray) -> np.ndarray:
    """Minus twice the log share of rows that have a 0-1 feature, one row more counted as having it; 0 at the places of numbers."""
    shares = (features.sum(axis=0, dtype=np.float64) + 1) / (len(features) + 2)
    surprises = -2 * np.log(np.clip(shares, 1e-12, 1.0))
    surprises[numbers] = 0.0
    return np.asarray(surprises)
