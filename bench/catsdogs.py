"""Photographs: 1,000 to learn from, 500 to be judged on, from an empty cache, without vectors and with vectors, beside fastai.

    .venv/bin/python bench/catsdogs.py [--trials 5] [--peer-trials 5] [--states first,cold,kept,fastai]

States: `first` has an empty cache, as the first run ever on a machine; `cold` keeps calibration and compiled engines but no vectors; `kept`
finds the vectors of the run before. The four states take turns, so that a slow minute of the machine meets all of them. The clock of ours
runs until the process has ended, that of fastai until it has scored.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from harness import (
    DATA,
    ROOT,
    Bench,
    add_trials,
    forget_vectors,
    keep_model,
    leadline,
    parser_for,
    run,
    scratch_folder,
    train,
    training_columns,
)

FOLDER = DATA / "catsdogs"
PEER = ROOT / ".venv-peers-fastai" / "bin" / "python"
LIMITS = {"first": 40.0, "cold": 25.0, "kept": 5.0}  # seconds that each state of ours may take


def measure_ours(bench: Bench, state: str, number: int, model: Path, cache: Path) -> None:
    trial = train(FOLDER, model, cache=cache)
    bench.record(state=state, trial=number, **trial.row(), **training_columns(trial.json()))


def measure_fastai(bench: Bench, number: int) -> None:
    trial = run([str(PEER), "bench/peers/fastai_catsdogs.py", str(FOLDER), "--seed", str(number)])
    answer = json.loads(trial.stdout.splitlines()[-1])
    about = {"metric": "accuracy", "score": answer["accuracy"], "n": answer["num_test"], "peer_versions": answer["versions"]}
    bench.record(state="fastai", trial=number, **trial.row(answer["seconds"]), **about)


def accuracy_of_predictions(model: Path, cache: Path) -> float:
    """The saved model answers the test folder once more, and the folders' names are the truth: does `train` tell the truth?"""
    answers = leadline("predict", model, FOLDER / "test", "--json", cache=cache).json()["predictions"]
    return sum(Path(answer["source"]).parent.name == answer["label"] for answer in answers) / len(answers)


def measure(bench: Bench, states: list[str], trials: int, peer_trials: int, folder: Path) -> None:
    cache, model = folder / "cache", folder / "catsdogs.leadline"
    if "first" not in states and {"cold", "kept"} & set(states):
        train(FOLDER, model, cache=cache)  # calibrates, compiles and stores, unmeasured
    for number in range(max(trials, peer_trials)):
        for state in (state for state in LIMITS if state in states and number < trials):
            if state == "first":
                cache = folder / f"cache-{number}"
            if state == "cold":
                forget_vectors(cache)
            measure_ours(bench, state, number, model, cache)
        if "fastai" in states and number < peer_trials:
            measure_fastai(bench, number)
    if model.exists():
        predicted, last = accuracy_of_predictions(model, cache), [row for row in bench.rows if row["state"] != "fastai"][-1]["score"]
        bench.holds("`predict` reaches the score of `train`", f"{predicted:.4f} and {last:.4f}", abs(predicted - last) < 0.5 / 500)
        keep_model(model, "catsdogs")


def judge(bench: Bench, states: list[str]) -> None:
    for state, limit in LIMITS.items():
        if state in states:
            bench.at_most(f"{state}: seconds", bench.median("normalised_seconds", state), limit)
            bench.at_least(f"{state}: accuracy of the worst trial", min(bench.column("score", state)), 0.985)
    if {"cold", "fastai"} <= set(states):
        times = bench.median("normalised_seconds", "fastai") / bench.median("normalised_seconds", "cold")
        bench.at_least("times faster than one frozen epoch of fastai", times, 5)
        ahead = bench.median("score", "cold") - bench.median("score", "fastai")
        bench.holds("more accurate than fastai", f"{ahead:+.4f}", ahead > 0)


def main() -> int:
    parser = parser_for(__doc__)
    add_trials(parser)
    parser.add_argument("--peer-trials", type=int, help="trials of fastai; as many as ours unless given")
    parser.add_argument("--states", default="first,cold,kept,fastai", help="which states to measure")
    chosen = parser.parse_args()
    states = chosen.states.split(",")
    bench = Bench("catsdogs")
    with scratch_folder("catsdogs") as folder:
        measure(bench, states, chosen.trials, chosen.trials if chosen.peer_trials is None else chosen.peer_trials, folder)
    judge(bench, states)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
