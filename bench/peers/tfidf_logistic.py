"""Texts by scikit-learn's tf-idf and logistic regression, both at their defaults.

    .venv/bin/python bench/peers/tfidf_logistic.py TRAIN.parquet TEST.parquet -o ROWS.parquet

Both tables have the columns text and label. Writes for each test row whether it was right, and prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import polars as pl


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    asked = parser.parse_args()
    began = time.perf_counter()
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    train, test = pl.read_parquet(asked.train), pl.read_parquet(asked.test)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a hundred iterations, its default, may not be enough for it
        model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(train["text"].to_list(), train["label"].to_numpy())
    right = model.predict(test["text"].to_list()) == test["label"].to_numpy()
    pl.DataFrame({"right": right}).write_parquet(asked.out)
    about = f"scikit-learn {version('scikit-learn')}"
    print(json.dumps({"accuracy": float(right.mean()), "seconds": time.perf_counter() - began, "versions": about}))


if __name__ == "__main__":
    main()
