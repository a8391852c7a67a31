"""A million rows of 20 columns read, typed, split, their copies grouped: beside what polars and pandas take to read the file alone.

    .venv/bin/python bench/million.py [--trials 5]

Every measurement is a new process; the clock starts when its packages are imported and stops when the rows are there. The readers take
turns, so that all meet the same machine; medians are compared. `ours` is `leadline.data.read.read` and then `set_up`: column types, the
target's classes, exact copies, and who teaches and who judges.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from harness import Bench, add_trials, parser_for, run
from large import million_rows

READERS = {
    "polars csv": ("import polars", "polars.read_csv(path)"),
    "pandas csv": ("import pandas", "pandas.read_csv(path)"),
    "ours csv": (
        "import polars; from leadline.data.read import read; from leadline.workflow.setup import set_up",
        "set_up(read(path, target='answer'), None, None, None, 0)",
    ),
    "polars parquet": ("import polars", "polars.read_parquet(path)"),
    "ours parquet": (
        "import polars; from leadline.data.read import read; from leadline.workflow.setup import set_up",
        "set_up(read(path, target='answer'), None, None, None, 0)",
    ),
}
MEASURED = """
import json, resource, sys, time
path = sys.argv[1]
{imports}
began = time.perf_counter()
kept = {work}
seconds = time.perf_counter() - began
print(json.dumps({{"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}}))
"""


def measure(bench: Bench, state: str, path: Path, trial: int) -> None:
    imports, work = READERS[state]
    done = run([sys.executable, "-c", MEASURED.format(imports=imports, work=work), str(path)])
    answer = json.loads(done.stdout)
    row = done.row(answer["seconds"])
    bench.record(state=state, trial=trial, **{**row, "peak_memory_mb": round(answer["peak"], 1)})


def main() -> int:
    parser = parser_for(__doc__)
    add_trials(parser)
    bench = Bench("million")
    for trial in range(parser.parse_args().trials):
        for state in READERS:
            measure(bench, state, million_rows(f".{state.split()[1]}"), trial)
    seconds = {state: bench.median("seconds", state) for state in READERS}
    memory = {state: bench.median("peak_memory_mb", state) for state in READERS}
    bench.at_most("CSV: times polars.read_csv", seconds["ours csv"] / seconds["polars csv"], 2.5)
    bench.at_most("CSV: times pandas.read_csv", seconds["ours csv"] / seconds["pandas csv"], 1.5)
    bench.at_most("CSV: times the memory of polars", memory["ours csv"] / memory["polars csv"], 1.5)
    bench.at_most("Parquet: seconds more than polars.read_parquet", seconds["ours parquet"] - seconds["polars parquet"], 1.0)
    bench.at_most("Parquet: times the memory of polars", memory["ours parquet"] / memory["polars parquet"], 1.5)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
