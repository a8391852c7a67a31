"""The one dial: six sets at four budgets. Each run ends in time, and a larger budget is never significantly worse.

    .venv/bin/python bench/budget.py [--sets catsdogs,imdb,...] [--budgets 10s,30s,2m,10m] [--seeds 3]

A run before the first measured one makes the machine known (the budget does not cover that); every measured run finds no stored vectors.
The largest budget is run with one seed, the others with as many as asked. Sets and budgets may be run one after another: what these
sources (the same commit) were measured at before is judged with them, each run where it was measured last.

What is compared are answers to the same judging rows: the share that is right, for numbers minus the squared error as a share of the
variance, seeds averaged within each row.
"""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from harness import DATA, RESULTS, ROOT, SCRATCH, Bench, forget_vectors, leadline, parser_for, scratch_folder, train, training_columns
from leadline.plan.budget import parse_budget
from reference import commit

BUDGETS = ("10s", "30s", "2m", "10m")
MOST = 1.2  # times the budget
SHARE = 0.9  # of the runs have to end by then


@dataclass(frozen=True)
class Source:
    """A file that teaches and one that judges, or a folder of both; of a file alone a fifth of the rows, drawn with seed 0, judges."""

    name: str
    target: str
    teaching: str
    judging: str = ""

    @property
    def options(self) -> list[str]:
        return ["--target", self.target] if self.target else []


SOURCES = (
    Source("catsdogs", "", "catsdogs"),
    Source("imdb", "label", "imdb/train.parquet", "imdb/test.parquet"),
    Source("banking77", "category", "intents/banking77/train.csv", "intents/banking77/test.csv"),
    Source("adult", "income", "tabular/adult_train.csv", "tabular/adult_test.csv"),
    Source("california_housing", "median_house_value", "tabular/california_housing.csv"),
    Source("mnist", "label", "mnist/train.parquet", "mnist/test.parquet"),
)


def put(source: Source, folder: Path) -> Path:
    """A folder with train* and test*, as anybody would have it."""
    given = ROOT / DATA / source.teaching
    if given.is_dir():
        return given
    parts = folder / source.name
    parts.mkdir()
    if source.judging:
        shutil.copyfile(given, parts / f"train{given.suffix}")
        shutil.copyfile(ROOT / DATA / source.judging, parts / f"test{given.suffix}")
        return parts
    whole = pl.read_csv(ROOT / DATA / source.teaching)
    judges = np.random.default_rng(0).permutation(whole.height) < 0.2 * whole.height
    whole.filter(~judges).write_csv(parts / "train.csv")
    whole.filter(judges).write_csv(parts / "test.csv")
    return parts


def merits(model: Path, source: Source, parts: Path, folder: Path, cache: Path) -> np.ndarray:
    """(n,) how good the answer to each judging row is; rows in the order of their sources."""
    judging = next(path for path in sorted(parts.iterdir()) if path.name.startswith("test"))
    leadline("predict", model, judging, "-o", folder / "answers.parquet", cache=cache)
    answers = pl.read_parquet(folder / "answers.parquet")
    if judging.is_dir():
        answers = answers.sort("source")
        return _right(answers["label"] == answers["source"].map_elements(lambda path: Path(path).parent.name, pl.String))
    truth = (pl.read_parquet if judging.suffix == ".parquet" else pl.read_csv)(judging)[source.target]
    if "value" in answers.columns:
        assert not answers["value"].null_count(), "rows without an answer"
        return -(((answers["value"] - truth) ** 2) / float(np.var(truth.to_numpy()))).to_numpy()
    return _right(answers["label"] == truth.cast(pl.String))


def _right(equal: pl.Series) -> np.ndarray:
    """No answer is a wrong one."""
    return equal.fill_null(False).to_numpy().astype(float)


def measure(bench: Bench, source: Source, budgets: list[str], seeds: int, folder: Path) -> None:
    """Keeps the merits of every budget, seeds averaged."""
    parts, cache, model = put(source, folder), kept_merits(commit()).parent / f"{commit()}-cache" / source.name, folder / "model.leadline"
    if not cache.exists():
        train(parts, model, *source.options, "--budget", "2m", cache=cache)
    for budget in budgets:
        of_seeds = []
        for seed in range(1 if budget == BUDGETS[-1] else seeds):
            forget_vectors(cache)
            trial = train(parts, model, *source.options, "--budget", budget, "--seed", str(seed), cache=cache)
            of_seeds.append(merits(model, source, parts, folder, cache))
            about = {"data": source.name, "budget": parse_budget(budget), "seed": seed, "merit": float(of_seeds[-1].mean())}
            bench.record(state=f"{source.name} {budget}", trial=seed, **trial.row(), **training_columns(trial.json()), **about)
        np.save(kept_merits(commit()) / f"{source.name} {budget}.npy", np.mean(of_seeds, axis=0))


def kept_merits(of: str) -> Path:
    """Where the merits of the sources of a commit are kept from one part of the bench to the next."""
    folder = SCRATCH / "merits" / of
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def all_runs(commits: Sequence[str]) -> list[Mapping[str, str]]:
    """Of these sources, the newest last, each run where it was measured last."""
    with (RESULTS / "budget.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return list({(row["state"], row["trial"]): row for of in commits for row in rows if row["commit"] == of}.values())


def all_merits(commits: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
    """Set -> budget -> merits."""
    found = dict[str, dict[str, np.ndarray]]()
    for path in [path for of in commits for path in sorted(kept_merits(of).glob("*.npy"))]:
        name, budget = path.stem.split()
        found.setdefault(name, {})[budget] = np.load(path)
    return found


def judge(bench: Bench, runs: Sequence[Mapping[str, str]], found: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    in_time = [float(row["seconds"]) <= MOST * float(row["budget"]) for row in runs]
    bench.at_least(f"share of {len(in_time)} runs that end within {MOST} times their budget", float(np.mean(in_time)), SHARE)
    worse = []
    for name, merit in found.items():
        budgets = sorted(merit, key=parse_budget)
        for place, larger in enumerate(budgets):
            for smaller in budgets[:place]:
                difference = merit[larger] - merit[smaller]
                high = difference.mean() + 1.96 * difference.std() / np.sqrt(len(difference))
                if high < 0:
                    worse.append(f"{name}: {larger} {difference.mean():+.4f} against {smaller}")
    bench.holds("a larger budget is never significantly worse", "; ".join(worse) or "never", not worse)


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--sets", default=",".join(source.name for source in SOURCES))
    parser.add_argument("--budgets", default=",".join(BUDGETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--also", default="", help="commits whose runs count where these sources were not measured, the newest last")
    chosen, bench = parser.parse_args(), Bench("budget")
    with scratch_folder("budget") as folder:
        for source in [source for source in SOURCES if source.name in chosen.sets.split(",")]:
            measure(bench, source, chosen.budgets.split(","), chosen.seeds, folder)
    commits = [*filter(None, chosen.also.split(",")), commit()]
    judge(bench, all_runs(commits), all_merits(commits))
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
