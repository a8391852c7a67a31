"""Wrong labels: how well `label-error` orders, flags and counts them, beside cleanlab on the same vectors or the same probabilities.

    .venv/bin/python bench/label_errors.py [--only people,planted]           # development
    .venv/bin/python bench/label_errors.py --judge [--only people,...]       # what is judged once, after development has ended

`people`: labels that people gave to 50,000 pictures of CIFAR-10, whose truth is known; developed on `aggregate` and `worst`, judged on
`random1` (order), `random2` and `random3` (flags, number). `planted`: each label replaced, with a chance of 5 or 20 %, by one of the
others, all alike; what is judged is by how much the number rises over that for the same rows and seed as they are, and its interval less
that number. Developed on `clinc150`, judged on `mnist`, `fashion_mnist` (25,000 rows of the training sets) and `banking77` (all rows), five
seeds each. `reviewed`: people's verdicts on suspected rows of three test sets (Northcutt et al. 2021), wrong where fewer than three of five
chose the given label; all rows of the test set are scored, those with a verdict are ranked.

cleanlab (peers/cleanlab_labels.py) learns from our vectors, or judges our probabilities (`reviewed`). In development the best of its ways
to rank and to flag counts; afterwards RANK and FLAG, the best in development. `cpu_seconds` are those of the check once there are vectors;
where rows are so few that models answer too, they are counted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from harness import DATA, SCRATCH, Bench, parser_for, run, scratch_folder
from leadline.check.contract import Checked
from leadline.check.label_error import LabelError
from leadline.check.view import Labels, View
from leadline.check.wrong_labels import wrong_labels
from leadline.data.read import read
from leadline.encoders.store import Store
from leadline.progress import Progress
from leadline.workflow.out_of_fold import OutOfFoldModels
from leadline.workflow.setup import set_up
from paired import paired_difference
from reference import ROOT

FOLDER = ROOT / DATA
PEER = (str(ROOT / ".venv-peers-cleanlab/bin/python"), str(ROOT / "bench/peers/cleanlab_labels.py"))
RANK, FLAG = "rank_self_confidence", "flag_prune_by_noise_rate"
DEVELOPED, JUDGED = ("aggregate", "worst"), ("random1", "random2", "random3")
MUST_ORDER = {"aggregate": 0.75, "worst": 0.93, "random1": 0.87}  # average precision
MUST_FLAG = {"aggregate": 0.68, "worst": 0.84}  # F1
PLANTED_DEVELOPED, PLANTED_JUDGED = ("clinc150",), ("mnist", "fashion_mnist", "banking77")
RATES, ROWS = (0.05, 0.2), 25_000
NEAR, MUST_BE_NEAR, MUST_BE_INSIDE = 0.25, 0.8, 0.9
REVIEWED = {"mnist": 15, "cifar10": 54, "imdb": 725}  # how many of the reviewed labels are wrong
FIRST = (15, 50, 100)
SHORT, USUAL = 30.0, 120.0  # seconds of budget: the short one for questions, where models answer besides the vectors

Score = Callable[[np.ndarray], float]  # of how often each row was drawn


@dataclass(frozen=True)
class Said:
    """What `label-error` says of the rows of a view, and which of them are wrong."""

    view: View
    wrong: np.ndarray
    chance: np.ndarray
    flagged: np.ndarray
    expected: dict[str, float]
    cpu_seconds: float

    @classmethod
    def of(cls, view: View, wrong: np.ndarray) -> Said:
        _ = view.vectors  # made before the clock starts
        began = time.process_time()
        found = LabelError().run(view)
        took = time.process_time() - began
        assert isinstance(found, Checked), found
        return cls(view, wrong, found.rows["label_error"], found.rows["label_error_flagged"], found.facts["expected_label_errors"], took)

    def figures(self) -> dict[str, Any]:
        counted = {"wrong": int(self.wrong.sum()), "flagged": int(self.flagged.sum()), "cpu_seconds": round(self.cpu_seconds, 1)}
        order = average_precision(self.wrong, self.chance) if self.wrong.any() else 0.0
        return {"average_precision": round(order, 4), "f1": round(f1(self.flagged, self.wrong), 4), **counted, **self.expected}


def average_precision(wrong: np.ndarray, score: np.ndarray, weights: np.ndarray | None = None) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(wrong, score, sample_weight=weights))


def precision_among(first: int, wrong: np.ndarray, score: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(-score, kind="stable")
    drawn = weights[order]
    taken = np.clip(first - (drawn.cumsum() - drawn), 0, drawn)
    return float((taken * wrong[order]).sum() / taken.sum())


def f1(flagged: np.ndarray, wrong: np.ndarray) -> float:
    return float(2 * (flagged & wrong).sum() / max(1, flagged.sum() + wrong.sum()))


def view_of(frame: pl.DataFrame, seed: int = 0, seconds: float = USUAL) -> View:
    """What `check --only label-error` looks at; `frame` has its classes in `label`."""
    store, progress = Store(), Progress()
    data = read(frame.with_columns(pl.col("label").cast(pl.String)), target="label", need_target=False)
    setup = set_up(data, None, None, None, seed, store, progress, 0.0)
    models = OutOfFoldModels(setup.data, setup, seconds, seed, store, progress)
    labels = Labels("label", setup.task, setup.target, setup.metric, setup.partition)
    return View(setup.data, labels, setup.groups, seed, store, progress, models.answers, models.vectors)


def codes_of(view: View) -> np.ndarray:
    assert view.codes is not None
    return view.codes


def ask_cleanlab(folder: Path, classes: np.ndarray, **looks: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """`looks`: vectors or probabilities. What it says of the rows, and what that took."""
    np.savez(folder / "rows.npz", classes=classes, **looks)
    told = run([*PEER, str(folder / "rows.npz"), "-o", str(folder / "said.npz")]).json()
    with np.load(folder / "said.npz") as said:
        return dict(said), told


def of_cleanlab(said: dict[str, np.ndarray], told: dict[str, Any], wrong: np.ndarray) -> dict[str, Any]:
    orders = {name: round(average_precision(wrong, score), 4) for name, score in said.items() if name.startswith("rank_")}
    flags = {name: round(f1(called, wrong), 4) for name, called in said.items() if name.startswith("flag_")}
    took = {name: round(told[name], 1) for name in ("learning_cpu", "judging_cpu")}
    return {**orders, **flags, **took, "value": told["expected"], "peer": told["peer"]}


# Labels that people gave.


def people(bench: Bench, judging: bool, seeds: Sequence[int]) -> list[tuple[bool, bool]]:
    """Of every set of labels that is judged by its number: was that near, and inside its interval?"""
    pictures = pl.read_parquet(FOLDER / "cifar10/train.parquet", columns=["image"])
    counted = []
    for name in JUDGED if judging else DEVELOPED:
        labels = pl.read_parquet(FOLDER / "cifar10n/labels.parquet", columns=["clean_label", name])
        wrong = (labels["clean_label"] != labels[name]).to_numpy()
        said = list[Said]()
        for seed in seeds:
            said.append(Said.of(view_of(pictures.with_columns(labels[name].alias("label")), seed), wrong))
            bench.record(state=f"people, {name}", seed=seed, **said[-1].figures())
            print(said[-1].figures(), flush=True)
        with scratch_folder("cleanlab") as folder:
            theirs = of_cleanlab(*ask_cleanlab(folder, codes_of(said[0].view), vectors=said[0].view.vectors.values), wrong)
        bench.record(state=f"people, {name}: cleanlab", **theirs)
        print(theirs, flush=True)
        judge_people(bench, name, said, theirs, judging)
        expected = said[0].expected
        counted += [counts_right(expected, wrong.sum(), 0.0)] if name in JUDGED[1:] else []
    return counted


def judge_people(bench: Bench, name: str, said: list[Said], theirs: dict[str, Any], judging: bool) -> None:
    rank = theirs[RANK] if judging else max(value for key, value in theirs.items() if key.startswith("rank_"))
    flag = theirs[FLAG] if judging else max(value for key, value in theirs.items() if key.startswith("flag_"))
    order, flags = (min(one.figures()[figure] for one in said) for figure in ("average_precision", "f1"))
    if name in MUST_ORDER:
        bench.at_least(f"{name}: average precision, the worst seed", order, MUST_ORDER[name])
        bench.at_least(f"{name}: the same, above cleanlab's", order, rank)
    if name in MUST_FLAG:
        bench.at_least(f"{name}: F1 of the flags, the worst seed", flags, MUST_FLAG[name])
    bench.at_least(f"{name}: F1 of the flags, above cleanlab's", flags, flag)


def counts_right(expected: dict[str, float], wrong: float, base: float) -> tuple[bool, bool]:
    near = abs(expected["value"] - base - wrong) <= NEAR * wrong
    return bool(near), bool(expected["low"] - base <= wrong <= expected["high"] - base)


# Labels replaced evenly.


def rows_of(name: str) -> pl.DataFrame:
    if name in ("mnist", "fashion_mnist"):
        frame = pl.read_parquet(FOLDER / name / "train.parquet")
        return frame[np.sort(np.random.default_rng(0).permutation(len(frame))[:ROWS])]
    parts = [pl.read_csv(FOLDER / "intents" / name / f"{part}.csv") for part in ("train", "test")]
    return pl.concat(parts).rename({"category": "label"}, strict=False)


def replaced(labels: np.ndarray, rate: float, seed: int) -> np.ndarray:
    """Each of `labels`, with a chance of `rate`, by one of the others, all alike."""
    random = np.random.default_rng([seed, round(1000 * rate)])
    names, codes = np.unique(labels, return_inverse=True)
    others = (codes + random.integers(1, len(names), len(codes))) % len(names)
    return np.asarray(names[np.where(random.random(len(codes)) < rate, others, codes)])


def planted(bench: Bench, names: Sequence[str], seeds: Sequence[int]) -> Iterator[tuple[bool, bool]]:
    for name in names:
        frame, seconds = rows_of(name), USUAL if name in ("mnist", "fashion_mnist") else SHORT
        labels = frame["label"].cast(pl.String).to_numpy()
        for seed in seeds:
            base = 0.0
            for rate in (0.0, *RATES):
                given = replaced(labels, rate, seed)
                said = Said.of(view_of(frame.with_columns(pl.Series("label", given)), seed, seconds), given != labels)
                near, inside = counts_right(said.expected, said.wrong.sum(), base)
                told = {} if rate == 0 else {"rise": round(said.expected["value"] - base, 1), "near": near, "inside": inside}
                bench.record(state=f"planted, {name}, {rate:.0%}", seed=seed, rows=len(frame), **said.figures(), **told)
                print(name, rate, seed, said.figures(), told, flush=True)
                if rate == 0:
                    base = said.expected["value"]
                else:
                    yield near, inside


# People's verdicts.


def reviewed(bench: Bench, name: str) -> None:
    frame = pl.read_parquet(FOLDER / name / "test.parquet")
    rows, wrong = verdicts(name)
    said = Said.of(view_of(frame), np.zeros(len(frame), dtype=bool))
    view, classes = said.view, codes_of(said.view)
    chances = view.answers.values
    alone = wrong_labels(classes, chances.shape[1], probabilities=chances, groups=view.groups, seed=view.seed).chance
    with scratch_folder("cleanlab") as folder:
        scores, peer = ask_cleanlab(folder, classes, probabilities=chances)
    theirs = scores[RANK][rows]
    for what, ours in (("the same probabilities alone", alone[rows]), ("the check", said.chance[rows])):
        below = []
        for figure, score in figures_of(wrong):
            difference = paired_difference([score(ours)], score(theirs), len(rows))
            values = {"score": round(score(ours)(np.ones(len(rows))), 4), "cleanlab": round(score(theirs)(np.ones(len(rows))), 4)}
            told = {**values, "difference": str(difference), "peer": peer["peer"]}
            bench.record(state=f"reviewed, {name}: {what}", figure=figure, rows=len(rows), wrong=int(wrong.sum()), **told)
            print(name, what, figure, values, difference, flush=True)
            below += [figure] if difference.significantly_below else []
        bench.holds(f"reviewed, {name}, {what}: not significantly below cleanlab", ", ".join(below) or "nowhere below", not below)


def figures_of(wrong: np.ndarray) -> Iterator[tuple[str, Callable[[np.ndarray], Score]]]:
    yield "average precision", lambda score: lambda weights: average_precision(wrong, score, weights)
    for first in FIRST:
        yield f"precision among {first}", lambda score, first=first: lambda weights: precision_among(first, wrong, score, weights)  # type: ignore[misc]


def verdicts(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the test set that people have looked at, and which of them they found wrong."""
    told = json.loads((FOLDER / f"label_errors/{name}_mturk.json").read_text())
    files = {f"test/{file}": row for row, file in enumerate((FOLDER / "imdb/test_files.txt").read_text().split())} if name == "imdb" else {}
    rows = np.array([files[one["id"]] if files else one["id"] for one in told])
    wrong = np.array([one["mturk"]["given"] < 3 for one in told])
    if wrong.sum() != REVIEWED[name]:
        raise SystemExit(f"{name}: {wrong.sum()} labels are wrong by the verdicts, and {REVIEWED[name]} were to be")
    return rows, wrong


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--judge", action="store_true", help="the sets that are looked at once")
    parser.add_argument("--only", default="people,planted,reviewed")
    parser.add_argument("--seeds", type=int, default=3, help="of development")
    parser.add_argument("--cache", type=Path, default=SCRATCH / "label-errors-cache", help="where vectors are kept")
    asked = parser.parse_args()
    os.environ["LEADLINE_CACHE"] = str(asked.cache)
    bench, parts = Bench("label_errors"), asked.only.split(",")
    counted = list[tuple[bool, bool]]()
    if "people" in parts:
        counted += people(bench, asked.judge, [0] if asked.judge else range(asked.seeds))
    if "planted" in parts:
        counted += planted(bench, PLANTED_JUDGED if asked.judge else PLANTED_DEVELOPED, range(5 if asked.judge else asked.seeds))
    if counted:
        near, inside = np.mean(counted, axis=0).tolist()
        bench.at_least(f"the number within a quarter of the truth, share of {len(counted)} cases", near, MUST_BE_NEAR)
        bench.at_least(f"the truth inside the interval, share of {len(counted)} cases", inside, MUST_BE_INSIDE)
    if asked.judge and "reviewed" in parts:
        for name in REVIEWED:
            reviewed(bench, name)
    return bench.finish()


if __name__ == "__main__":
    raise SystemExit(main())
