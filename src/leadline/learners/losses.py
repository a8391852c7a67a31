"""What linear models minimise: losses with the slopes and curvatures that a solver asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit, softmax

_SCALINGS = 8  # Newton steps that find the best factor for held-out scores; it is quadratic near the end


class Loss(Protocol):
    """Of scores (n, num_outputs) and the target; `value` and `slopes` are means over rows."""

    def value(self, scores: np.ndarray) -> float: ...

    def slopes(self, scores: np.ndarray) -> np.ndarray:
        """Derivative by each score, (n, num_outputs)."""
        ...

    def curvature(self, scores: np.ndarray, direction: np.ndarray) -> float:
        """Second derivative along a direction (n, num_outputs)."""
        ...

    def judged(self, scores: np.ndarray) -> float:
        """What held-out scores are worth, lower is better: what is left of `value` once a calibration has been fitted to them."""
        ...


@dataclass(frozen=True)
class Squared:
    """Half the squared error; one output, target (n,) numbers."""

    target: np.ndarray

    def value(self, scores: np.ndarray) -> float:
        return float(np.mean((scores[:, 0] - self.target) ** 2) / 2)

    def slopes(self, scores: np.ndarray) -> np.ndarray:
        slopes: np.ndarray = (scores - self.target[:, None]) / len(scores)
        return slopes

    def curvature(self, scores: np.ndarray, direction: np.ndarray) -> float:
        return float(np.sum(direction**2) / len(scores))

    def judged(self, scores: np.ndarray) -> float:
        return self.value(scores)


@dataclass(frozen=True)
class LogOdds:
    """Log loss of every output by itself, summed over outputs, each the log odds of a yes; target (n, num_outputs) of 0 and 1.

    The sum, so that an output is fitted as if it were alone, whatever else is asked.
    """

    target: np.ndarray

    def value(self, scores: np.ndarray) -> float:
        return float(np.sum(np.logaddexp(0, scores) - self.target * scores) / len(scores))

    def slopes(self, scores: np.ndarray) -> np.ndarray:
        slopes: np.ndarray = expit(scores)
        slopes -= self.target
        slopes /= len(scores)
        return slopes

    def curvature(self, scores: np.ndarray, direction: np.ndarray) -> float:
        chances = expit(scores)
        return float(np.sum(chances * (1 - chances) * direction**2) / len(scores))

    def judged(self, scores: np.ndarray) -> float:
        return best_scaled(self, scores)


@dataclass(frozen=True)
class ManyClasses:
    """Log loss of the softmax; one output per class; target (n,) class codes."""

    target: np.ndarray

    def value(self, scores: np.ndarray) -> float:
        top = scores.max(axis=1)
        logs = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
        return float(np.mean(logs - scores[np.arange(len(scores)), self.target]))

    def slopes(self, scores: np.ndarray) -> np.ndarray:
        slopes: np.ndarray = softmax(scores, axis=1) / len(scores)
        slopes[np.arange(len(scores)), self.target] -= 1 / len(scores)
        return slopes

    def curvature(self, scores: np.ndarray, direction: np.ndarray) -> float:
        chances = softmax(scores, axis=1)
        mean = np.sum(chances * direction, axis=1)
        return float((np.sum(chances * direction**2) - np.sum(mean**2)) / len(scores))

    def judged(self, scores: np.ndarray) -> float:
        return best_scaled(self, scores)


def best_scaled(loss: Loss, scores: np.ndarray) -> float:
    """The loss of factor * scores at its best factor: a model is chosen for its order, as confidence is put right afterwards.

    (Berta, Holzmüller, Jordan and Bach 2025, "Rethinking early stopping: refine, then calibrate".) Newton's method on the convex
    curve over log factor, one unit a step at most.
    """
    factor = 1.0
    for _ in range(_SCALINGS):
        slope = factor * float(np.sum(loss.slopes(factor * scores) * scores))
        bend = factor**2 * loss.curvature(factor * scores, scores) + max(slope, 0.0)
        factor *= float(np.exp(np.clip(-slope / max(bend, 1e-12), -1, 1)))
    return min(loss.value(factor * scores), loss.value(scores))


_LOSSES: dict[str, Callable[[np.ndarray], Loss]] = {
    "squared": lambda target: Squared(target.astype(np.float64)),
    "two-classes": lambda target: LogOdds(target[:, None].astype(np.uint8)),
    "many-classes": ManyClasses,
    "each-label": LogOdds,
}


def loss_for(target: np.ndarray, name: str) -> Loss:
    """The loss of that name (`tasks.contract.Loss`) on a target as the task made it."""
    return _LOSSES[name](target)
