"""What wrong answers cost where there are two classes, and the threshold that makes decisions cheapest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadline.errors import UsageError

_TRY = "--cost fp=1,fn=20 --positive CLASS: a false alarm costs 1, a missed CLASS 20"


@dataclass(frozen=True)
class Costs:
    """`fp` of answering with the positive class where it is not, `fn` of missing it; right answers cost nothing."""

    fp: float
    fn: float

    @property
    def threshold(self) -> float:
        """The probability of the positive class from which on naming it costs less on average (Elkan 2001)."""
        return self.fp / (self.fp + self.fn)

    def of(self, named: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """(n,) what each row costs; `named` says where the answer is the positive class, `truth` is 1 there."""
        cost: np.ndarray = np.where(named, self.fp * (truth != 1), self.fn * (truth == 1)).astype(np.float64)
        return cost

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def read_costs(asked: str | Mapping[str, float]) -> Costs:
    """From "fp=1,fn=20" or {"fp": 1, "fn": 20}. Raises UsageError for costs that make no sense."""
    pairs = dict(asked) if isinstance(asked, Mapping) else dict(_pair(pair) for pair in asked.split(","))
    if set(pairs) != {"fp", "fn"}:
        raise UsageError(f"costs are given for {', '.join(map(str, pairs)) or 'nothing'}", "a cost for fp and one for fn", _TRY)
    numbers = {name: _number(name, value) for name, value in pairs.items()}
    if numbers["fp"] + numbers["fn"] == 0:
        raise UsageError("neither kind of mistake costs anything", "a cost above 0 for at least one", _TRY)
    return Costs(**numbers)


def costs_of(decision: Mapping[str, Any]) -> Costs | None:
    """Those in a manifest, if any. Raises ValueError for costs that make no sense: nobody typed these."""
    try:
        return None if decision.get("costs") is None else read_costs(decision["costs"])
    except UsageError as error:
        raise ValueError(f"it decides by costs that are none: {error}") from None


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark:
        raise UsageError(f'"{text}" does not say what something costs', "fp=COST,fn=COST", _TRY)
    return name.strip(), value.strip()


def _number(name: str, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise UsageError(f'"{value}" is not what {name} can cost', "a number that is not negative", _TRY)
    return number
