"""How long it takes to begin: the help, the import, and one prediction in a cold process.

    .venv/bin/python bench/start.py [--trials 5]

Predictions are asked of the models that catsdogs.py, imdb.py and adult.py left in `.bench/models`; one that is missing is trained first.
`loaded` names what a predicting process imported of the packages that only training needs, seen with PYTHONPROFILEIMPORTTIME in a run that
is not timed. Cold is the process, not the disk: what the system keeps of files in memory stays there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from harness import DATA, LEADLINE, ROOT, Bench, add_trials, kept_model, leadline, parser_for, run, scratch_folder, train

TRAINING_ONLY = {"torch", "transformers", "sklearn", "scipy", "pandas", "lightgbm", "openvino", "pyarrow"}
TRAINING = {
    "catsdogs": (DATA / "catsdogs",),
    "imdb": (DATA / "imdb", "--budget", "90s"),
    "banking77": (DATA / "intents" / "banking77",),
    "adult": (DATA / "tabular" / "adult_train.csv", "--target", "income"),
}


def questions(folder: Path) -> dict[str, tuple[str, Path]]:
    """What is asked of which model: one photograph, one review (n-grams), one question (MiniLM), one row without its target."""
    review, question, row = folder / "review.csv", folder / "question.txt", folder / "row.csv"
    question.write_text("I lost my card, what now?")
    pl.read_parquet(ROOT / DATA / "imdb" / "test.parquet").head(1).drop("label").write_csv(review)
    pl.read_csv(ROOT / DATA / "tabular" / "adult_test.csv").head(1).drop("income").write_csv(row)
    photograph = min((ROOT / DATA / "catsdogs" / "test" / "cat").iterdir())
    return {"picture": ("catsdogs", photograph), "text": ("imdb", review), "text by MiniLM": ("banking77", question), "row": ("adult", row)}


def training_packages(command: list[str], cache: Path) -> str:
    """Those of TRAINING_ONLY that the command imports."""
    profile = run(command, {"LEADLINE_CACHE": str(cache), "PYTHONPROFILEIMPORTTIME": "1"}).stderr
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in profile.splitlines() if line.startswith("import time:")}
    return " ".join(sorted(names & TRAINING_ONLY)) or "none"


def measure(bench: Bench, state: str, command: list[str], trials: int, cache: Path) -> None:
    loaded = training_packages(command, cache)
    for number in range(trials):
        trial = run(command, {"LEADLINE_CACHE": str(cache)})
        bench.record(state=state, trial=number, **trial.row(), loaded=loaded)


def main() -> int:
    parser = parser_for(__doc__)
    add_trials(parser)
    trials, bench = parser.parse_args().trials, Bench("start")
    with scratch_folder("start") as folder:
        cache = folder / "cache"
        asked = questions(folder)
        for model, _ in asked.values():
            if not kept_model(model).exists():
                data, *options = TRAINING[model]
                train(data, kept_model(model), *options, cache=cache)
        measure(bench, "help", [LEADLINE, "--help"], trials, cache)
        measure(bench, "empty interpreter", [sys.executable, "-c", "pass"], trials, cache)
        measure(bench, "import", [sys.executable, "-c", "import leadline"], trials, cache)
        for state, (model, file) in asked.items():
            leadline("predict", kept_model(model), file, "--json", cache=cache)  # what is kept after the first prediction is kept
            measure(bench, state, [LEADLINE, "predict", str(kept_model(model)), str(file), "--json"], trials, cache)
    bench.at_most("leadline --help, seconds", bench.median("normalised_seconds", "help"), 0.3)
    more = bench.median("normalised_seconds", "import") - bench.median("normalised_seconds", "empty interpreter")
    bench.at_most("import leadline, seconds more than an empty interpreter", more, 0.1)
    for state in asked:
        bench.at_most(f"predict one {state}, seconds", bench.median("normalised_seconds", state), 1.0)
        bench.at_most(f"predict one {state}, peak MB", bench.median("peak_memory_mb", state), 300)
        loaded = next(row["loaded"] for row in bench.rows if row["state"] == state)
        bench.holds(f"predict one {state} imports no training package", loaded, loaded == "none")
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
