"""Metrics that look at decisions: for each, the decision that makes it highest, and the reason in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from leadline.tasks.deciding import FromOn, Rule, weighed
from leadline.tasks.thresholds import best_power, f1_threshold

_HELD_OUT = "was highest on rows held out while learning"


@dataclass(frozen=True)
class Aim:
    """`chooses(chances, truth, shares)` is the rule with the highest `metric` as far as calibrated chances (n, num_classes) of rows that
    were not learned from, with their truth (n,), tell; `shares` (num_classes,) are those of the classes.

    The reasons follow a rule in words, for two classes and for more.
    """

    metric: str
    chooses: Callable[[np.ndarray, np.ndarray, np.ndarray], Rule]
    why_of_two: str = ""
    why: str = ""

    def because(self, num_classes: int) -> str:
        return self.why_of_two if num_classes == 2 else self.why


def by_metric(*aims: Aim) -> Mapping[str, Aim]:
    return {aim.metric: aim for aim in aims}


# Balanced accuracy is highest where probabilities are compared with the shares of the classes; F1 see `thresholds`.
OF_ANY_CLASSES = by_metric(
    Aim(
        "balanced_accuracy", lambda chances, truth, shares: weighed(shares**-1.0),
        ": that is its share of training rows, so that both classes count alike", ", so that all count alike",
    ),
    Aim(
        "f1", lambda chances, truth, shares: FromOn(f1_threshold(chances[:, 1], truth)),
        ": there its F1 is highest, as far as rows held out while learning tell",
    ),
    Aim(
        "f1_macro", lambda chances, truth, shares: weighed(shares ** -best_power(chances, truth, shares)),
        f": there the mean F1 of both classes {_HELD_OUT}", f", as their mean F1 {_HELD_OUT}",
    ),
)  # fmt: skip
