"""Classes that are whole numbers in order (stars, grades): how far off an answer is counts, and can be decided for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from leadline.columns.number import show
from leadline.tasks.aims import Aim, by_metric
from leadline.tasks.class_metrics import Decides, Prepared
from leadline.tasks.deciding import Rule, numbers
from leadline.tasks.metrics import Metric, PerRow, Weighted, mean_of, named
from leadline.tasks.thresholds import kappa_cuts, middles

KAPPA, DISTANCE = "quadratic_kappa", "mae"  # metrics that only such classes have
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}(\.0*)?", re.ASCII)
_FEWEST = 3  # of two classes one is always next to the other
_SURE = 1e-9  # of a sum of probabilities: so much may be lost in adding them up
_SHOWN = 6  # cuts that a sentence has room for
_TOLD = 0.75  # mistakes that are this much nearer than if all other classes were as likely show that the classes are in order,
_MISTAKES = 30  # where there are so many: of ten classes, mistakes at random would then show it once in 170 times (LOG.md)
_SPREAD = f". So answers are spread as widely as the truth, where {KAPPA} is highest, as far as rows held out while learning tell"
HINT = (
    f"most mistakes are between neighbouring numbers: if it counts how far off an answer is, --metric {KAPPA} or {DISTANCE} chooses and "
    "decides for that, and --task regress answers with numbers in between"
)


@dataclass(frozen=True)
class Levels:
    """The number that each class is (num_classes,), in whatever order the classes are."""

    numbers: np.ndarray

    @cached_property
    def order(self) -> np.ndarray:
        """(num_classes,) class codes, the lowest number first."""
        return np.argsort(self.numbers)

    @cached_property
    def ranks(self) -> np.ndarray:
        """(num_classes,) the place of each class in that order."""
        return np.argsort(self.order)

    def expected(self, probabilities: np.ndarray) -> np.ndarray:
        """(n,) the mean number that probabilities (n, num_classes) give; added up row by row, so that one row alone gives the same."""
        means: np.ndarray = (probabilities * self.numbers).sum(axis=1)
        return means

    @property
    def aims(self) -> Mapping[str, Aim]:
        return by_metric(
            Aim(KAPPA, lambda chances, truth, shares: self.cut(chances, truth), why=_SPREAD),
            Aim(DISTANCE, lambda chances, truth, shares: Middle(self), why=", which is the least far off on average"),
        )

    def metrics(self, decides: Decides) -> dict[str, Metric]:
        off = distance(decides, self.numbers)
        return named([
            Metric(KAPPA, "agreement with the truth, the less the farther off (quadratic kappa)", True, kappa(decides, self.numbers)),
            Metric(DISTANCE, "off on average (mean absolute error)", False, mean_of(off), off),
        ])  # fmt: skip

    def cut(self, chances: np.ndarray, truth: np.ndarray) -> Rule:
        """The rule of highest quadratic kappa, by probabilities (n, num_classes) of rows that were not learned from."""
        return Cut(self, kappa_cuts(self.expected(chances), self.numbers[truth], self.numbers[self.order]))

    def read_rule(self, decision: Mapping[str, Any]) -> Rule | None:
        """From a manifest; None where it is no rule of such classes. Raises ValueError where it is a broken one."""
        if "cuts" in decision:
            cuts = numbers(decision["cuts"], len(self.numbers) - 1)
            if (np.diff(cuts) < 0).any():
                raise ValueError("it decides by cuts that are in no order")
            return Cut(self, cuts)
        if "quantile" in decision:
            (share,) = numbers([decision["quantile"]], 1)
            if share != Middle.share:
                raise ValueError("it decides by a quantile that is not the middle")
            return Middle(self)
        return None

    def steps(self, said: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """(n,) by how many classes each answer lies above the truth."""
        apart: np.ndarray = self.ranks[said] - self.ranks[truth]
        return apart

    def told_by(self, said: np.ndarray, truth: np.ndarray) -> bool:
        """Whether most mistakes are next to the truth, and all lie nearer to it than if each other class were as likely: digits are whole
        numbers, but no grades.
        """
        apart = np.abs(self.steps(said, truth))
        wrong, ranks = apart > 0, np.arange(len(self.numbers))
        by_chance = np.abs(ranks[:, None] - ranks).sum(axis=1) / (len(ranks) - 1)
        if wrong.sum() < _MISTAKES or (apart[wrong] == 1).mean() <= 0.5:
            return False
        return bool(apart[wrong].mean() < _TOLD * by_chance[self.ranks[truth[wrong]]].mean())


def levels_of(classes: tuple[str, ...]) -> Levels | None:
    """None where these are not three or more different whole numbers."""
    if len(classes) < _FEWEST or not all(_WHOLE.fullmatch(name) for name in classes):
        return None
    values = np.array([float(name) for name in classes])
    return Levels(values) if len(np.unique(values)) == len(values) else None


@dataclass(frozen=True)
class Cut(Rule):
    """The mean number that probabilities give, cut into classes: from each of `cuts` (num_classes - 1,), ascending, on the next one."""

    levels: Levels
    cuts: np.ndarray

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        codes: np.ndarray = self.levels.order[np.searchsorted(self.cuts, self.levels.expected(probabilities), side="right")]
        return codes

    def to_json(self) -> dict[str, Any]:
        return {"cuts": self.cuts.tolist()}

    def in_words(self, classes: tuple[str, ...], why: str) -> str:
        steps = [f'"{classes[code]}" from {show(cut, 3)}' for code, cut in zip(self.levels.order[1:], self.cuts.tolist(), strict=True)]
        more = f" and so on, {len(steps) - _SHOWN:,} more" if len(steps) > _SHOWN else ""
        stretched = not np.allclose(self.cuts, middles(self.levels.numbers[self.levels.order]))
        told = f"It answers by the mean of the numbers, weighed by their probabilities: {', '.join(steps[:_SHOWN])}{more}"
        return f"{told}{why if stretched else ''}."


@dataclass(frozen=True)
class Middle(Rule):
    """The median class: the lowest that is at least as likely to be too high or right as to be too low, and so is the least far off."""

    levels: Levels
    share = 0.5

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        order = self.levels.order
        reached = np.cumsum(probabilities[:, order], axis=1) >= self.share - _SURE
        codes: np.ndarray = order[reached.argmax(axis=1)]
        return codes

    def to_json(self) -> dict[str, Any]:
        return {"quantile": self.share}

    def in_words(self, classes: tuple[str, ...], why: str) -> str:
        return f"It answers with the class in the middle of what is likely{why}."


def kappa(decides: Decides, of_class: np.ndarray) -> Prepared:
    """Quadratic weighted kappa (Cohen 1968) of numbers (num_classes,): 1 where all is right, 0 where it is as far off as answers that are
    dealt out at random would be, below 0 farther; NaN where truth and answers are all the same.
    """

    def prepared(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
        middle = of_class.mean()  # no digits are lost to numbers far from 0
        said, there = of_class[decides(probabilities)] - middle, of_class[truth] - middle
        moments = np.stack([np.ones(len(there)), said, there, said**2, there**2, said * there])

        def score(weights: np.ndarray) -> float:
            count, of_said, of_there, said_2, there_2, both = moments @ weights
            by_chance = said_2 + there_2 - 2 * of_said * of_there / count if count > 0 else 0.0
            return float(1 - (said_2 + there_2 - 2 * both) / by_chance) if by_chance > 0 else float("nan")

        return score

    return prepared


def distance(decides: Decides, of_class: np.ndarray) -> PerRow:
    """By how much the number that is named differs from the true one."""
    return lambda probabilities, truth: np.abs(of_class[decides(probabilities)] - of_class[truth])
