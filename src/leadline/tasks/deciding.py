"""How probabilities become one answer: the likeliest class, a threshold, or classes weighed against each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_LARGEST = 1e100  # that a manifest's number may be


class Rule(ABC):
    """Which class is named."""

    @abstractmethod
    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """(n, num_classes) -> class codes (n,)."""

    def to_json(self) -> dict[str, Any]:
        return {}

    def in_words(self, classes: tuple[str, ...], why: str) -> str | None:
        """For people, ending in the reason `why`; None where it goes without saying."""
        return None

    def of_row(self, row: int) -> Rule:
        """The rule for one row; it is the same for all but in `EachRow`."""
        return self


@dataclass(frozen=True)
class Likeliest(Rule):
    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        codes: np.ndarray = probabilities.argmax(axis=1)
        return codes


@dataclass(frozen=True)
class FromOn(Rule):
    """The second of two classes from that probability on."""

    threshold: float

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        codes: np.ndarray = (probabilities[:, 1] >= self.threshold).astype(np.int64)
        return codes

    def to_json(self) -> dict[str, Any]:
        return {"threshold": self.threshold}

    def in_words(self, classes: tuple[str, ...], why: str) -> str:
        return f'It answers "{classes[1]}" from a probability of {self.threshold:.1%} on{why}.'


@dataclass(frozen=True)
class Weighed(Rule):
    """The class with the largest product of probability and weight (num_classes,)."""

    weights: np.ndarray

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        codes: np.ndarray = (probabilities * self.weights).argmax(axis=1)
        return codes

    def to_json(self) -> dict[str, Any]:
        return {"weights": self.weights.tolist()}

    def in_words(self, classes: tuple[str, ...], why: str) -> str | None:
        if not why:
            return None
        most, least = int(np.argmax(self.weights)), int(np.argmin(self.weights))
        times = self.weights[most] / self.weights[least]
        if times == 1:
            return f"It answers with the likeliest class{why}."
        return f'It weighs probabilities by how rare the classes are, "{classes[most]}" {times:,.3g} times "{classes[least]}"{why}.'


@dataclass(frozen=True)
class EachRow(Rule):
    """Rows that were answered by models with rules of their own: `part` (n,) says whose rule decides a row."""

    rules: tuple[Rule, ...]
    part: np.ndarray

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        codes = np.zeros(len(self.part), dtype=np.int64)
        for number, rule in enumerate(self.rules):
            rows = self.part == number
            codes[rows] = rule.decide(probabilities[rows])
        return codes

    def of_row(self, row: int) -> Rule:
        return self.rules[int(self.part[row])]


def weighed(weights: np.ndarray) -> Rule:
    """Of two classes that is a threshold."""
    first = float(weights[0])
    return FromOn(first / (first + float(weights[1]))) if len(weights) == 2 else Weighed(weights)


def read_rule(decision: Mapping[str, Any], num_classes: int) -> Rule:
    """From a manifest. Raises ValueError where it is none, or not for so many classes."""
    if "weights" in decision:
        weights = numbers(decision["weights"], num_classes)
        if not (weights > 0).all():
            raise ValueError("it decides by weights that are none")
        return Weighed(weights)
    (threshold,) = numbers([decision.get("threshold")], 1)
    if num_classes != 2 or not 0 <= threshold <= 1:
        raise ValueError("it decides by a threshold that is none")
    return FromOn(float(threshold))


def numbers(values: Any, count: int) -> np.ndarray:
    """(count,) from a manifest. Raises ValueError where they are not so many numbers."""
    if not (isinstance(values, list) and len(values) == count and all(map(_is_number, values))):
        raise ValueError("it decides by numbers that are none")
    return np.array(values, dtype=np.float64)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
