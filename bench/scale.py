"""Does training stay within memory on large data, and does the plan know beforehand? A million rows; a hundred thousand small pictures.

    .venv/bin/python bench/scale.py [--data rows,pictures] [--budget 10m]

`expected_peak_mb` is what the plan said before the work; `peak_memory_mb` what the process and its children held at most. About ten
minutes each with nothing stored.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from harness import ROOT, Bench, parser_for, scratch_folder, train, training_columns
from large import many_pictures, million_rows

MOST_MB = 6_000.0
CLOSE = 0.30


def measure(bench: Bench, name: str, data: Path, options: list[str], budget: str, folder: Path) -> None:
    trial = train(data, folder / "model.leadline", *options, "--budget", budget, cache=folder / "cache")
    answer = trial.json()
    plan = json.loads((ROOT / answer["run"] / "plan.json").read_text())
    expected = plan["expected_peak_mb"]
    learners = " ".join(fitting["learner"] for fitting in plan["fittings"])
    bench.record(state=name, budget=budget, expected_peak_mb=expected, learners=learners, **trial.row(), **training_columns(answer))
    bench.at_most(f"{name}: peak memory in MB", trial.peak_memory_mb, MOST_MB)
    bench.at_most(f"{name}: peak against the plan's, apart by", abs(trial.peak_memory_mb / expected - 1), CLOSE)


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--data", default="rows,pictures", help="which data sets")
    parser.add_argument("--budget", default="10m")
    arguments = parser.parse_args()
    bench = Bench("scale")
    for name in arguments.data.split(","):
        data, options = (million_rows(".csv"), ["--target", "answer"]) if name == "rows" else (many_pictures(), [])
        with scratch_folder("scale") as folder:
            measure(bench, name, data, options, arguments.budget, folder)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
