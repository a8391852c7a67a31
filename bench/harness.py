"""What every bench shares: running a command line as a user does and writing down what it cost, then judging it.

A trial's columns: `seconds` (wall clock, from before the process starts until it has ended), `reference_before` and `reference_after` (R),
`normalised_seconds`, `peak_memory_mb` (the largest sum of resident sizes over the process and its children), and `others_cpu`, the share of
the machine's time that went to anybody else: R grows with a busy machine too, but not as the work does, so such a trial is `disturbed`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadline.machine import OthersCPU
from reference import ROOT, append_rows, circumstances, normalised, reference_seconds

DATA = Path("../shared/data")  # as a user in the project's folder types it
RESULTS = ROOT / "bench" / "results"
SCRATCH = ROOT / ".bench"  # ignored by git: models, caches, peers' answers
LEADLINE = str(Path(sys.executable).parent / "leadline")
STEADY = 0.10  # R before and after may differ by this share before a trial is called disturbed
QUIET = 0.05  # and others may use this share of the machine's time
POLL_SECONDS = 0.02
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass(frozen=True)
class Trial:
    """One run of one command, and what it cost."""

    seconds: float
    reference_before: float
    reference_after: float
    peak_memory_mb: float
    others_cpu: float
    stdout: str
    stderr: str

    @property
    def reference(self) -> float:
        return (self.reference_before + self.reference_after) / 2

    @property
    def disturbed(self) -> bool:
        return abs(self.reference_after / self.reference_before - 1) > STEADY or self.others_cpu > QUIET

    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        answer: dict[str, Any] = json.loads(self.stdout)
        return answer

    def row(self, seconds: float | None = None) -> dict[str, Any]:
        """The trial as CSV columns; `seconds` where the command's own clock counts and not that of the whole process."""
        seconds = self.seconds if seconds is None else seconds
        return {
            "seconds": round(seconds, 3),
            "reference_before": round(self.reference_before, 4),
            "reference_after": round(self.reference_after, 4),
            "normalised_seconds": round(normalised(seconds, self.reference), 3),
            "peak_memory_mb": round(self.peak_memory_mb, 1),
            "others_cpu": round(self.others_cpu, 3),
            "disturbed": "yes" if self.disturbed else "no",
        }


# An installed package has its bytecode at hand, so ours may keep its too.
_AS_INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Trial:
    """Runs `command` in the project's folder; a failure ends the bench with what the command said."""
    others = OthersCPU()
    before = reference_seconds()
    own_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env={**_AS_INSTALLED, **(environment or {})}, stdout=out, stderr=err)
        with watched_memory(process.pid) as polled_kb:
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        stdout, stderr = out.read(), err.read()
    if process.returncode:
        sys.exit(f"failed ({process.returncode}): {' '.join(command)}\n{stdout[-2000:]}\n{stderr[-4000:]}")
    # The kernel's maximum is exact for one process, the polled sum covers several at once. But a child is born with its parent's
    # maximum, so a figure no larger than our own says nothing.
    exact_kb = usage.ru_maxrss if usage.ru_maxrss > own_kb else 0
    peak_mb = max(exact_kb, *polled_kb) / 1024
    after = reference_seconds()
    return Trial(seconds, before, after, peak_mb, others.share(), stdout, stderr)


@contextmanager
def watched_memory(pid: int) -> Iterator[list[int]]:
    """Yields a list of one number that grows to the largest resident KiB of the process and all below it."""
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(POLL_SECONDS):
            peak[0] = max(peak[0], _tree_kb(pid))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _tree_kb(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except (OSError, IndexError):  # ended meanwhile, or not Linux
        return 0
    return pages * PAGE_KB + sum(_tree_kb(int(child)) for child in children)


def leadline(*arguments: str | Path, cache: Path) -> Trial:
    """Our command line, with its cache in a folder of the bench's own."""
    return run([LEADLINE, *map(str, arguments)], {"LEADLINE_CACHE": str(cache)})


def train(data: str | Path, model: Path, *options: str, cache: Path) -> Trial:
    """Trains into `model`, which is removed before, so that every trial finds the same nothing there."""
    shutil.rmtree(model, ignore_errors=True)
    return leadline("train", data, *options, "--json", "-o", model, cache=cache)


def forget_vectors(cache: Path) -> None:
    """Removes the stored vectors; compiled engines and the machine's calibration stay."""
    shutil.rmtree(cache / "store", ignore_errors=True)


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=SCRATCH) as folder:
        yield Path(folder)


