"""How fast this machine is at each kind of work: measured once per machine and versions, rounded, kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.contract import Where
from leadline.data.examples import Examples
from leadline.encoders.contract import MadeOnce, StoredEncoder
from leadline.encoders.hub_folder import Network
from leadline.errors import LeadlineError
from leadline.evaluate.familiarity import seconds_to_learn, share_learned_from
from leadline.learners.contract import Learner, Sizes
from leadline.machine import Measurements, OthersCPU, round_to
from leadline.parts import COLUMN, Node
from leadline.registry import COLUMNS
from leadline.tasks.contract import Task
from leadline.values import take_rows

_ROWS = 3_000  # fewer fit into a core's cache and look faster than real work is
_ROWS_A_NUMBER = 2  # of vectors
_FEW = 64
_TABLE_COLUMNS = 5  # of each kind
_DIRECTIONS = 32  # of made-up vectors
_LEAST_SECONDS = 1e-9
_NUMBERS = 3  # of a rate; one that a busy machine gave has the number of tries behind them
_BUSY, _TRIES = 0.25, 3  # share of all cores' time that others take, and measurements after which that is how it is here


@dataclass(frozen=True)
class Rate:
    """Seconds to get ready the first time in a process (imports), for every fit whatever its size, and per unit of work."""

    start: float
    per_fit: float
    per_unit: float

    def seconds(self, units: float, fits: float = 1.0) -> float:
        return self.start + fits * self.per_fit + self.per_unit * units * fits


class UnknownSpeedError(LeadlineError):
    """Nobody has measured yet what a learner costs on this machine, and there is no time for it now."""

    def __init__(self) -> None:
        super().__init__("how fast this machine is at it is not known yet, and finding out would take too much of the budget")


class Calibration:
    """Rates of learners and of stateless encoders, measured when first needed; raises UnknownSpeedError where `seconds` are used up.

    `say` announces each measurement. Those of a busy machine are made `again` only where there is time for it.
    """

    def __init__(self, say: Callable[[str], None] = lambda message: None, seconds: float = math.inf, again: bool = True) -> None:
        self.kept = Measurements()
        self.say, self.seconds_left, self.again = say, seconds, again

    @contextmanager
    def _measuring(self, announcement: str) -> Iterator[None]:
        if self.seconds_left <= 0:
            raise UnknownSpeedError
        self.say(announcement)
        began = time.perf_counter()
        try:
            yield
        finally:  # what fails has taken its time too
            self.seconds_left -= time.perf_counter() - began

    def learner(self, learner: Learner, task: Task, sizes: Sizes) -> Rate:
        """Per step of `Work`, for columns of these types."""
        kinds = sorted(set(sizes.types.values()))
        widths = [str(node.part.dimension) for node in learner.inputs(sizes) if isinstance(node.part, StoredEncoder)]
        name = " ".join(("learner", learner.name, task.name, "+".join(kinds), *sorted(set(widths))))
        return self._rate(name, lambda: _time_learner(learner, task, kinds, sizes.networks))

    def stateless(self, node: Node, column_type: str) -> Rate:
        """Per character of text (or per value) of an encoder whose output is not kept."""
        waiting = node.part.seconds_to_make() if isinstance(node.part, MadeOnce) else 0.0
        if waiting > self.seconds_left:
            saw = f"on this machine it first has to make what it reads by, about {waiting:.0f} s, too much of the budget"
            raise LeadlineError(saw, "a larger --budget, once")
        return self._rate(f"encoder {node.part.kind} {sorted(node.part.config().items())}", lambda: _time_node(node, column_type))

    def familiarity(self, width: int, many: bool, sizes: Sizes) -> float:
        """Seconds to learn how familiar vectors of so many numbers are, with many classes or few."""
        name = f"familiarity {width} {'many' if many else 'few'} classes"
        rate = self._rate(name, lambda: Rate(0.0, 0.0, seconds_to_learn(width, many)))
        return rate.per_unit * share_learned_from(sizes.rows, sizes.num_classes)

    def engines(self, encoder: Any, settings: dict[str, Any], measure: Callable[[], dict[str, float]]) -> dict[str, float]:
        """Examples per second of each engine for one pretrained encoder with these settings."""
        name = f"engines {encoder.kind} {sorted(settings.items())}"
        rates = self.kept.get(name)
        if rates is None:
            with self._measuring(f"measuring how fast this machine runs {encoder.kind} (once)"):
                rates = {engine: round_to(rate) for engine, rate in measure().items()}
            self.kept.keep(name, rates)
        return dict(rates)

    def _rate(self, name: str, measure: Callable[[], Rate]) -> Rate:
        found = self.kept.get(name)
        if found is None or (self.again and len(found) > _NUMBERS and self.seconds_left > 0):
            found = self._measured(name, measure, found)
        return Rate(*found[:_NUMBERS])

    def _measured(self, name: str, measure: Callable[[], Rate], before: list[float] | None) -> list[float]:
        """The numbers of a rate, kept. While others keep the machine busy they hold for now: later runs measure again, a few times, and
        the fastest counts.
        """
        others = OthersCPU()
        with self._measuring(f"measuring this machine: {name} (once)"):
            rate = measure()
        found = [round_to(rate.start), round_to(rate.per_fit), round_to(max(rate.per_unit, _LEAST_SECONDS))]
        if others.share() > _BUSY:
            tries = 1 + (before[_NUMBERS] if before else 0)
            found = before[:_NUMBERS] if before and before[_NUMBERS - 1] < found[-1] else found
            found = [*found, tries] if tries < _TRIES else found
        self.kept.keep(name, found)
        return found


def _made_up(
    kinds: list[str], task: Task, inputs: Callable[[Sizes], list[Node]], num_rows: int, networks: Mapping[str, Network]
) -> tuple[Examples, Sizes]:
    """Rows of made-up columns of these kinds. Columns that only pretrained encoders read are a few values repeated, as
    nobody looks at them. Table columns come several at a time, as they do in tables.
    """
    few = {kind: COLUMNS.get(kind)().made_up(_FEW, seed) for seed, kind in enumerate(kinds)}
    lengths = [float(values.str.len_chars().mean()) for kind, values in few.items() if values.dtype == pl.String and kind == "text"]
    rng = np.random.default_rng(0)
    target = task.read_target(task.made_up(num_rows, 0))
    one_each = Sizes(num_rows, {kind: kind for kind in kinds}, len(target.classes), {}, max(lengths, default=0.0), networks=networks)
    nodes = inputs(one_each)
    tokenised = {node.inputs[0] for node in nodes if not isinstance(node.part, StoredEncoder)}
    values, types = dict[str, Any](), dict[str, str]()
    for kind in kinds:
        from_files = bool(COLUMNS.get(kind).extensions)  # pictures, texts: no learner reads these itself
        repeated = from_files and COLUMN + kind not in tokenised
        for copy in range(1 if from_files else _TABLE_COLUMNS):
            name = kind if copy == 0 else f"{kind} {copy}"
            raw = few[kind] if repeated else COLUMNS.get(kind)().made_up(num_rows, copy)
            decoded = COLUMNS.get(kind)().decode(raw, Where(name)).values
            values[COLUMN + name] = take_rows(decoded, np.arange(num_rows) % _FEW) if repeated else decoded
            types[name] = kind
    for node in nodes:
        if isinstance(node.part, StoredEncoder):
            values[node.name] = _vectors(num_rows, node.part.dimension, rng)
        else:
            values[node.name] = node.part.run(values[node.inputs[0]])
    sizes = Sizes(num_rows, types, len(target.classes), dict.fromkeys(types, 12), one_each.text_length, networks=networks)
    told = _told_by(list(values.values()), target.values, task, rng)
    return Examples(values, types, told, len(target.classes)), sizes


def _vectors(num_rows: int, dimension: int, rng: np.random.Generator) -> np.ndarray:
    """Vectors (n, dimension) as encoders make them: a few directions hold most of what differs.

    In plain noise every direction is as hard to learn as another: on that a linear head on pixels looked thirty times as slow as it is.
    """
    hidden = rng.normal(size=(num_rows, _DIRECTIONS)) / np.sqrt(np.arange(1, _DIRECTIONS + 1))
    spread = rng.normal(size=(_DIRECTIONS, dimension))
    return (hidden @ spread + 0.1 * rng.normal(size=(num_rows, dimension))).astype(np.float32)


def _told_by(columns: list[Any], target: np.ndarray, task: Task, rng: np.random.Generator) -> np.ndarray:
    """The same answers, given to rows so that the columns tell them in part.

    Learners stop early where there is nothing to learn: measured on noise, trees looked ten to twenty times as fast as they are.
    """
    signals = [_signal(values) for values in columns]
    signal = np.sum([(one - one.mean()) / (one.std() or 1.0) for one in signals], axis=0)
    noisy = signal / (signal.std() or 1.0) + rng.normal(size=len(target))
    told = np.empty_like(target)
    told[np.argsort(noisy)] = target[np.argsort(task.strata(target), kind="stable")]
    return told


def _signal(values: Any) -> np.ndarray:
    """Something about each value that a learner can find out, (n,): of a vector its first part, of names and texts a letter in them."""
    if isinstance(values, pl.Series):
        text = values.list.join(" ") if isinstance(values.dtype, pl.List) else values.cast(pl.String)
        return text.str.count_matches("2").fill_null(0).to_numpy().astype(np.float64)
    if isinstance(values, np.ndarray):
        return np.nan_to_num(values if values.ndim == 1 else values[:, :16].sum(axis=1)).astype(np.float64)
    return np.zeros(len(values))


def _time_learner(learner: Learner, task: Task, kinds: list[str], networks: Mapping[str, Network]) -> Rate:
    """A small fit and a large one: the difference is the price of the work, the rest of the small one that of any fit."""
    num_rows = _enough_rows(learner, kinds, networks)
    first, small, few_steps = _time_fits(learner, task, kinds, networks, num_rows // 5, effort=0)
    _, large, many_steps = _time_fits(learner, task, kinds, networks, num_rows, effort=1)
    if many_steps <= few_steps or large <= small:
        return Rate(max(0.0, first - small), 0.0, large / many_steps)
    per_step = (large - small) / (many_steps - few_steps)
    return Rate(max(0.0, first - small), max(0.0, small - per_step * few_steps), per_step)


def _enough_rows(learner: Learner, kinds: list[str], networks: Mapping[str, Network]) -> int:
    """More than vectors have numbers: of fewer rows other work is done, which looked ten times as dear for each as that of many rows is."""
    nodes = learner.inputs(Sizes(_ROWS, {kind: kind for kind in kinds}, 2, {}, 1.0, networks=networks))
    widths = [node.part.dimension for node in nodes if isinstance(node.part, StoredEncoder)]
    return max([_ROWS, *(_ROWS_A_NUMBER * width for width in widths)])


def _time_fits(
    learner: Learner, task: Task, kinds: list[str], networks: Mapping[str, Network], num_rows: int, effort: int
) -> tuple[float, float, float]:
    """(seconds of the first fit, seconds of a later one, its steps)"""
    examples, sizes = _made_up(kinds, task, learner.inputs, num_rows, networks)
    work = learner.work(sizes, task, effort)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        learner.fit(examples, task, work, seed=0)
        seconds.append(time.perf_counter() - began)
    return seconds[0], min(seconds[1:]), work.steps + work.tuning_steps


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
    return Rate(0.0, 0.0, min(seconds[1:]) / units)
