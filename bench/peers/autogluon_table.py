"""AutoGluon on a table: medium_quality within a minute, its answers to a given test table. Prints one JSON object.

    .venv-peers-autogluon/bin/python bench/peers/autogluon_table.py TRAIN.csv TEST.csv --target income -o ANSWERS.parquet [--regress]

ANSWERS.parquet holds a column `p(CLASS)` for every class, or `value`. `row_ms` is the median time of one warm row in this loaded process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

import pandas as pd
from autogluon.tabular import TabularPredictor
from process import peak_memory_mb, seconds_since_start, versions

PRESET, WARM_ROWS = "medium_quality", 30


def row_ms(predictor: TabularPredictor, rows: pd.DataFrame) -> float:
    seconds = []
    for place in range(WARM_ROWS):
        began = time.perf_counter()
        predictor.predict(rows.iloc[[place % len(rows)]])
        seconds.append(time.perf_counter() - began)
    return 1_000 * statistics.median(seconds[5:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--regress", action="store_true", help="the target is a number")
    parser.add_argument("-o", "--answers", type=Path, required=True)
    chosen = parser.parse_args()
    train, test = pd.read_csv(chosen.train), pd.read_csv(chosen.test).drop(columns=chosen.target)
    with tempfile.TemporaryDirectory(dir=chosen.answers.parent) as folder, redirect_stdout(sys.stderr):
        predictor = TabularPredictor(chosen.target, path=folder, problem_type="regression" if chosen.regress else None)
        predictor.fit(train, presets=PRESET, time_limit=chosen.seconds)
        fitted = seconds_since_start()
        if chosen.regress:
            answers = predictor.predict(test).rename("value").to_frame()
        else:
            answers = predictor.predict_proba(test).rename(columns=lambda name: f"p({name})")
        warm, models = row_ms(predictor, test), predictor.model_names()
        disk_mb = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6
    answers.to_parquet(chosen.answers, index=False)
    print(json.dumps({
        "fit_seconds": fitted, "artefact_mb": disk_mb, "row_ms": warm, "peak_memory_mb": peak_memory_mb(), "models": models,
        "versions": versions("autogluon.tabular", "lightgbm", "catboost", "xgboost-cpu", "fastai", "torch"),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
