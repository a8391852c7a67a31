"""The leaderboard: every learner on the same rows, with its interval and its price."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from leadline.data.examples import Examples
from leadline.evaluate.intervals import score_interval
from leadline.parts import COLUMN, Graph, Node
from leadline.registry import learner_class
from leadline.workflow.contest import Contest, OutOfFold
from leadline.workflow.fitting import with_inputs
from leadline.workflow.setup import Setup
from leadline.workflow.training_report import LeaderboardRow, Price

_ANSWERS_TIMED = 3


def leaderboard(setup: Setup, examples: Examples, contest: Contest, nodes: Mapping[str, Node]) -> list[LeaderboardRow]:
    """Best first, by the score on the folds that chose."""
    rows = [_row(setup, examples, result, contest.truth, nodes) for result in contest.results]
    return sorted(rows, key=lambda row: -setup.metric.better(row.score))


def _row(setup: Setup, examples: Examples, result: OutOfFold, truth: np.ndarray, nodes: Mapping[str, Node]) -> LeaderboardRow:
    score = score_interval(setup.metric, result.compared, truth)
    price = price_of(with_inputs(result.graph, nodes), examples)
    return LeaderboardRow(
        result.learner, learner_class(result.learner).family, score.value, score.low, score.high,
        round(result.fit_seconds, 3), price.latency_ms, price.size_mb,
    )  # fmt: skip


def price_of(graph: Graph, examples: Examples) -> Price:
    """Of everything in the graph, what lies beside it counted too."""
    return Price(round(_latency_ms(graph, examples), 3), round(size_bytes(graph) / 1e6, 3))


def _latency_ms(graph: Graph, examples: Examples) -> float:
    """Milliseconds for one row from its columns to raw outputs, and to familiarity where that is told, encoders included: the median of
    three, after one to warm up.
    """
    one = examples.take(np.array([0])).values
    columns = {name: values for name, values in one.items() if name.startswith(COLUMN)}
    seconds = []
    for _ in range(_ANSWERS_TIMED + 1):
        began = time.perf_counter()
        graph.run_both(columns)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds[1:]) * 1_000)


def size_bytes(graph: Graph) -> int:
    """Bytes of everything the graph has to keep."""
    nodes = (*graph.nodes, *graph.beside)
    arrays = sum(array.nbytes for node in nodes for array in node.part.arrays().values())
    files = [content for node in nodes for content in node.part.files().values()]
    return arrays + sum(content.stat().st_size if isinstance(content, Path) else len(content) for content in files)
