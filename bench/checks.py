"""How long `leadline check` takes: after an earlier check, with nothing stored, and on 50,000 pictures.

    .venv/bin/python bench/checks.py [--sets catsdogs,imdb,cifar10] [--trials 3]

A check before the measured ones, in the time that is given where nothing is said, makes the machine known, as everywhere here. `cold`
finds no stored vectors, thumbnails or statistics of pictures, `again` finds those of the check before it; findings are computed anew in
both. CIFAR-10 has the `aggregate` labels of CIFAR-10N, and `--budget 10m`; it is checked once in each way, the others as often as there
are trials.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from harness import DATA, ROOT, Bench, add_trials, forget_vectors, leadline, parser_for, scratch_folder


@dataclass(frozen=True)
class State:
    """A command, and what it may take: seconds on the wall."""

    name: str
    options: tuple[str, ...]
    most_seconds: float
    cold: bool


@dataclass(frozen=True)
class Source:
    name: str
    put: Callable[[Path], Path]
    states: tuple[State, ...]
    once: bool = False


def labelled_by_people(folder: Path) -> Path:
    """CIFAR-10's training pictures with the `aggregate` labels."""
    pictures = pl.read_parquet(ROOT / DATA / "cifar10" / "train.parquet").select("image")
    labels = pl.read_parquet(ROOT / DATA / "cifar10n" / "labels.parquet")["aggregate"].cast(pl.String).alias("label")
    path = folder / "cifar10n.parquet"
    pictures.with_columns(labels).write_parquet(path)
    return path


_LABELS = ("--only", "label-error", "--budget", "10m")
SOURCES = (
    Source("catsdogs", lambda folder: DATA / "catsdogs", (State("again", (), 8, cold=False),)),
    Source("imdb", lambda folder: DATA / "imdb", (State("cold", ("--budget", "60s"), 60, cold=True),)),
    Source(
        "cifar10", labelled_by_people,
        (
            State("labels cold", _LABELS, 360, cold=True), State("labels again", _LABELS, 60, cold=False),
            State("all cold", ("--budget", "10m"), 600, cold=True), State("all again", ("--budget", "10m"), 240, cold=False),
        ),
        once=True,
    ),
)  # fmt: skip


def measure(bench: Bench, source: Source, trials: int, folder: Path) -> None:
    data, cache = source.put(folder), folder / f"{source.name}-cache"
    leadline("check", data, "--json", cache=cache)
    for state in source.states:
        seconds = []
        for trial in range(1 if source.once else trials):
            if state.cold:
                forget_vectors(cache)
            ran = leadline("check", data, *state.options, "--json", cache=cache)
            told = ran.json()
            about = {"quality": told["quality"], "asked": len(told["asked"]), "findings": len(told["findings"])}
            bench.record(state=f"{source.name} {state.name}", trial=trial, **ran.row(), own_seconds=told["seconds"], **about)
            seconds.append(ran.seconds)
        bench.at_most(f"{source.name}, {state.name}: seconds on the wall", sorted(seconds)[len(seconds) // 2], state.most_seconds)


def main() -> int:
    parser = parser_for(__doc__)
    add_trials(parser)
    parser.add_argument("--sets", default=",".join(source.name for source in SOURCES))
    chosen, bench = parser.parse_args(), Bench("checks")
    with scratch_folder("checks") as folder:
        for source in [source for source in SOURCES if source.name in chosen.sets.split(",")]:
            measure(bench, source, chosen.trials, folder)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
