"""One warm row in a loaded process, with these sources and with others, taking turns: how many times faster than before?

    git worktree add /tmp/before COMMIT
    .venv/bin/python bench/warm_row.py /tmp/before/src [--tables adult,titanic,...] [--learners trees,linear] [--least 1.0]

Models of the eight tables of `tables.py` are trained with the other sources in 20 s each, as sources load what older ones wrote. Both load
the same artefact and answer the first 50 judging rows, one after the other as dictionaries, in turns of one process each. Of each row the
fastest turn counts, of those the median. That both give the same answers is a verdict too.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from harness import LEADLINE, ROOT, Bench, parser_for, run, scratch_folder
from tables import TABLES, Table, make

TURNS = 15
ANSWERING = """
import json, sys, time
import polars as pl
import leadline
model, rows = leadline.load(sys.argv[1]), pl.read_csv(sys.argv[2]).head(50).to_dicts()
for line in sys.stdin:
    seconds, answers = [], []
    for row in rows:
        began = time.perf_counter()
        predictions = model.predict(row)
        seconds.append(time.perf_counter() - began)
        answers.append({**predictions[0], "seconds": None})
    print(json.dumps([seconds, answers]), flush=True)
"""


class Answering:
    """A process of its own that has loaded the model with some sources."""

    def __init__(self, stack: ExitStack, sources: Path, model: Path, rows: Path) -> None:
        command = [sys.executable, "-c", ANSWERING, str(model), str(rows)]
        environment = {**os.environ, "PYTHONPATH": str(sources)}
        self.process = stack.enter_context(
            subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        stack.callback(self.process.stdin.close)  # type: ignore[union-attr]  # it ends by itself then
        self.seconds, self.answers = list[list[float]](), list[dict[str, object]]()

    def turn(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seconds, self.answers = json.loads(self.process.stdout.readline())
        self.seconds.append(seconds)

    @property
    def row_ms(self) -> float:
        """The median row, each by its fastest turn: other work only ever slows one down."""
        return 1000 * statistics.median(min(turns) for turns in zip(*self.seconds[1:], strict=True))

    @property
    def usual_ms(self) -> float:
        """The median of all turns of all rows, which other work disturbs."""
        return 1000 * statistics.median(second for turn in self.seconds[1:] for second in turn)


def measure(bench: Bench, table: Table, before: Path, options: list[str]) -> tuple[float, bool]:
    """How many times faster than before, and whether the answers are the same."""
    make(table)
    with scratch_folder("warm-row") as folder, ExitStack() as stack:
        model = folder / f"{table.name}.leadline"
        command = [LEADLINE, "train", str(table.train), "--target", table.target, "--budget", "20s", "--json", "-o", str(model), *options]
        told = run(command, {"LEADLINE_CACHE": str(folder / "cache"), "PYTHONPATH": str(before)}).json()
        now, then = (Answering(stack, sources, model, table.test) for sources in (ROOT / "src", before))
        for _ in range(TURNS):
            now.turn()
            then.turn()
        for state, one in (("before", then), ("now", now)):
            bench.record(
                table=table.name, state=state, learner=told["learner"], row_ms=round(one.row_ms, 4), usual_ms=round(one.usual_ms, 4)
            )
        same = now.answers == then.answers
        print(
            f"{table.name}: {told['learner']}, {then.row_ms:.3f} ms before, {now.row_ms:.3f} ms now, {then.row_ms / now.row_ms:.2f} times"
        )
        return then.row_ms / now.row_ms, same


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("before", type=Path, help="the other sources: a folder with the package leadline in it")
    parser.add_argument("--tables", default=",".join(table.name for table in TABLES))
    parser.add_argument("--learners", default="", help="the only ones to try")
    parser.add_argument("--least", type=float, default=1.0, help="times faster than before that it must be")
    chosen = parser.parse_args()
    bench = Bench("warm_row")
    options = ["--learners", chosen.learners] if chosen.learners else []
    asked = [table for table in TABLES if table.name in chosen.tables.split(",")]
    found = {table.name: measure(bench, table, chosen.before.resolve(), options) for table in asked}
    different = [name for name, (_, same) in found.items() if not same]
    bench.holds(
        "the answers are those of before, to the last bit", f"not on {', '.join(different)}" if different else "on all", not different
    )
    times = float(np.exp(np.mean([np.log(ratio) for ratio, _ in found.values()])))
    bench.at_least("times faster than before for one warm row, geometric mean", times, chosen.least)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
