"""Short questions of many kinds: one command of ours beside tf-idf and logistic regression, each at its defaults, on the same rows.

    .venv/bin/python bench/intents.py [--sets banking77,clinc150]

Each set is learned from at most 10,000 of its training rows, drawn with seed 0, and judged on its official test. The peer is
`peers/tfidf_logistic.py`. A paired interval over the judged rows says which differences count; the calibration error of ours is judged
too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import polars as pl

from harness import DATA, ROOT, Bench, parser_for, scratch_folder
from pictures import TRAIN_ROWS, Split, compare

TARGETS = {"banking77": "category", "clinc150": "label"}


def splits(name: str) -> Iterator[Split]:
    """(training rows, test rows), each with text and label."""
    parts = [pl.read_csv(ROOT / DATA / "intents" / name / f"{part}.csv") for part in ("train", "test")]
    train_rows, test_rows = (part.select("text", label=pl.col(TARGETS[name]).cast(pl.String)) for part in parts)
    yield train_rows[np.sort(np.random.default_rng(0).permutation(len(train_rows))[:TRAIN_ROWS])], test_rows


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--sets", default=",".join(TARGETS), help="which sets to measure")
    bench, names = Bench("intents"), parser.parse_args().sets.split(",")
    with scratch_folder("intents") as folder:
        for name in names:
            compare(bench, name, splits(name), folder, "tfidf", "tf-idf")
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
