"""Eight tables, one command each: ours at 60 s and 10 s beside AutoGluon's medium_quality at 60 s, LightGBM and a linear model.

    .venv/bin/python bench/tables.py [--tables adult,titanic,...] [--states ours-60s,autogluon,ours-10s,lightgbm,linear]

All learn from the same training rows; a fifth of the rows, drawn with seed 0, judges (of `adult` the official test rows). Scores are those
of the metric that `train` reports by itself. Differences are paired over the judging rows; one whose 95 % interval excludes zero is
significant. `row_ms` is one warm row in a loaded process. A state that is left out is taken from the answers and figures of an earlier
run, if there are any.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from harness import DATA, ROOT, SCRATCH, Bench, leadline, parser_for, run, scratch_folder, train, training_columns
from leadline.evaluate.calibration import expected_calibration_error
from leadline.evaluate.intervals import Interval, difference_interval
from leadline.registry import TASKS
from leadline.tasks.contract import Task
from leadline.tasks.metrics import Metric

FOLDER = SCRATCH / "tables"
AUTOGLUON = ROOT / ".venv-peers-autogluon" / "bin" / "python"
STATES = ("ours-60s", "autogluon", "ours-10s", "lightgbm", "linear")
JUDGING = 0.2
ENOUGH = 1_000  # judging rows, from which on calibration can be told
ROW_MS = """
import json, statistics, sys, time
import polars as pl
import leadline
model, rows = leadline.load(sys.argv[1]), pl.read_csv(sys.argv[2]).head(50).to_dicts()
seconds = []
for row in rows * 4:
    began = time.perf_counter()
    model.predict(row)
    seconds.append(time.perf_counter() - began)
print(json.dumps(1000 * statistics.median(seconds[20:])))
"""


@dataclass(frozen=True)
class Table:
    name: str
    target: str
    regress: bool = False

    @property
    def train(self) -> Path:
        return FOLDER / self.name / "train.csv"

    @property
    def test(self) -> Path:
        return FOLDER / self.name / "test.csv"

    def answers(self, state: str) -> Path:
        return FOLDER / self.name / f"{state}.parquet"

    def about(self, state: str) -> Path:
        """What a state's model took, beside its answers."""
        return FOLDER / self.name / f"{state}.json"

    @property
    def task(self) -> Task:
        made: Task = TASKS.get("regress" if self.regress else "classify")()
        return made

    def truth(self) -> tuple[np.ndarray, tuple[str, ...]]:
        target = self.task.read_target(pl.concat([pl.read_csv(path)[self.target] for path in (self.train, self.test)]))
        return target.values[-pl.read_csv(self.test).height :], target.classes


TABLES = (
    Table("adult", "income"), Table("bank_marketing", "y"), Table("california_housing", "median_house_value", regress=True),
    Table("credit_card_fraud_sample", "Class"), Table("titanic", "Survived"), Table("breast_cancer", "target"),
    Table("diabetes", "target", regress=True), Table("digits", "target"),
)  # fmt: skip


def make(table: Table) -> None:
    """The two CSV files that everybody reads."""
    if table.test.exists():
        return
    table.train.parent.mkdir(parents=True, exist_ok=True)
    if table.name == "adult":
        parts = [pl.read_csv(ROOT / DATA / "tabular" / f"adult_{part}.csv") for part in ("train", "test")]
    else:
        whole = _whole(table.name)
        judges = np.random.default_rng(0).permutation(whole.height) < JUDGING * whole.height
        parts = [whole.filter(~judges), whole.filter(judges)]
    parts[0].write_csv(table.train)
    parts[1].write_csv(table.test)


def _whole(name: str) -> pl.DataFrame:
    path = ROOT / DATA / "tabular" / f"{name}.csv"
    if path.exists():
        return pl.read_csv(path, infer_schema_length=None)
    from sklearn import datasets

    frame: pl.DataFrame = pl.from_pandas(getattr(datasets, f"load_{name}")(as_frame=True).frame)
    return frame


def ours(bench: Bench, table: Table, state: str, folder: Path) -> str:
    """Returns the metric that train chose."""
    model, cache, budget = folder / f"{table.name}.leadline", folder / "cache", state.removeprefix("ours-")
    trial = train(table.train, model, "--target", table.target, "--budget", budget, cache=cache)
    leadline("predict", model, table.test, "-o", folder / "answers.parquet", cache=cache)
    answers = pl.read_parquet(folder / "answers.parquet")
    kept = [name for name in answers.columns if name in ("value", "low", "high") or name.startswith("p(")]
    answers.select(kept).write_parquet(table.answers(state))
    row = json.loads(run([sys.executable, "-c", ROW_MS, str(model), str(table.test)], {"LEADLINE_CACHE": str(cache)}).stdout)
    told = training_columns(trial.json())
    bench.record(table=table.name, state=state, row_ms=round(row, 3), **trial.row(), **told)
    table.about(state).write_text(json.dumps({"artefact_mb": told["artefact_mb"], "row_ms": row}))
    return str(told["metric"])


