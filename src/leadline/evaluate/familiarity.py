"""How much an input resembles the training data: parts that measure it, and the rank of what they say among held-out training rows.

Each `Gauge` is one way to see that something is unlike the rest, for one kind of input. What they measure on rows that they did not learn
from is added up and becomes a rank, so that a threshold on it keeps its promise whatever the gauges are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.data.examples import Examples
from leadline.encoders.ngram_sketch import NgramSketch
from leadline.encoders.ngrams import HashedNgrams
from leadline.heads.class_distance import MANY_CLASSES, ClassDistance
from leadline.heads.doubt import Doubt
from leadline.heads.rank import Rank
from leadline.heads.table_distance import TableDistance, table_types
from leadline.parts import COLUMN, Graph, Node, Part
from leadline.tasks.contract import Task
from leadline.values import take_rows

# Teaching on two thirds of the rows makes those that are held out a little stranger than they would be to all of them. New rows are rarely
# as near to training rows as these are to one another: with 3 folds a promised 95 % came to 94.7-94.9 % on the validation rows of CLINC150,
# with 5 to 93.8-94.1 %, with 2 to 95.5-96.5 %.
_FOLDS = 3
_ROWS, _ROWS_A_CLASS = 4_000, 100  # so many teach, and at most so many are ranked
_SKETCH, _SKETCH_FEW = 512, 256  # places; the fewer where classes are few
_LEAST_TIED, _SHARE_TIED = 3, 0.005  # rows, and their share, from which on a value counts as shared by many
_CLASSED = ("two-classes", "many-classes")  # losses of tasks in which each row is of one class
_WORDS, _CHARACTERS = (1, 2), (2, 5)


@dataclass(frozen=True)
class Gauge:
    """One measure of strangeness: stateless nodes that prepare it, what it reads, and how it learns from the values of some rows."""

    name: str
    inputs: tuple[str, ...]
    fit: Callable[[Sequence[Any], np.ndarray | None], Part]  # values of the inputs, and class codes where there are any
    prepare: tuple[Node, ...] = ()


def familiarity_of(graph: Graph, examples: Examples, raw: np.ndarray, rows: np.ndarray, task: Task, seed: int) -> tuple[Node, ...]:
    """Nodes to put beside `graph`, the last of which answers with familiarity (n,); none where there is nothing to measure.

    `raw` are outputs of the whole graph, calibration included, for the examples at `rows`, by models that did not learn from them.
    """
    classed = task.loss(examples.num_classes) in _CLASSED
    many = classed and examples.num_classes >= MANY_CLASSES
    gauges = [*_of_vectors(graph, examples, many), *_of_texts(graph, examples, many), *_of_table(graph, examples), *_of_doubt(graph, many)]
    judged = _some(rows, _ROWS, seed)
    if not gauges or len(judged) < _FOLDS:
        return ()
    teach = _teaching(len(examples), judged, examples.num_classes, seed)
    known = _values(gauges, examples, teach)
    known[graph.nodes[-1].name] = _at(raw, rows, teach)
    classes = examples.target[teach] if classed else None
    groups = np.arange(len(teach)) if examples.groups is None else examples.groups[teach]
    ranked = np.isin(teach, judged)
    parts = [gauge.fit([known[name] for name in gauge.inputs], classes) for gauge in gauges]
    measured = [_measured(*pair, known, classes, groups, ranked, seed) for pair in zip(gauges, parts, strict=True)]
    measured = [measure[np.isfinite(np.sum(measured, axis=0))] for measure in measured]
    if not len(measured[0]):
        return ()
    nodes = [Node(gauge.name, part, gauge.inputs) for gauge, part in zip(gauges, parts, strict=True)]
    prepare = {node.name: node for gauge in gauges for node in gauge.prepare}
    rank = Node("familiarity", Rank.fit(measured), tuple(gauge.name for gauge in gauges))
    return (*prepare.values(), *nodes, rank)


def widths(num_texts: int, encoded: Sequence[int], many: bool) -> list[int]:
    """Numbers of the vectors whose distances will be learned, at most: a sketch for each text column, and the widest that encoders make."""
    return [_SKETCH if many else _SKETCH_FEW] * num_texts + sorted(encoded)[-1:]


def share_learned_from(num_rows: int, num_classes: int) -> float:
    """How many rows teach a distance, in those that `seconds_to_learn` measures."""
    return min(num_rows, max(_ROWS, _ROWS_A_CLASS * num_classes)) / _ROWS


def seconds_to_learn(width: int, many: bool) -> float:
    """Measures how long this machine learns distances of vectors of so many numbers, in all folds and for good."""
    rng = np.random.default_rng(0)
    vectors, classes = rng.normal(size=(_ROWS, width)).astype(np.float32), np.arange(_ROWS) % (MANY_CLASSES if many else 2)
    began = time.perf_counter()
    ClassDistance.fit(vectors, classes, relative=many).run(vectors)
    return (_FOLDS + 1) * (time.perf_counter() - began)


def _of_vectors(graph: Graph, examples: Examples, many: bool) -> list[Gauge]:
    """What stateless encoders made of pictures and texts, where the graph reads it."""
    used = [node.name for node in graph.nodes if isinstance(examples.values.get(node.name), np.ndarray)]
    return [Gauge(f"{name}.distance", (name,), _distance(many)) for name in used if examples.values[name].ndim == 2]


def _of_texts(graph: Graph, examples: Examples, many: bool) -> list[Gauge]:
    """By what is written, whatever model reads it; the n-grams are those that the graph counts, where it does."""
    gauges, read = [], set(graph.columns())
    for column in examples.columns_of("text"):
        if column not in read:
            continue
        counted = {node.name: node for node in graph.nodes if node.inputs == (COLUMN + column,) and isinstance(node.part, HashedNgrams)}
        hashed = next(iter(counted.values()), Node(f"{column}.familiar", HashedNgrams(_WORDS, _CHARACTERS), (COLUMN + column,)))
        sketch = Node(f"{column}.{NgramSketch.kind}", NgramSketch(_SKETCH if many else _SKETCH_FEW), (hashed.name,))
        prepare = (sketch,) if hashed.name in counted else (hashed, sketch)
        gauges.append(Gauge(f"{sketch.name}.distance", (sketch.name,), _distance(many), prepare))
    return gauges


def _of_table(graph: Graph, examples: Examples) -> list[Gauge]:
    read = set(graph.columns())
    types = table_types({name: kind for name, kind in examples.types.items() if name in read})
    if not types:
        return []
    return [Gauge("table.distance", tuple(COLUMN + name for name in types), lambda columns, _: TableDistance.fit(columns, types))]


def _of_doubt(graph: Graph, many: bool) -> list[Gauge]:
    """Between few classes doubt is part of the question, and says nothing of the input."""
    return [Gauge("doubt", (graph.nodes[-1].name,), lambda values, _: Doubt())] if many else []


def _distance(many: bool) -> Callable[[Sequence[Any], np.ndarray | None], Part]:
    """One form of distance for every fit: some rows may lack a class that all of them have, and the two forms do not compare."""
    return lambda values, classes: ClassDistance.fit(values[0], classes, relative=many)


def _some(rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return np.asarray(np.sort(np.random.default_rng([seed, 19]).choice(rows, most, replace=False)))


def _teaching(num_rows: int, judged: np.ndarray, num_classes: int, seed: int) -> np.ndarray:
    """Rows that teach the gauges: those that are ranked, and others at random."""
    most = max(_ROWS, _ROWS_A_CLASS * num_classes)
    others = np.setdiff1d(np.arange(num_rows), judged)
    return np.asarray(np.sort(np.concatenate([judged, _some(others, max(0, most - len(judged)), seed)])))


def _values(gauges: Sequence[Gauge], examples: Examples, rows: np.ndarray) -> dict[str, Any]:
    """Everything that the gauges read, of these rows, as far as it does not depend on what a model learned."""
    prepare = {node.name: node for gauge in gauges for node in gauge.prepare}
    wanted = {name for gauge in gauges for name in gauge.inputs} | {name for node in prepare.values() for name in node.inputs}
    values = {name: take_rows(examples.values[name], rows) for name in wanted if name in examples.values}
    for name, node in prepare.items():
        values[name] = node.part.run(*(values[source] for source in node.inputs))
    return values


def _at(raw: np.ndarray, rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The rows of `raw` in the order of `wanted`; NaN where there is none."""
    places = {int(row): place for place, row in enumerate(rows)}
    return np.array([raw[places[row]] if row in places else np.full(raw.shape[1:], np.nan) for row in wanted.tolist()])


