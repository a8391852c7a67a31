"""Ten million rows answered from a Parquet file into a Parquet file, beside LightGBM's own `predict` with the same trees.

    .venv/bin/python bench/predict_many.py [--rows 10000000] [--trials 1]

The model is that of `adult_train.csv` in a budget of 60 s, the rows are drawn from `adult_test.csv` and stay in `.bench`. LightGBM
answers a million of them from float arrays that are ready in memory, on as many threads, before and after ours: it neither reads,
prepares nor writes. Ours is the whole command, from the start of the process.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl

from harness import DATA, ROOT, SCRATCH, Bench, Trial, add_trials, leadline, parser_for, run, scratch_folder, train

TRAIN, TEST = DATA / "tabular" / "adult_train.csv", DATA / "tabular" / "adult_test.csv"
TARGET, POSITIVE = "income", ">50K"
PEER_ROWS, DRAWN_AT_ONCE = 1_000_000, 250_000
MOST_MB, SHARE = 1_000.0, 1 / 3
CLOSE = 1e-6  # LightGBM adds up a row's trees in another order


def rows_file(num_rows: int) -> Path:
    """The rows, made once; seed 0."""
    path = SCRATCH / f"adult_{num_rows}.parquet"
    if not path.exists():
        test, rng = pl.read_csv(ROOT / TEST), np.random.default_rng(0)
        with scratch_folder("rows") as parts:
            for number, start in enumerate(range(0, num_rows, DRAWN_AT_ONCE)):
                drawn = rng.integers(0, test.height, min(DRAWN_AT_ONCE, num_rows - start))
                test[drawn].write_parquet(parts / f"{number:06}.parquet")
            pl.scan_parquet(parts / "*.parquet").sink_parquet(path)
    return path


def measure_peer(bench: Bench, state: str, model: Path, plan: Path, rows: Path, answers: Path) -> None:
    peer = [sys.executable, "bench/peers/lightgbm_trees.py", str(TRAIN), str(model), str(plan), str(rows)]
    trial = run([*peer, "--target", TARGET, "--rows", str(PEER_ROWS), "-o", str(answers)])
    told = json.loads(trial.stdout.splitlines()[-1])
    about = {name: told[name] for name in ("rows", "trees", "threads", "same_trees")}
    rate = round(told["rows"] / told["seconds"])
    bench.record(state=state, rows_per_second=rate, **about, **trial.row(told["seconds"]), peer_versions=told["versions"])


def measure_ours(bench: Bench, number: int, model: Path, rows: Path, out: Path, cache: Path) -> Trial:
    trial = leadline("predict", model, rows, "-o", out, "--json", cache=cache)
    told = trial.json()
    about = {"rows": told["num_rows"], "bad": told["num_bad"], "own_seconds": told["seconds"]}
    bench.record(state="ours", trial=number, rows_per_second=round(told["num_rows"] / trial.seconds), **about, **trial.row())
    return trial


def apart(out: Path, answers: Path) -> float:
    """The largest difference between our probabilities and LightGBM's."""
    log_odds = pl.read_parquet(answers)["log_odds"].to_numpy()
    ours = pl.read_parquet(out, columns=[f"p({POSITIVE})"], n_rows=len(log_odds)).to_series().to_numpy()
    return float(np.abs(ours - 1 / (1 + np.exp(-log_odds))).max())


def judge(bench: Bench, num_rows: int, out: Path, answers: Path) -> None:
    peers = [row for row in bench.rows if row["state"].startswith("lightgbm")]
    theirs = float(np.mean([row["rows_per_second"] for row in peers]))
    bench.holds("LightGBM has the same trees", f"{peers[0]['trees']} trees", all(row["same_trees"] for row in peers))
    difference = apart(out, answers)
    bench.at_most("largest difference of a probability", difference, CLOSE)
    bench.holds("every row is answered, in order", f"{num_rows:,}", in_order(out, num_rows))
    bench.at_least("speed as a share of LightGBM's", bench.median("rows_per_second", "ours") / theirs, SHARE)
    bench.at_most("peak memory in MB", max(bench.column("peak_memory_mb", "ours")), MOST_MB)


def in_order(out: Path, num_rows: int) -> bool:
    rows = pl.scan_parquet(out).select(pl.len(), good=(pl.col("row").diff().drop_nulls() == 1).all()).collect(engine="streaming")
    return rows.row(0) == (num_rows, True)


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="how many rows")
    add_trials(parser)
    parser.set_defaults(trials=1)
    chosen = parser.parse_args()
    bench, rows = Bench("predict_many"), rows_file(chosen.rows)
    with scratch_folder("predict_many") as folder:
        cache, model, out, answers = folder / "cache", folder / "adult.leadline", folder / "out.parquet", folder / "answers.parquet"
        plan = ROOT / train(TRAIN, model, "--target", TARGET, "--budget", "60s", cache=cache).json()["run"] / "plan.json"
        measure_peer(bench, "lightgbm before", model, plan, rows, answers)
        for number in range(chosen.trials):
            measure_ours(bench, number, model, rows, out, cache)
        measure_peer(bench, "lightgbm after", model, plan, rows, answers)
        judge(bench, chosen.rows, out, answers)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