def peer(bench: Bench, table: Table, state: str) -> None:
    script = "autogluon_table.py" if state == "autogluon" else "simple_table.py"
    python = str(AUTOGLUON) if state == "autogluon" else sys.executable
    options = ["--target", table.target, "-o", str(table.answers(state)), *(["--regress"] if table.regress else [])]
    options += [] if state == "autogluon" else ["--model", state]
    trial = run([python, f"bench/peers/{script}", str(table.train), str(table.test), *options])
    told = json.loads(trial.stdout.splitlines()[-1])
    about: dict[str, Any] = {name: round(told[name], 3) for name in ("artefact_mb", "row_ms") if name in told}
    bench.record(table=table.name, state=state, **trial.row(), **about, peer_versions=told["versions"])
    table.about(state).write_text(json.dumps(about))


def answered(table: Table, state: str, classes: tuple[str, ...]) -> np.ndarray:
    """(n, num_classes) probabilities, or (n,) numbers."""
    frame = pl.read_parquet(table.answers(state))
    return frame["value"].to_numpy() if table.regress else np.stack([frame[f"p({name})"].to_numpy() for name in classes], axis=1)


def default_metric(table: Table) -> str:
    return table.task.default_metric(table.task.read_target(pl.read_csv(table.train)[table.target]))


def compared(bench: Bench, table: Table, metric: Metric, states: list[str]) -> dict[tuple[str, str], Interval]:
    """How much better ours at each budget is than each peer."""
    truth, classes = table.truth()
    given = {state: answered(table, state, classes) for state in states}
    for state in states:
        bench.record(table=table.name, state=f"{state} judged", metric=metric.name, score=metric.value(given[state], truth), n=len(truth))
    found = {}
    for mine in [state for state in states if state.startswith("ours")]:
        for other in [state for state in states if not state.startswith("ours")]:
            found[mine, other] = difference_interval(metric, given[mine], given[other], truth)
            difference = found[mine, other].to_json()
            bench.record(table=table.name, state=f"{mine} - {other}", metric=metric.name, score=difference.pop("value"), **difference)
    return found


def honest(bench: Bench, table: Table, state: str) -> None:
    """Whether chances are right as often as they say, and intervals hold as many truths."""
    truth, classes = table.truth()
    if len(truth) < ENOUGH:
        return
    if table.regress:
        given = pl.read_parquet(table.answers(state))
        covered = float(((given["low"].to_numpy() <= truth) & (truth <= given["high"].to_numpy())).mean())
        bench.holds(f"{table.name}, {state}: truths within 90 % intervals", f"{covered:.3f}", abs(covered - 0.9) <= 0.02)
        return
    chances = answered(table, state, classes)
    error = expected_calibration_error(chances.max(axis=1), (chances.argmax(axis=1) == truth).astype(np.float64))
    bench.at_most(f"{table.name}, {state}: calibration error (ECE, 15 bins)", error, 0.03)


def judge(bench: Bench, differences: dict[str, dict[tuple[str, str], Interval]]) -> None:
    pairs = {pair for found in differences.values() for pair in found}
    if ("ours-60s", "autogluon") in pairs:
        against = {name: found["ours-60s", "autogluon"] for name, found in differences.items()}
        better = [name for name, difference in against.items() if difference.value > 0]
        worse = [name for name, difference in against.items() if difference.high < 0]
        bench.holds("60 s: not significantly worse than AutoGluon on any table", ", ".join(worse) or "on none", not worse)
        bench.at_least(f"60 s: higher than AutoGluon on (of {len(against)})", float(len(better)), 4)
        lower = sum(difference.value < 0 for difference in against.values())
        bench.holds("60 s: the better mean rank of the two", f"higher on {len(better)}, lower on {lower}", len(better) > lower)
        for column, claim, least in (("artefact_mb", "times smaller artefact", 50), ("row_ms", "times faster for one warm row", 20)):
            bench.at_least(f"{claim}, geometric mean", _ratio(column, [table for table in TABLES if table.name in against]), least)
    for budget in ("60s", "10s"):
        simple = [(f"ours-{budget}", other) for other in ("lightgbm", "linear") if (f"ours-{budget}", other) in pairs]
        worse = [f"{name} ({other})" for name, found in differences.items() for mine, other in simple if found[mine, other].high < 0]
        if simple:
            bench.holds(f"{budget}: not significantly below LightGBM or linear on any table", ", ".join(worse) or "on none", not worse)


def _ratio(column: str, tables: list[Table]) -> float:
    """Geometric mean over the tables of AutoGluon's figure in ours."""
    both = [tuple(json.loads(table.about(state).read_text())[column] for state in ("autogluon", "ours-60s")) for table in tables]
    return float(np.exp(np.mean([np.log(theirs / ours) for theirs, ours in both])))


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--tables", default=",".join(table.name for table in TABLES))
    parser.add_argument("--states", default=",".join(STATES))
    chosen = parser.parse_args()
    bench, asked = Bench("tables"), chosen.states.split(",")
    differences = {}
    for table in [table for table in TABLES if table.name in chosen.tables.split(",")]:
        make(table)
        with scratch_folder("tables") as folder:
            metrics = [ours(bench, table, state, folder) for state in asked if state.startswith("ours")]
        for state in [state for state in asked if not state.startswith("ours")]:
            peer(bench, table, state)
        metric = table.task.metrics[metrics[0] if metrics else default_metric(table)]
        differences[table.name] = compared(bench, table, metric, [state for state in STATES if table.answers(state).exists()])
        for state in [state for state in asked if state.startswith("ours")]:
            honest(bench, table, state)
    judge(bench, differences)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
