"""AutoGluon on a table: medium_quality within a minute, judged on a given test table. Prints one JSON object.

    .venv-peers-autogluon/bin/python bench/peers/autogluon_adult.py TRAIN.csv TEST.csv --target income --positive '>50K' -o ROWS.parquet

Both tables are as pandas reads them: a `?` is one more category. ROWS.parquet holds, per test row, the probability of the positive class
and whether the predicted class is right, for paired comparison.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import pandas as pd
from autogluon.tabular import TabularPredictor
from process import peak_memory_mb, seconds_since_start, versions
from sklearn.metrics import roc_auc_score

PRESET, TIME_LIMIT_SECONDS = "medium_quality", 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--positive", required=True)
    parser.add_argument("-o", "--rows", type=Path, required=True)
    chosen = parser.parse_args()
    train, test = pd.read_csv(chosen.train), pd.read_csv(chosen.test)
    with tempfile.TemporaryDirectory(dir=chosen.rows.parent) as folder, redirect_stdout(sys.stderr):
        predictor = TabularPredictor(chosen.target, path=folder)
        predictor.fit(train, presets=PRESET, time_limit=TIME_LIMIT_SECONDS)
        fitted = seconds_since_start()
        probability = predictor.predict_proba(test)[chosen.positive].to_numpy()
        right = (predictor.predict(test) == test[chosen.target]).to_numpy()
        scored = seconds_since_start()
        models = predictor.model_names()
        disk_mb = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6
    pd.DataFrame({"probability": probability, "right": right}).to_parquet(chosen.rows, index=False)
    print(json.dumps({
        "accuracy": float(right.mean()),
        "roc_auc": float(roc_auc_score(test[chosen.target] == chosen.positive, probability)),
        "num_test": len(test),
        "fit_seconds": fitted,
        "seconds": scored,
        "disk_mb": disk_mb,
        "peak_memory_mb": peak_memory_mb(),
        "models": models,
        "versions": versions("autogluon.tabular", "lightgbm", "catboost", "xgboost-cpu", "fastai", "torch"),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
