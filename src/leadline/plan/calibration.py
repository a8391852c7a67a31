"""How fast this machine is at each kind of work: measured once per machine and versions, rounded, kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.contract import Where
from leadline.data.examples import Examples
from leadline.learners.contract import Learner, Sizes
from leadline.machine import Measurements, round_to
from leadline.parts import COLUMN, Node
from leadline.registry import COLUMNS
from leadline.tasks.contract import Task
from leadline.values import take_rows

_ROWS = 3_000  # fewer fit into a core's cache and look faster than real work is
_FEW = 64
_LEAST_SECONDS = 1e-9


@dataclass(frozen=True)
class Rate:
    """Seconds to get ready the first time in a process (imports), and seconds per unit of work after that."""

    start: float
    per_unit: float

    def seconds(self, units: float, times: float = 1.0) -> float:
        return self.start + self.per_unit * units * times


class Calibration:
    """Rates of learners and of stateless encoders, measured when first needed. `say` announces each measurement."""

    def __init__(self, say: Callable[[str], None] = lambda message: None) -> None:
        self.kept = Measurements()
        self.say = say

    def learner(self, learner: Learner, task: Task, types: dict[str, str]) -> Rate:
        """Per step of `Work`, for columns of these types."""
        kinds = sorted(set(types.values()))
        return self._rate(f"learner {learner.name} {task.name} {'+'.join(kinds)}", lambda: _time_learner(learner, task, kinds))

    def stateless(self, node: Node, column_type: str) -> Rate:
        """Per character of text (or per value) of an encoder whose output is not kept."""
        return self._rate(f"encoder {node.part.kind} {sorted(node.part.config().items())}", lambda: _time_node(node, column_type))

    def engines(self, encoder: Any, settings: dict[str, Any], measure: Callable[[], dict[str, float]]) -> dict[str, float]:
        """Examples per second of each engine for one pretrained encoder with these settings."""
        name = f"engines {encoder.kind} {sorted(settings.items())}"
        rates = self.kept.get(name)
        if rates is None:
            self.say(f"measuring how fast this machine runs {encoder.kind} (once)")
            rates = {engine: round_to(rate) for engine, rate in measure().items()}
            self.kept.keep(name, rates)
        return dict(rates)

    def _rate(self, name: str, measure: Callable[[], Rate]) -> Rate:
        found = self.kept.get(name)
        if found is None:
            self.say(f"measuring this machine: {name} (once)")
            rate = measure()
            found = [round_to(rate.start), round_to(max(rate.per_unit, _LEAST_SECONDS))]
            self.kept.keep(name, found)
        return Rate(*found)


def _made_up(kinds: list[str], task: Task, inputs: Callable[[Sizes], list[Node]]) -> tuple[Examples, Sizes]:
    """Rows of made-up columns of these kinds. Columns that only pretrained encoders read are a few values repeated: nobody reads them."""
    few = {kind: COLUMNS.get(kind)().made_up(_FEW, seed) for seed, kind in enumerate(kinds)}
    lengths = [float(values.str.len_chars().mean()) for values in few.values() if values.dtype == pl.String]
    rng = np.random.default_rng(0)
    target = task.read_target(pl.Series(rng.permutation(np.arange(_ROWS) % 2)))
    sizes = Sizes(_ROWS, {kind: kind for kind in kinds}, len(target.classes), {"category": 12}, max(lengths, default=0.0))
    nodes = inputs(sizes)
    encoded = {node.inputs[0] for node in nodes if hasattr(node.part, "card")}
    values = dict[str, Any]()
    for seed, kind in enumerate(kinds):
        repeated = COLUMN + kind in encoded
        raw = few[kind] if repeated else COLUMNS.get(kind)().made_up(_ROWS, seed)
        decoded = COLUMNS.get(kind)().decode(raw, Where(kind)).values
        values[COLUMN + kind] = take_rows(decoded, np.arange(_ROWS) % _FEW) if repeated else decoded
    for node in nodes:
        card = getattr(node.part, "card", None)
        values[node.name] = rng.normal(size=(_ROWS, card.dimension)).astype(np.float32) if card else node.part.run(values[node.inputs[0]])
    return Examples(values, sizes.types, target.values, len(target.classes)), sizes


def _time_learner(learner: Learner, task: Task, kinds: list[str]) -> Rate:
    examples, sizes = _made_up(kinds, task, learner.inputs)
    work = learner.work(sizes, task, 0)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        learner.fit(examples, task, work, seed=0)
        seconds.append(time.perf_counter() - began)
    steady = min(seconds[1:])
    return Rate(max(0.0, seconds[0] - steady), steady / work.steps)


def _time_node(node: Node, column_type: str) -> Rate:
    kind = COLUMNS.get(column_type)()
    raw = kind.made_up(_ROWS, 0)
    values = kind.decode(raw, Where(column_type)).values
    units = float(raw.str.len_chars().sum()) if raw.dtype == pl.String else float(_ROWS)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        node.part.run(values)
        seconds.append(time.perf_counter() - began)
    return Rate(0.0, min(seconds[1:]) / units)
