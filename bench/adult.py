"""A table: census income, five seeds of ours beside AutoGluon's medium_quality in a minute, judged on the official test rows.

    .venv/bin/python bench/adult.py [--seeds 5] [--keep-peer]

The table is learned from `adult_train.csv` alone, within a third of AutoGluon's minute; `predict` answers `adult_test.csv`. Ours and
AutoGluon's answers to the same rows give the paired intervals. `--keep-peer` compares with AutoGluon's answers of an earlier run instead of
a new minute of it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from harness import (
    DATA,
    ROOT,
    SCRATCH,
    Bench,
    forget_vectors,
    keep_model,
    leadline,
    parser_for,
    run,
    scratch_folder,
    train,
    training_columns,
)
from paired import accuracy, paired_difference, roc_auc

TRAIN, TEST = DATA / "tabular" / "adult_train.csv", DATA / "tabular" / "adult_test.csv"
TARGET, POSITIVE = "income", ">50K"
PEER = ROOT / ".venv-peers-autogluon" / "bin" / "python"
PEER_ROWS = SCRATCH / "autogluon_adult.parquet"
THIRD_OF_A_MINUTE = 20.0


@dataclass(frozen=True)
class Answers:
    """What one model said to the test rows: the probability of the positive class, and whether its class was right."""

    probability: np.ndarray
    right: np.ndarray


def our_answers(model: Path, truth: np.ndarray, cache: Path) -> Answers:
    predictions = leadline("predict", model, TEST, "--json", cache=cache).json()["predictions"]
    probability = np.array([prediction["probabilities"][POSITIVE] for prediction in predictions])
    return Answers(probability, np.array([prediction["label"] for prediction in predictions]) == truth)


def measure_autogluon(bench: Bench) -> None:
    options = ["--target", TARGET, "--positive", POSITIVE, "-o", str(PEER_ROWS)]
    trial = run([str(PEER), "bench/peers/autogluon_adult.py", str(TRAIN), str(TEST), *options])
    answer = json.loads(trial.stdout.splitlines()[-1])
    about = {"learner": " ".join(answer["models"]), "artefact_mb": round(answer["disk_mb"], 1), "peer_versions": answer["versions"]}
    bench.record(state="autogluon", accuracy=answer["accuracy"], roc_auc=answer["roc_auc"], **trial.row(answer["seconds"]), **about)


def measure_ours(bench: Bench, seed: int, model: Path, cache: Path, truth: np.ndarray) -> Answers:
    """Trains with nothing stored but the calibration, then answers the test rows."""
    forget_vectors(cache)
    trial = train(TRAIN, model, "--target", TARGET, "--seed", str(seed), "--budget", f"{THIRD_OF_A_MINUTE:g}s", cache=cache)
    answers = our_answers(model, truth, cache)
    scores = {"accuracy": float(answers.right.mean()), "roc_auc": roc_auc(truth == POSITIVE, answers.probability)(np.ones(len(truth)))}
    bench.record(state="ours", trial=seed, **scores, **trial.row(), **training_columns(trial.json()))
    return answers


def judge(bench: Bench, ours: list[Answers], truth: np.ndarray) -> None:
    table = pl.read_parquet(PEER_ROWS)
    theirs = Answers(table["probability"].to_numpy(), table["right"].to_numpy())
    positive = truth == POSITIVE
    differences = {
        "accuracy": paired_difference([accuracy(a.right) for a in ours], accuracy(theirs.right), len(truth)),
        "roc_auc": paired_difference([roc_auc(positive, a.probability) for a in ours], roc_auc(positive, theirs.probability), len(truth)),
    }
    for name, difference in differences.items():
        mean = np.mean(bench.column(name, "ours"))
        bench.holds(f"{name} {mean:.4f} not significantly below AutoGluon's", str(difference), not difference.significantly_below)
        bench.record(state="difference", metric=name, score=difference.value, low=difference.low, high=difference.high, n=len(truth))
    bench.at_most("seconds of `train`", bench.median("normalised_seconds", "ours"), THIRD_OF_A_MINUTE)
    bench.at_most("artefact in MB", max(bench.column("artefact_mb", "ours")), 5)


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds of ours")
    parser.add_argument("--keep-peer", action="store_true", help="compare with AutoGluon's answers of an earlier run")
    chosen = parser.parse_args()
    bench, truth = Bench("adult"), pl.read_csv(ROOT / TEST)[TARGET].to_numpy()
    if not (chosen.keep_peer and PEER_ROWS.exists()):
        measure_autogluon(bench)
    with scratch_folder("adult") as folder:
        cache, model = folder / "cache", folder / "adult.leadline"
        train(TRAIN, model, "--target", TARGET, cache=cache)  # calibrates, unmeasured
        ours = [measure_ours(bench, seed, model, cache, truth) for seed in range(chosen.seeds)]
        keep_model(model, "adult")
    judge(bench, ours, truth)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
