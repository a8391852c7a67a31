"""What holds for every kind of part that an artefact may hold: it can be written down, and answers alike when read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from leadline.columns.contract import Where
from leadline.data.examples import Examples
from leadline.encoders.hub import opened
from leadline.encoders.hub_folder import network_in
from leadline.encoders.join import Join
from leadline.encoders.multihot import MultiHot
from leadline.encoders.ngram_sketch import NgramSketch
from leadline.encoders.ngrams import HashedNgrams, Ngrams
from leadline.encoders.pairs import Pairs
from leadline.encoders.static import StaticText
from leadline.encoders.tabular import DesignMatrix, TypedColumns
from leadline.encoders.target_means import TargetMeans
from leadline.files import scratch_folder
from leadline.heads.blend import WeightedSum
from leadline.heads.class_distance import ClassDistance
from leadline.heads.constant import Constant
from leadline.heads.doubt import Doubt
from leadline.heads.linear import LinearHead
from leadline.heads.mlp import MlpHead
from leadline.heads.numbers import Numbers
from leadline.heads.rank import Rank
from leadline.heads.scaling import Scaling
from leadline.heads.table_distance import TableDistance
from leadline.heads.temperature import Temperature
from leadline.learners.contract import Sizes
from leadline.learners.rules import Rules
from leadline.learners.trees import Trees
from leadline.parts import COLUMN
from leadline.registry import COLUMNS, ENCODERS, PARTS
from leadline.tasks.classify import Classify
from leadline.values import take_rows
from tests.make_networks import save_network

RNG = np.random.default_rng(0)
NUMBERS = np.where(RNG.random(60) < 0.1, np.nan, RNG.normal(size=60))
NAMES = pl.Series(["red", "green", None] * 20)
LISTS = pl.Series([["b", "a"], [], None, ["c", "b"]] * 15, dtype=pl.List(pl.String))
TEXTS = pl.Series([f"text number {number % 7} of many, and more" for number in range(60)])
DENSE = RNG.normal(size=(60, 4)).astype(np.float32)
SCALE = {"centre": 1.0, "width": 2.0, "low": -3.0, "high": 2.0, "cosh": 1.2, "sinh": 0.1}
TYPES = {"n": "number", "c": "category"}


def trees() -> tuple[Any, tuple[Any, ...]]:
    target = (np.nan_to_num(NUMBERS) > 0).astype(np.int64)
    examples = Examples({COLUMN + "n": NUMBERS, COLUMN + "c": NAMES}, TYPES, target, 2)
    learner, task = Trees(), Classify()
    graph = learner.fit(examples, task, learner.work(Sizes(60, TYPES, 2), task, 0), 0)
    return graph.nodes[-1].part, (graph.nodes[0].part.run(NUMBERS, NAMES),)


def rules() -> tuple[Any, tuple[Any, ...]]:
    examples = Examples({COLUMN + "n": NUMBERS, COLUMN + "c": NAMES}, TYPES, (np.nan_to_num(NUMBERS) > 0).astype(np.int64), 2)
    learner, task = Rules(), Classify()
    node = learner.fit(examples, task, learner.work(Sizes(60, TYPES, 2), task, 0), 0).nodes[-1]
    return node.part, tuple(examples.values[name] for name in node.inputs)


def target_means() -> tuple[Any, tuple[Any, ...]]:
    return TargetMeans.taught({"c": NAMES}, RNG.normal(size=(60, 2)), False, np.arange(60) % 5)[0], (NAMES,)


def ngrams() -> tuple[Any, tuple[Any, ...]]:
    hashed = HashedNgrams().run(TEXTS)
    return Ngrams.taught(hashed, None, min_documents=1)[0], (hashed,)


def pretrained(name: str) -> tuple[Any, tuple[Any, ...]]:
    column = COLUMNS.get(ENCODERS.get(name).takes)()
    return ENCODERS.get(name)(), (column.decode(column.made_up(60, 0), Where("c")).values,)


@cache
def network_folder(kind: str) -> Path:
    folder = scratch_folder()
    save_network(kind, folder)
    return folder


def from_hub(kind: str) -> tuple[Any, tuple[Any, ...]]:
    folder = network_folder(kind)
    encoder = opened(network_in(folder, "tiny", "tiny"))
    column = COLUMNS.get(encoder.takes)()
    return encoder, (column.decode(column.made_up(60, 0), Where("c")).values,)


MADE: dict[str, Callable[[], tuple[Any, tuple[Any, ...]]]] = {
    "hashed-ngrams": lambda: (HashedNgrams(), (TEXTS,)),
    "ngrams": ngrams,
    "static-text": lambda: (StaticText(), (TEXTS,)),
    "design-matrix": lambda: (DesignMatrix.fit({"n": NUMBERS, "c": NAMES}, TYPES), (NUMBERS, NAMES)),
    "typed-columns": lambda: (TypedColumns.fit({"n": NUMBERS, "c": NAMES}, TYPES), (NUMBERS, NAMES)),
    "pairs": lambda: (Pairs(np.array([[0, 1], [2, 3]]), np.zeros((2, 2))), (DENSE,)),
    "target-means": target_means,
    "multi-hot": lambda: (MultiHot(["a", "b"]), (LISTS,)),
    "join": lambda: (Join(), (DENSE, DENSE)),
    "constant": lambda: (Constant(np.array([0.5])), (NUMBERS,)),
    "linear": lambda: (LinearHead(RNG.normal(size=(4, 3)), np.zeros(3)), (DENSE,)),
    "trees": trees,
    "rules": rules,
    "mlp": lambda: (MlpHead([RNG.normal(size=(2, 4, 8)), RNG.normal(size=(2, 8, 3))], [np.zeros((2, 8)), np.ones((2, 3))]), (DENSE,)),
    "ngram-sketch": lambda: (NgramSketch(32), (HashedNgrams().run(TEXTS),)),
    "class-distance": lambda: (ClassDistance.fit(DENSE, np.arange(60) % 12, relative=True), (DENSE,)),
    "table-distance": lambda: (TableDistance.fit([NUMBERS, NAMES], TYPES), (NUMBERS, NAMES)),
    "doubt": lambda: (Doubt(), (DENSE,)),
    "familiarity": lambda: (Rank.fit([NUMBERS[~np.isnan(NUMBERS)]]), (DENSE[:, 0],)),
    "scaling": lambda: (Scaling(1.5, -0.5), (DENSE,)),
    "numbers": lambda: (Numbers(SCALE, [-1.0, 0.5], [0.1, 0.2]), (DENSE[:, :1],)),
    "temperature": lambda: (Temperature(1.5), (DENSE,)),
    "weighted-sum": lambda: (WeightedSum([0.25, 0.75], 1.0), (DENSE, 2 * DENSE)),
    "hub-text": lambda: from_hub("Bert"),
    "hub-image": lambda: from_hub("ViT"),
    **{name: partial(pretrained, name) for name in ENCODERS},
}


def same(first: Any, second: Any) -> bool:
    if isinstance(first, np.ndarray):
        return np.array_equal(first, second, equal_nan=first.dtype.kind == "f")
    return all(same(getattr(first, name), getattr(second, name)) for name, value in vars(first).items() if isinstance(value, np.ndarray))


def test_every_kind_is_covered() -> None:
    assert set(MADE) == set(PARTS)


@pytest.fixture(params=list(MADE))
def made(request: pytest.FixtureRequest) -> tuple[Any, tuple[Any, ...]]:
    return MADE[request.param]()


def test_it_answers_alike_when_read_back(made: tuple[Any, tuple[Any, ...]], tmp_path: Path) -> None:
    part, inputs = made
    files = {}
    for name, content in part.files().items():
        files[name] = tmp_path / name
        files[name].write_bytes(content.read_bytes() if isinstance(content, Path) else content)
    loaded = PARTS.get(part.kind).load(json.loads(json.dumps(part.config())), part.arrays(), files)
    assert same(part.run(*inputs), loaded.run(*inputs))


def test_it_answers_one_row_as_among_others(made: tuple[Any, tuple[Any, ...]]) -> None:
    part, inputs = made
    whole, rows = part.run(*inputs), np.array([17])
    assert len(whole) == 60
    assert same(part.run(*(take_rows(values, rows) for values in inputs)), take_rows(whole, rows))


def test_what_it_learned_is_plain_arrays(made: tuple[Any, tuple[Any, ...]]) -> None:
    for array in made[0].arrays().values():
        assert array.dtype.kind in "fiu"
