"""Large made-up data that several benches share, written once under .bench/: a million rows, a hundred thousand pictures.

Made up where no real set is that large: the rows follow a known rule with noise, the pictures are CIFAR-10's and blends of two of a class.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from harness import DATA, ROOT, SCRATCH

ROWS = 1_000_000
PICTURES = 100_000


def million_rows(ending: str) -> Path:
    """A table of 20 columns (10 numbers, 5 whole numbers, 5 categories) and a target `answer`, as `.csv` or `.parquet`."""
    path = SCRATCH / "large" / f"rows{ending}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = _rows(ROWS, seed=0)
        frame.write_csv(path) if ending == ".csv" else frame.write_parquet(path)
    return path


def _rows(num_rows: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    numbers = {f"number_{k}": np.round(rng.normal(100, 20, num_rows), 4) for k in range(10)}
    whole = {f"whole_{k}": rng.integers(0, 10 ** (k + 1), num_rows) for k in range(5)}
    kinds = [10, 100, 1_000, 10, 100]
    codes = {f"kind_{k}": rng.integers(0, kinds[k], num_rows) for k in range(5)}
    names = {name: pl.Series([f"kind {code}" for code in range(kinds[k])]).gather(codes[name]) for k, name in enumerate(codes)}
    odds = (numbers["number_0"] - 100) / 20 + np.sin(whole["whole_1"] / 15) + (codes["kind_0"] % 3 - 1) + rng.logistic(0, 1, num_rows)
    return pl.DataFrame({**numbers, **whole, **names, "answer": np.where(odds > 0, "yes", "no")})


def many_pictures() -> Path:
    """Class folders of 32 x 32 JPEG files."""
    folder = SCRATCH / "large" / "pictures"
    done = folder.with_suffix(".done")
    if not done.exists():
        rng = np.random.default_rng(0)
        table = pl.concat([pl.read_parquet(ROOT / DATA / "cifar10" / f"{part}.parquet") for part in ("train", "test")])
        contents, labels = table["image"].struct.field("bytes").to_list(), table["label"].to_numpy()
        for label in range(10):
            (folder / str(label)).mkdir(parents=True, exist_ok=True)
        for number in range(PICTURES):
            label = labels[number % len(labels)]
            content = contents[number] if number < len(contents) else _blend(contents, np.flatnonzero(labels == label), rng)
            (folder / str(label) / f"{number:06d}.jpg").write_bytes(content)
        done.touch()
    return folder


def _blend(contents: list[bytes], rows: np.ndarray, rng: np.random.Generator) -> bytes:
    first, second = (Image.open(io.BytesIO(contents[row])).convert("RGB") for row in rng.choice(rows, 2, replace=False))
    stream = io.BytesIO()
    Image.blend(first, second, 0.5).save(stream, "JPEG", quality=95)
    return stream.getvalue()
