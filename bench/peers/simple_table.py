"""LightGBM and a linear model at their defaults on a table: their answers to a given test table. Prints one JSON object.

    .venv/bin/python bench/peers/simple_table.py TRAIN.csv TEST.csv --target income --model lightgbm|linear -o ANSWERS.parquet [--regress]

LightGBM takes words as categories. The linear model takes numbers in standard units (the median where missing) and words one-hot:
LogisticRegression (max_iter 1,000, so that it converges) or Ridge. ANSWERS.parquet is as that of autogluon_table.py.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from process import seconds_since_start, versions
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def linear(regress: bool) -> Any:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(columns, Ridge() if regress else LogisticRegression(max_iter=1_000))


def as_categories(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    words = train.select_dtypes(exclude="number").columns
    train = train.astype(dict.fromkeys(words, "category"))
    return train, test.astype({name: train[name].dtype for name in words})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--model", choices=["lightgbm", "linear"], required=True)
    parser.add_argument("--regress", action="store_true", help="the target is a number")
    parser.add_argument("-o", "--answers", type=Path, required=True)
    chosen = parser.parse_args()
    train, test = pd.read_csv(chosen.train), pd.read_csv(chosen.test).drop(columns=chosen.target)
    target, train = train[chosen.target], train.drop(columns=chosen.target)
    if chosen.model == "lightgbm":
        train, test = as_categories(train, test)
        model = (LGBMRegressor if chosen.regress else LGBMClassifier)(verbosity=-1)
    else:
        model = linear(chosen.regress)
    model.fit(train, target)
    if chosen.regress:
        answers = pd.DataFrame({"value": model.predict(test)})
    else:
        answers = pd.DataFrame(model.predict_proba(test), columns=[f"p({name})" for name in model.classes_])
    answers.to_parquet(chosen.answers, index=False)
    print(json.dumps({"fit_seconds": seconds_since_start(), "versions": versions("lightgbm", "scikit-learn", "pandas")}))


if __name__ == "__main__":
    main()