def kept_model(name: str) -> Path:
    """Where a bench leaves its last artefact for the next bench (start.py) to use."""
    return SCRATCH / "models" / f"{name}.leadline"


def keep_model(model: Path, name: str) -> None:
    shutil.rmtree(kept_model(name), ignore_errors=True)
    shutil.copytree(model, kept_model(name))


def folder_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def training_columns(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What `train --json` says of itself, as CSV columns."""
    score = answer["score"]
    return {
        "metric": answer["metric"],
        "score": score["value"],
        "low": score["low"],
        "high": score["high"],
        "n": score["n"],
        "learner": answer["learner"],
        "efforts": efforts(ROOT / answer["run"]),
        "own_seconds": answer["seconds"],
        "own_peak_memory_mb": answer["peak_memory_mb"],
        "artefact_mb": round(folder_mb(ROOT / answer["artifact"]), 3),
    }


def efforts(run: Path) -> str:
    """What the plan gave to whom: `trees=2 mlp=1`."""
    plan = json.loads((run / "plan.json").read_text())
    return " ".join(f"{fitting['learner']}={fitting['effort']}" for fitting in plan["fittings"] if fitting["learner"] != "baseline")


def _short(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@dataclass
class Bench:
    """Collects the rows and the verdicts of one script, shows them as they come, and keeps them as CSV."""

    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    verdicts: list[dict[str, Any]] = field(default_factory=list)

    def record(self, **columns: Any) -> None:
        """Keeps a row at once: a bench that is stopped keeps what it measured."""
        row = {**circumstances(), **columns}
        self.rows.append(row)
        append_rows(RESULTS / f"{self.name}.csv", [row])
        shown = ("state", "trial", "seconds", "normalised_seconds", "score", "accuracy", "peak_memory_mb", "others_cpu", "disturbed")
        print("  ".join(f"{name} {_short(columns[name])}" for name in shown if name in columns), flush=True)

    def column(self, name: str, state: str) -> list[Any]:
        return [row[name] for row in self.rows if row["state"] == state]

    def median(self, name: str, state: str) -> float:
        return statistics.median(self.column(name, state))

    def at_most(self, claim: str, got: float, limit: float) -> None:
        self._judge(claim, f"at most {limit:g}", got, got <= limit)

    def at_least(self, claim: str, got: float, limit: float) -> None:
        self._judge(claim, f"at least {limit:g}", got, got >= limit)

    def holds(self, claim: str, got: str, passed: bool) -> None:
        self._judge(claim, "yes", got, passed)

    def _judge(self, claim: str, must: str, got: float | str, passed: bool) -> None:
        self.verdicts.append({"bench": self.name, "claim": claim, "must": must, "got": _short(got), "passed": "yes" if passed else "no"})

    def finish(self) -> int:
        """Prints and keeps the verdicts; 1 if one failed."""
        together = circumstances()
        append_rows(RESULTS / "verdicts.csv", [{**verdict, **together} for verdict in self.verdicts])
        print()
        for verdict in self.verdicts:
            mark = "PASS" if verdict["passed"] == "yes" else "FAIL"
            print(f"{mark}  {verdict['claim']}: {verdict['got']} (must: {verdict['must']})")
        if any(row.get("disturbed") == "yes" for row in self.rows):
            print("Some trials were disturbed: others used the cores, or R changed by more than a tenth. Measure again on quiet cores.")
        return int(any(verdict["passed"] == "no" for verdict in self.verdicts))


def parser_for(description: str | None) -> argparse.ArgumentParser:
    """Shows the script's docstring as its help."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def add_trials(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--trials", type=int, default=5, help="how often each state is measured; the median counts")
