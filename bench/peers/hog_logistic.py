"""Pictures by scikit-image's HOG and scikit-learn's logistic regression, both at their defaults, on pictures of 64 x 64 pixels.

    .venv/bin/python bench/peers/hog_logistic.py TRAIN.parquet TEST.parquet -o ROWS.parquet

Both tables have the columns image (bytes) and label. Writes for each test row whether it was right, and prints one JSON line. What was
chosen: 64 pixels, as the claim says; grey pictures stay grey, others are measured in their strongest colour, as `channel_axis` does.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

SIDE = 64


def features(content: bytes) -> np.ndarray:
    from skimage.feature import hog

    image = Image.open(BytesIO(content))
    grey = image.mode in ("1", "L", "I;16")
    pixels = np.asarray(image.convert("L" if grey else "RGB").resize((SIDE, SIDE)))
    vector: np.ndarray = hog(pixels, channel_axis=None if grey else -1)
    return vector


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    asked = parser.parse_args()
    began = time.perf_counter()
    from sklearn.linear_model import LogisticRegression

    train, test = pl.read_parquet(asked.train), pl.read_parquet(asked.test)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a hundred iterations, its default, may not be enough for it
        model = LogisticRegression().fit(np.stack([features(one) for one in train["image"]]), train["label"].to_numpy())
    answers = model.predict(np.stack([features(one) for one in test["image"]]))
    seconds = time.perf_counter() - began
    right = answers == test["label"].to_numpy()
    pl.DataFrame({"right": right}).write_parquet(asked.out)
    versions = "; ".join(f"{name} {version(name)}" for name in ("scikit-image", "scikit-learn"))
    print(json.dumps({"accuracy": float(right.mean()), "seconds": seconds, "versions": versions}))


if __name__ == "__main__":
    main()
