"""Texts without a network's cost: words and their meanings from a table, beside the frozen network that the table was made of.

    .venv/bin/python bench/texts.py [--sets banking77 clinc150 imdb] [--rows 2000] [--learners static+mlp probe] [--budget 10m]

`static+mlp` (n-grams and the table of word meanings: a linear model and a small network, blended where that is better) and `probe`
(all-MiniLM-L6-v2, 256 tokens, and a logistic head) learn from the same training rows, each side alone within the budget, and answer the
official test through the artefact that was saved. `texts_per_second` is that of the second of two passes over the test texts in one
process, from strings to a table of answers. `--rows` takes so many training and test rows at random, for a look at `imdb` in minutes:
the network reads 30 to 50 reviews a second.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import leadline as ll
from harness import DATA, STEADY, Bench, folder_mb, parser_for, scratch_folder
from leadline.machine import OthersCPU
from leadline.workflow.fit import fit
from paired import ENOUGH, MOST_ERROR, calibration_error
from reference import ROOT, normalised, reference_seconds

# Files of the two parts, the columns of texts and of answers, and how many texts a second the table has to answer.
SETS: dict[str, tuple[str, str, str, str, int]] = {
    "banking77": ("intents/banking77/train.csv", "intents/banking77/test.csv", "text", "category", 5_000),
    "clinc150": ("intents/clinc150/train.csv", "intents/clinc150/test.csv", "text", "label", 5_000),
    "imdb": ("imdb/train.parquet", "imdb/test.parquet", "text", "label", 1_500),
}
OURS, PEER = "static+mlp", "probe"


def rows_of(name: str, part: int, limit: int | None) -> pl.DataFrame:
    path = ROOT / DATA / SETS[name][part]
    frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    frame = frame.select(SETS[name][2], pl.col(SETS[name][3]).cast(pl.String))
    return frame.sample(min(limit, len(frame)), seed=0, shuffle=True) if limit else frame


def measured(bench: Bench, name: str, learner: str, limit: int | None, budget: str) -> None:
    """Learns, saves, loads and answers; one row of the CSV."""
    text, target = SETS[name][2:4]
    teaching, judging = rows_of(name, 0, limit), rows_of(name, 1, limit)
    others, before = OthersCPU(), reference_seconds()
    with scratch_folder("texts") as folder:
        began = time.perf_counter()
        learned = fit(ll.read(teaching, target=target), folder / "model", task="classify", budget=budget, learners=learner.split("+"))
        if learned.skipped:
            sys.exit(f"{name}: left out, {'; '.join(f'{one.learner}: {one.why}' for one in learned.skipped)}: give it a longer --budget")
        fitted = time.perf_counter() - began
        answers, seconds = answered(folder / "model", judging.select(text))
        megabytes = folder_mb(folder / "model")
    after = reference_seconds()
    disturbed = abs(after / before - 1) > STEADY or others.share() > 0.05
    right = (answers["label"] == judging[target]).to_numpy()
    error = calibration_error(answers.select(pl.col("^p\\(.*\\)$")), right)
    bench.record(
        state=f"{name} {learner}", rows=len(teaching), accuracy=round(float(np.mean(right)), 5), n=len(judging), ece=round(error, 4),
        texts_per_second=round(len(judging) / seconds, 1), seconds=round(seconds, 3),
        normalised_seconds=round(normalised(seconds, (before + after) / 2), 3), fit_seconds=round(fitted, 1),
        reference_before=round(before, 4), reference_after=round(after, 4), artefact_mb=round(megabytes, 2),
        others_cpu=round(others.share(), 3), disturbed="yes" if disturbed else "no",
    )  # fmt: skip


def answered(model: Path, texts: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """All answers, and the seconds of the second pass where one takes under two minutes."""
    loaded = ll.load(model)
    for _ in range(2):
        began = time.perf_counter()
        answers = pl.concat(loaded.predict_batches(texts))
        seconds = time.perf_counter() - began
        if seconds > 120:
            break
    return answers, seconds


def judge(bench: Bench, name: str, learners: list[str]) -> None:
    def last(learner: str, column: str) -> Any:
        return bench.column(column, f"{name} {learner}")[-1]

    if OURS in learners:
        rate = last(OURS, "n") / last(OURS, "normalised_seconds")
        bench.at_least(f"{name}: texts a second, normalised", rate, SETS[name][4])
        if last(OURS, "n") >= ENOUGH:
            bench.at_most(f"{name}: calibration error (ECE, 15 bins)", last(OURS, "ece"), MOST_ERROR)
    if {OURS, PEER} <= set(learners):
        bench.at_least(f"{name}: accuracy, less that of the frozen network", last(OURS, "accuracy") - last(PEER, "accuracy"), -0.01)


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--learners", nargs="+", choices=(OURS, "static", "mlp", PEER), default=[OURS, PEER])
    parser.add_argument("--rows", type=int, help="so many of the training and of the test rows")
    parser.add_argument("--budget", default="10m", help="for each learner")
    chosen = parser.parse_args()
    bench = Bench("texts")
    for name in chosen.sets:
        for learner in chosen.learners:
            measured(bench, name, learner, chosen.rows, chosen.budget)
        judge(bench, name, chosen.learners)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
