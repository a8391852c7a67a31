"""From a setup and a budget to a plan: what could answer, what it would take on this machine, what fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import leadline
from leadline.data.split import SMALL
from leadline.encoders.contract import StoredEncoder, Vectors
from leadline.encoders.store import Store
from leadline.evaluate.familiarity import widths
from leadline.heads.class_distance import MANY_CLASSES
from leadline.learners.contract import Learner, Sizes
from leadline.machine import memory_bytes, num_threads, peak_memory_mb, processor, versions
from leadline.parts import Node
from leadline.plan.budget import EFFORTS, FOLD_SHARE, Asked, Chosen, Field, fill_budget
from leadline.plan.calibration import Calibration, Rate, UnknownSpeedError
from leadline.plan.plan import Plan, Skipped
from leadline.plan.room import Room
from leadline.progress import Progress
from leadline.registry import LEARNERS
from leadline.workflow.failing import FAILURES, TRIVIAL, why_failed
from leadline.workflow.pricing import Inputs, Pricing
from leadline.workflow.scaling import trial_prices
from leadline.workflow.setup import Setup

_MANY_ROWS = 20_000  # from here on one fifth held back chooses as surely as five folds
_SOME_ROWS = 5_000  # and from here on three folds: what a fit saves buys more effort
_MEMORY_SHARE = 0.7  # of what this process may use; the rest is for the data and for others
# So long may go into learning how fast this machine is at what it has never done, once; it does not count (design, section 1).
_MEASURING_SHARE, _LEAST_MEASURING = 0.2, 6.0
_LEAST_TO_DOUBT = 45.0  # seconds: who gives less wants an answer now, by what a busy machine said of itself
_FREE = Rate(0.0, 0.0, 1e-9)  # the trivial baseline costs nothing worth measuring, so it is in every plan
_BASE_MB = 350.0  # interpreter and libraries; measured on Linux with Python 3.11
_ENGINE_MB = 300.0  # an inference engine with its network and the pictures or texts in flight
_VALUE_BYTES = {"number": 8, "category": 16, "text": 16, "image": 16}  # of one value of a form; what polars strings share is in the data


@dataclass(frozen=True)
class Planned:
    """A plan, the input nodes of everybody who could answer, ready to run, and the time that it may come to take."""

    plan: Plan
    nodes: dict[str, Node]
    room: Room | None  # None: the plan is executed as it stands


def calibration_within(seconds_left: float, progress: Progress) -> Calibration:
    """With what may go into measuring this machine, where so much of the budget is left."""
    may_measure = max(_LEAST_MEASURING, _MEASURING_SHARE * seconds_left)
    return Calibration(progress.say, may_measure, seconds_left >= _LEAST_TO_DOUBT)


def make_plan(
    setup: Setup, budget_seconds: float, seconds_left: float, store: Store, progress: Progress, only: Sequence[str] | None = None,
    folds: Sequence[tuple[int, int]] | None = None, calibration: Calibration | None = None, most_effort: int | None = None,
) -> Planned:  # fmt: skip
    """What `learn` takes, for `only` these learners and the trivial one, or for all; `folds` are (folds, outer folds), from most to least
    thorough, and `most_effort` is the last effort, where the usual ones are not meant.
    """
    sizes, began = setup.sizes(), perf_counter()
    calibration = calibration or calibration_within(seconds_left, progress)
    may_measure = calibration.seconds_left
    learners, refused = _possible(setup, sizes, LEARNERS if only is None else {TRIVIAL, *only})
    pricing, fields = Pricing(setup, sizes, calibration, store, progress, seconds_left), list[Field]()
    for learner in learners:
        try:
            inputs = pricing.of(learner.inputs(sizes))
            rate = _FREE if learner.name == TRIVIAL else calibration.learner(learner, setup.task, sizes)
        except FAILURES as error:  # such as a package that is not there: it fits made-up rows
            refused.append(Skipped(learner.name, 0.0, why_failed(error)))
            continue
        fields.append(Field(learner, rate, tuple(inputs.nodes), sum(inputs.seconds_per_row.values())))
    inputs = pricing.priced
    seconds_left -= perf_counter() - began - (may_measure - calibration.seconds_left)  # comparing engines takes its time
    seconds_left -= _familiarity_seconds(sizes, inputs, calibration)
    efforts = _most_effort(setup) if most_effort is None else most_effort
    asked = Asked(sizes, setup.task, inputs.seconds, efforts, _MEMORY_SHARE * memory_bytes())
    folds, until = folds or _fold_options(setup), perf_counter() + seconds_left
    trials = trial_prices(setup, sizes, fields, seconds_left)
    chosen = fill_budget(fields, asked, seconds_left - (1 + folds[0][1]) * min(trials.values(), default=0.0), folds)
    in_plan = {fitting.learner for fitting in chosen.fittings}
    tried_by, scaling = next(((name, seconds) for name, seconds in trials.items() if name in in_plan), ("", 0.0))
    plan = replace(_write_down(setup, sizes, budget_seconds, chosen, inputs, refused), scale_tried_by=tried_by)
    by_name, judging = {field.learner.name: field for field in fields}, len(setup.partition.test) / len(setup.data)
    return Planned(plan, inputs.nodes, Room(by_name, asked, inputs.encodings, until, judging, scaling))


def _familiarity_seconds(sizes: Sizes, inputs: Inputs, calibration: Calibration) -> float:
    """What learning what is familiar takes in the end; nothing where it is not known and there is no time to measure it."""
    many = sizes.num_classes >= MANY_CLASSES
    encoded = [node.part.dimension for node in inputs.nodes.values() if isinstance(node.part, Vectors)]
    try:
        return sum(calibration.familiarity(width, many, sizes) for width in widths(len(sizes.columns_of("text")), encoded, many))
    except UnknownSpeedError:
        return 0.0


def replayed_inputs(setup: Setup, plan: Plan) -> dict[str, Node]:
    """The input nodes of a plan's learners with the plan's own settings."""
    sizes = setup.sizes()
    nodes = {node.name: node for fitting in plan.fittings for node in LEARNERS.get(fitting.learner)().inputs(sizes)}
    for encoding in plan.encodings:
        node = nodes[encoding.node]
        assert isinstance(node.part, StoredEncoder)
        nodes[encoding.node] = Node(node.name, node.part.with_settings(encoding.settings), node.inputs)
    return nodes


def _possible(setup: Setup, sizes: Sizes, names: Iterable[str]) -> tuple[list[Learner], list[Skipped]]:
    learners, refused = list[Learner](), list[Skipped]()
    chosen = {name: LEARNERS.get(name) for name in names}
    for learner in [chosen[name]() for name in LEARNERS if name in chosen]:
        reason = learner.refusal(sizes, setup.task)
        if reason is None:
            learners.append(learner)
        else:
            refused.append(Skipped(learner.name, 0.0, reason, foreign=True))
    return learners, refused


def _most_effort(setup: Setup) -> int:
    """The last effort is worth a few thousandths (LOG.md), which few rows cannot show while nested folds pay for it dozens of times,
    and so does who judges elsewhere.
    """
    few = len(setup.teaching) < SMALL
    return EFFORTS[-2] if setup.partition.nested or (few and not setup.partition.judged) else EFFORTS[-1]


def _fold_options(setup: Setup) -> list[tuple[int, int]]:
    """(folds, outer folds) from most to least thorough."""
    if setup.partition.nested:
        return [(3, 5), (3, 3)]
    if len(setup.partition.valid) or len(setup.teaching) > _MANY_ROWS:
        return [(1, 0)]
    return [(3, 0), (1, 0)] if len(setup.teaching) > _SOME_ROWS else [(5, 0), (3, 0), (1, 0)]


def _write_down(setup: Setup, sizes: Sizes, budget_seconds: float, chosen: Chosen, inputs: Inputs, refused: list[Skipped]) -> Plan:
    return Plan(
        data={"fingerprint": setup.fingerprint, "rows": len(setup.data), **setup.reading()},
        task=setup.task.name, metric=setup.metric.name, seed=setup.seed, budget_seconds=budget_seconds,
        num_folds=chosen.num_folds, nested_folds=chosen.nested_folds,
        encodings=tuple(inputs.encodings[name] for name in chosen.inputs if name in inputs.encodings),
        fittings=chosen.fittings, skipped=(*refused, *chosen.skipped), threads=num_threads(),
        expected_seconds=round(chosen.seconds, 2), expected_peak_mb=round(_peak_mb(setup, sizes, chosen, inputs), 1),
        processor=processor(), versions=versions(), leadline=leadline.__version__,
    )  # fmt: skip


def _peak_mb(setup: Setup, sizes: Sizes, chosen: Chosen, inputs: Inputs) -> float:
    """What the process will hold at most: what it held already, or the data, their features, a fold's training part and one fit."""
    encoders = [inputs.nodes[name].part for name in chosen.inputs if name in inputs.encodings]
    vectors = sum(4 * part.dimension for part in encoders if isinstance(part, StoredEncoder))
    row_bytes = vectors + sum(_VALUE_BYTES.get(form, 16) for form in sizes.types.values())
    held = setup.data.table.frame.estimated_size() + sizes.rows * row_bytes * (1 + FOLD_SHARE)
    most = max((fitting.work.peak_bytes for fitting in chosen.fittings), default=0)
    return max(peak_memory_mb(), _BASE_MB + (_ENGINE_MB if encoders else 0.0) + (held + most) / (1 << 20))
