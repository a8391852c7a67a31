"""LightGBM's own `predict` with the trees of one of our models, on float arrays that are ready. Prints one JSON object.

    .venv/bin/python bench/peers/lightgbm_trees.py TRAIN.csv MODEL.leadline PLAN.json ROWS.parquet --target income -o ANSWERS.parquet

The artefact keeps the trees as ONNX only, so the plan is replayed and LightGBM's texts are caught on their way there; `same_trees` says
that the replayed file is that of MODEL byte for byte. Only the calls of `predict` are timed, with as many threads as ours has.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import lightgbm
import numpy as np
import polars as pl

import leadline
from leadline.artifact.inputs import read_for
from leadline.learners import trees
from leadline.machine import num_threads
from leadline.parts import COLUMN


def grown_again(train: Path, target: str, plan: Path, folder: Path) -> tuple[leadline.Model, list[str], float]:
    """The replayed model, the texts of its forests, and what is added to their mean."""
    caught: list[tuple[list[str], Any]] = []

    def catch(forests: list[list[str]], categorical: Any, **settings: Any) -> bytes:
        caught.append((forests[0], settings["base"]))
        return write(forests, categorical, **settings)

    write = trees.to_onnx
    with patch.object(trees, "to_onnx", catch):
        report = leadline.train(train, target=target, plan=plan, out=folder / "again")
    texts, base = caught[-1]  # the last one is grown from all rows that teach
    return leadline.load(report.artifact), texts, base[0]


def same_file(first: Path, second: Path) -> bool:
    return all((second / path.relative_to(first)).read_bytes() == path.read_bytes() for path in (first / "parts").iterdir())


def ready(model: leadline.Model, rows: pl.DataFrame) -> np.ndarray:
    """(n, d) float64 as the trees take it."""
    data = read_for(model.manifest, rows)
    part = model.graph.nodes[0].part
    columns = {COLUMN + name: values for name in model.manifest.types for name, values in data.features(name)[0].items()}
    return np.ascontiguousarray(part.run(*(columns[name] for name in model.graph.nodes[0].inputs)).matrix)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("train", "model", "plan", "data"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("-o", "--out", type=Path, required=True, help="where the log odds go")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model, texts, base = grown_again(asked.train, asked.target, asked.plan, Path(folder))
        same = same_file(asked.model, Path(folder) / "again.leadline")
        matrix = ready(model, pl.read_parquet(asked.data, n_rows=asked.rows))
    boosters = [lightgbm.Booster(model_str=text) for text in texts]
    boosters[0].predict(matrix[:1000], num_threads=num_threads())  # threads are started once
    began = time.perf_counter()
    total = sum(booster.predict(matrix, raw_score=True, num_threads=num_threads()) for booster in boosters)
    seconds = time.perf_counter() - began
    log_odds = (total / len(boosters) + base)[:, None]
    for node in model.graph.nodes[2:]:  # what comes after the trees: the temperature
        log_odds = node.part.run(log_odds)
    pl.DataFrame({"log_odds": log_odds[:, 0]}).write_parquet(asked.out)
    num_trees = sum(booster.num_trees() for booster in boosters)
    told = {"rows": len(matrix), "seconds": seconds, "trees": num_trees, "threads": num_threads(), "same_trees": same}
    print(json.dumps({**told, "versions": f"lightgbm {lightgbm.__version__}"}))


if __name__ == "__main__":
    main()
