"""Pictures of four kinds: one command of ours beside HOG and logistic regression, each at its defaults, on the same rows.

    .venv/bin/python bench/pictures.py [--sets pneumoniamnist,faces,mnist,cifar10] [--folds 5]

Each set is learned from at most 10,000 of its training rows, drawn with seed 0, and judged on its official test. `faces` has none:
five outer folds of all rows, seed 0, stratified by person; `train` sees the other four, and the rows judged are put together.
The peer is `peers/hog_logistic.py` (scikit-image's HOG at 64 pixels). A paired interval over the judged rows says which differences count.
Where 1,000 rows or more judge, the calibration error of ours is judged too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from harness import DATA, ROOT, Bench, leadline, parser_for, run, scratch_folder, train, training_columns
from paired import ENOUGH, MOST_ERROR, accuracy, calibration_error, paired_difference

TRAIN_ROWS, FOLDS = 10_000, 5
TABLES = {"pneumoniamnist": DATA / "medical" / "pneumoniamnist", "mnist": DATA / "mnist", "cifar10": DATA / "cifar10"}
SETS = ("pneumoniamnist", "faces", "mnist", "cifar10")
Split = tuple[pl.DataFrame, pl.DataFrame]


def table_splits(name: str) -> Iterator[Split]:
    """(training rows, test rows), each with image (bytes) and label."""
    train_rows, test_rows = (pl.read_parquet(ROOT / TABLES[name] / f"{split}.parquet") for split in ("train", "test"))
    chosen = np.sort(np.random.default_rng(0).permutation(len(train_rows))[:TRAIN_ROWS])
    yield plain(train_rows[chosen]), plain(test_rows)


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.col("image").struct.field("bytes").alias("image"), pl.format("class {}", "label").alias("label"))


def face_splits(num_folds: int) -> Iterator[Split]:
    """Two of each person's ten pictures judge in every fold."""
    files = sorted((ROOT / DATA / "faces").glob("s*/*.png"))
    rows = pl.DataFrame({"image": [file.read_bytes() for file in files], "label": [file.parent.name for file in files]})
    order = np.random.default_rng(0).permutation(len(rows))
    turn = rows[order].select(turn=pl.int_range(pl.len()).over("label"))["turn"].to_numpy() % FOLDS
    for fold in range(num_folds):
        yield rows[np.sort(order[turn != fold])], rows[np.sort(order[turn == fold])]


def measure(
    bench: Bench, name: str, fold: int, split: Split, folder: Path, cache: Path, peer: str = "hog"
) -> tuple[np.ndarray, np.ndarray]:
    """Which test rows ours and the peer had right."""
    source, model, rows = folder / name, folder / f"{name}.leadline", folder / "peer.parquet"
    source.mkdir(exist_ok=True)
    tables = [source / f"{part}.parquet" for part in ("train", "test")]
    for table, path in zip(split, tables, strict=True):
        table.write_parquet(path)
    trial = train(source, model, "--target", "label", cache=cache)
    answer = trial.json()
    leadline("predict", model, tables[1], "-o", folder / "answers.parquet", cache=cache)
    answers = pl.read_parquet(folder / "answers.parquet")
    ours = (answers["label"] == split[1]["label"]).fill_null(False).to_numpy()
    error = calibration_error(answers.select(pl.col("^p\\(.*\\)$")), ours)
    if len(ours) >= ENOUGH:
        bench.at_most(f"{name}: calibration error (ECE, 15 bins)", error, MOST_ERROR)
    board = " ".join(f"{entry['learner']}={entry['score']:.4f}" for entry in answer["leaderboard"])
    left = " ".join(entry["learner"] for entry in answer["skipped"])
    about = {"data": name, "accuracy": float(ours.mean()), "ece": round(error, 4), "leaderboard": board, "skipped": left}
    bench.record(state=f"{name} ours", trial=fold, **trial.row(), **training_columns(answer), **about, peer_versions="")
    trial = run([sys.executable, f"bench/peers/{peer}_logistic.py", *map(str, tables), "-o", str(rows)])
    answer = json.loads(trial.stdout.splitlines()[-1])
    about = {"data": name, "accuracy": answer["accuracy"], "peer_versions": answer["versions"]}
    bench.record(state=f"{name} {peer}", trial=fold, **trial.row(answer["seconds"]), **about)
    return ours, pl.read_parquet(rows)["right"].to_numpy()


def compare(bench: Bench, name: str, splits: Iterable[Split], folder: Path, peer: str = "hog", called: str = "HOG") -> None:
    pairs = [measure(bench, name, fold, split, folder, folder / "cache", peer) for fold, split in enumerate(splits)]
    ours, theirs = (np.concatenate(answers) for answers in zip(*pairs, strict=True))
    difference = paired_difference([accuracy(ours)], accuracy(theirs), len(ours))
    columns = {"metric": "accuracy", "score": difference.value, "low": difference.low, "high": difference.high, "n": len(ours)}
    bench.record(state=f"{name} difference", data=name, **columns)
    claim = f"{name}: accuracy {ours.mean():.4f} not significantly below {called} and logistic regression ({theirs.mean():.4f})"
    bench.holds(claim, str(difference), not difference.significantly_below)


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--sets", default=",".join(SETS), help="which sets to measure")
    parser.add_argument("--folds", type=int, default=FOLDS, help="how many of the five folds of faces to judge")
    chosen = parser.parse_args()
    bench = Bench("pictures")
    with scratch_folder("pictures") as folder:
        for name in chosen.sets.split(","):
            compare(bench, name, face_splits(chosen.folds) if name == "faces" else table_splits(name), folder)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