def _held_out(
    gauge: Gauge, known: Mapping[str, Any], classes: np.ndarray | None, groups: np.ndarray, judged: np.ndarray, seed: int
) -> np.ndarray:
    """What the gauge says of the judged rows, each time having learned from the others; no group is on both sides."""
    numbers = np.unique(groups, return_inverse=True)[1]
    fold = np.random.default_rng([seed, 23]).permutation(numbers.max() + 1)[numbers] % _FOLDS
    measured = np.full(len(judged), np.nan)
    for number in range(_FOLDS):
        train, valid = np.flatnonzero(fold != number), np.flatnonzero((fold == number) & judged)
        if len(valid) and len(train):
            part = gauge.fit([take_rows(known[name], train) for name in gauge.inputs], None if classes is None else classes[train])
            measured[valid] = part.run(*(take_rows(known[name], valid) for name in gauge.inputs))
    return np.asarray(measured[judged])


def _measured(
    gauge: Gauge, part: Part, known: Mapping[str, Any], classes: np.ndarray | None, groups: np.ndarray, judged: np.ndarray, seed: int
) -> np.ndarray:
    """What the gauge says of held-out rows; where many rows share what the `part` that is kept says of them, that.

    Parts that learned from other rows say other values of one and the same input, so that nothing would tie with what many rows hold, and
    a category of 8 % came to a familiarity of 3 to 6 %. One row of many hardly moves what is said of all of them.
    """
    outside = _held_out(gauge, known, classes, groups, judged, seed)
    inside = part.run(*(take_rows(known[name], np.flatnonzero(judged)) for name in gauge.inputs))
    _, place, counts = np.unique(inside, return_inverse=True, return_counts=True)
    return np.where(counts[place] >= max(_LEAST_TIED, _SHARE_TIED * len(inside)), inside, outside)
