"""A small network on columns: the features of `DesignMatrix`, what the words of texts mean, two hidden layers, several networks averaged.

Piecewise linear encodings of numbers are what makes such a network a match for boosted trees (Gorishniy, Rubachev and Babenko, "On
Embeddings for Numerical Features in Tabular Deep Learning", 2022). Every network holds out another fold of the rows, by which its best
epoch is chosen; their mean is the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from leadline import machine
from leadline.data.examples import Examples
from leadline.encoders.join import Join
from leadline.encoders.tabular import CATEGORY, NUMBER
from leadline.evaluate.folds import Fold, make_folds
from leadline.heads.mlp import MlpHead
from leadline.learners import meanings
from leadline.learners.contract import Learner, Sizes, Work
from leadline.learners.linear import rows_within, sampled
from leadline.learners.search import Standardised
from leadline.learners.tables import Encoders, table_matrix, table_width
from leadline.parts import Graph, Node
from leadline.tasks.contract import Loss, Task
from leadline.training.loop import Rows, Schedule, learn, side_by_side

if TYPE_CHECKING:
    import torch

# From least to most: networks, the folds of which each holds out one, and epochs of a small table.
_EFFORTS: tuple[dict[str, Any], ...] = (
    {"members": 1, "num_folds": 5, "epochs": 16},
    {"members": 4, "num_folds": 5, "epochs": 24},
    {"members": 8, "num_folds": 8, "epochs": 32},
)
_SHAPE: dict[str, Any] = {"hidden": [128, 128], "dropped": 0.1, "learning_rate": 3e-3, "weight_decay": 0.01}
_LEAST_EPOCHS, _MOST_VISITS = 6, 640_000  # of a row in all epochs: a large table has fewer
_PATIENCE = 0.4  # of the epochs
_BATCHES, _SMALLEST_BATCH, _LARGEST_BATCH = 100, 64, 512  # of one epoch, within these sizes
_BATCH_COST = 2.5e6  # what a step costs besides its rows, in looks at a weight


class Mlp(Learner):
    name: ClassVar[str] = "mlp"
    family: ClassVar[str] = "deep"
    title: ClassVar[str] = "small network on columns and the meanings of words"

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if sizes.columns_of(NUMBER, CATEGORY) or meanings.nodes(sizes):
            return None
        return meanings.foreign(sizes) or "it reads numbers, categories and texts, and there are none among the columns"

    def inputs(self, sizes: Sizes) -> list[Node]:
        return meanings.nodes(sizes)

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """Steps are a billion looks of a row at a weight, networks side by side counting once; few stop before their last epoch."""
        num_outputs = task.num_outputs(sizes.num_classes)
        width = table_width(sizes, num_outputs) + meanings.width(sizes)
        at_once = min(machine.num_threads(), _EFFORTS[effort]["members"])
        # The features, those of texts once more in another size, and each network's own rows of them.
        row_bytes = 4 * width * (1 + bool(meanings.width(sizes)) + at_once) + 16 * num_outputs
        rows = rows_within(sizes.rows, row_bytes)
        settings = {**_EFFORTS[effort], **_SHAPE, "rows": rows, "batch_size": _batch_size(rows)}
        settings["epochs"] = min(settings["epochs"], max(_LEAST_EPOCHS, _MOST_VISITS // max(rows, 1)))
        layers = [width, *settings["hidden"], num_outputs]
        weights = sum(inputs * outputs for inputs, outputs in pairwise(layers))
        epoch = rows * weights + rows / settings["batch_size"] * (_BATCH_COST + 20 * weights)
        rounds = math.ceil(settings["members"] / at_once)
        peak_bytes = rows * row_bytes + at_once * 40 * weights + (350 << 20)
        return Work(rounds * settings["epochs"] * epoch / 1e9, int(peak_bytes), settings)

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        settings = work.settings
        train = sampled(train, settings["rows"], seed)
        columns = _columns(train, task, seed)
        features = columns.of_taught(train.values)
        scale = _scale(features.shape[1], train)
        features = features * scale if meanings.names(train) else features
        loss, scaled = task.loss(train.num_classes), Standardised.of(train.target, task.loss(train.num_classes))
        start = np.zeros(1) if loss == "squared" else task.first_guess(train.target, train.num_classes)
        member = partial(_member, features, scaled.values, _Aim(loss, start), settings)
        folds = make_folds(train, task, settings["num_folds"], seed)[: settings["members"]] or [_no_fold(len(train))]
        loops = [partial(member, fold, seed * 1_000 + number) for number, fold in enumerate(folds)]
        found = side_by_side(loops, machine.num_threads())
        weights, biases = ([np.stack(layer) for layer in zip(*parts, strict=True)] for parts in zip(*found, strict=True))
        weights[0] *= scale[:, None]  # so that the head takes features as they come
        head = MlpHead(weights, biases, scaled.scale, scaled.mean)
        return Graph((*columns.nodes, Node("mlp", head, columns.names)))


def _columns(train: Examples, task: Task, seed: int) -> Encoders:
    """Nodes from columns and looked-up texts to one matrix, texts last."""
    table, looked_up = table_matrix(train, task, seed), meanings.names(train)
    if not looked_up:
        return table
    return Encoders((*table.nodes, Node("joined", Join(), (*table.names, *looked_up))), table.taught)


def _scale(num_columns: int, train: Examples) -> np.ndarray:
    """(num_columns,) float32 that brings every feature to about size 1: numbers of a vector of length one are far smaller."""
    scale = np.ones(num_columns, np.float32)
    vectors = [train.values[name].shape[1] for name in meanings.names(train)]
    scale[num_columns - sum(vectors) :] = np.sqrt(np.repeat(vectors, vectors))
    return scale


@dataclass(frozen=True)
class _Aim:
    """What is minimised, and the raw outputs (num_outputs,) that a network starts from."""

    loss: Loss
    start: np.ndarray


_Layers = tuple[list[np.ndarray], list[np.ndarray]]  # weights (inputs, outputs) and biases (outputs,)


def _batch_size(rows: int) -> int:
    """A power of two."""
    return int(np.clip(2 ** round(math.log2(max(rows, 1) / _BATCHES)), _SMALLEST_BATCH, _LARGEST_BATCH))


def _no_fold(rows: int) -> Fold:
    """Where there are too few rows to hold any out."""
    return Fold(np.arange(rows), np.zeros(0, np.int64))


def _member(
    features: np.ndarray, target: np.ndarray, aim: _Aim, settings: dict[str, Any], fold: Fold, seed: int, given_up: Event
) -> _Layers:
    """One network, taught by the fold's training rows and chosen by the others."""
    import torch

    from leadline.training.layers import linear_layers, perceptron

    generator = torch.Generator().manual_seed(seed)
    network = perceptron([features.shape[1], *settings["hidden"]], aim.start, settings["dropped"], generator)
    as_target = torch.int64 if aim.loss == "many-classes" else torch.float32
    train, valid = (
        Rows(torch.from_numpy(features[rows]), torch.from_numpy(target[rows]).to(as_target)) for rows in (fold.train, fold.valid)
    )
    learn(network, _loss(aim.loss), train, valid if len(valid) else None, _schedule(settings, len(train)), generator, given_up)
    return linear_layers(network)


def _schedule(settings: dict[str, Any], rows: int) -> Schedule:
    return Schedule(
        settings["epochs"], min(settings["batch_size"], max(1, rows)), settings["learning_rate"], settings["weight_decay"],
        patience=max(3, round(_PATIENCE * settings["epochs"])),
    )  # fmt: skip


def _loss(name: Loss) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    from torch.nn import functional

    def squared(outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return functional.mse_loss(outputs[:, 0], target)

    def log_odds(outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return functional.binary_cross_entropy_with_logits(outputs, target.reshape(outputs.shape))

    losses: dict[Loss, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
        "squared": squared, "two-classes": log_odds, "each-label": log_odds, "many-classes": functional.cross_entropy,
    }  # fmt: skip
    return losses[name]
