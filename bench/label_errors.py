"""Wrong labels: how well `label-error` orders, flags and counts them, beside cleanlab on the same vectors or the same probabilities.

    .venv/bin/python bench/label_errors.py [--only people,planted]           # development
    .venv/bin/python bench/label_errors.py --judge [--only people,...]       # what is judged once, after development has ended

`people`: labels that people gave to 50,000 pictures of CIFAR-10, whose truth is known; developed on `aggregate` and `worst`, judged on
`random1` (order), `random2` and `random3` (flags, number). `planted`: each label replaced, with a chance of 5 or 20 %, by one of the
others, all alike; what is judged is by how much the number rises over that for the same rows and seed as they are, and its interval less
that number. Developed on `clinc150`, judged on 10,000 rows each of `mnist`, `fashion_mnist` and `banking77`, five seeds each. `reviewed`:
people's verdicts on suspected rows of three test sets (Northcutt et al. 2021), wrong where fewer than three of five chose the given label;
all rows of the test set are scored, those with a verdict are ranked.

Vectors: EfficientNet-lite0 at 128 pixels, MiniLM for questions, the table of words for reviews. They judge alone, as in `check` where there
are more than 20,000 rows. cleanlab (peers/cleanlab_labels.py) learns from the same vectors; the best of its ways to rank and to flag
counts, which it could know only with the truth. For `reviewed` we are given its probabilities, alone and beside the vectors, and it ranks
by RANK, its default. `cpu_seconds` of either are those once there are vectors.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from harness import DATA, SCRATCH, Bench, parser_for, run, scratch_folder
from leadline.check.wrong_labels import WrongLabels, wrong_labels
from leadline.columns.picture import Picture, Pictures
from leadline.encoders.efficientnet import EfficientNetLite0
from leadline.encoders.minilm import MiniLM
from leadline.encoders.static import StaticText
from leadline.encoders.store import Store, encode_through_store
from paired import paired_difference
from reference import ROOT

FOLDER = ROOT / DATA
PEER = (str(ROOT / ".venv-peers-cleanlab/bin/python"), str(ROOT / "bench/peers/cleanlab_labels.py"))
RANK = "rank_self_confidence"
DEVELOPED, JUDGED = ("aggregate", "worst"), ("random1", "random2", "random3")
MUST_ORDER = {"aggregate": 0.75, "worst": 0.93, "random1": 0.87}  # average precision
MUST_FLAG = {"aggregate": 0.68, "worst": 0.84}  # F1
PLANTED_DEVELOPED, PLANTED_JUDGED = ("clinc150",), ("mnist", "fashion_mnist", "banking77")
RATES, ROWS = (0.05, 0.2), 10_000
NEAR, MUST_BE_NEAR, MUST_BE_INSIDE = 0.25, 0.8, 0.9
REVIEWED = {"mnist": 15, "cifar10": 54, "imdb": 725}  # how many of the reviewed labels are wrong
FIRST = (15, 50, 100)
ENGINE = "openvino-bfloat16"  # the fastest, for pictures and questions

Score = Callable[[np.ndarray], float]  # of how often each row was drawn


@dataclass(frozen=True)
class Said:
    """What `label-error` says of rows, and which of them are wrong."""

    found: WrongLabels
    wrong: np.ndarray
    cpu_seconds: float

    @classmethod
    def of(cls, classes: np.ndarray, wrong: np.ndarray, seed: int, **looks: np.ndarray) -> Said:
        began = time.process_time()
        found = wrong_labels(classes, int(classes.max()) + 1, seed=seed, **looks)
        return cls(found, wrong, time.process_time() - began)

    def figures(self) -> dict[str, Any]:
        order = round(average_precision(self.wrong, self.found.chance), 4) if self.wrong.any() else ""
        flags = {"flagged": int(self.found.flagged.sum()), "f1": round(f1(self.found.flagged, self.wrong), 4)}
        number = {name: round(getattr(self.found.expected, name), 1) for name in ("value", "low", "high")}
        return {"wrong": int(self.wrong.sum()), "average_precision": order, **flags, **number, "cpu_seconds": round(self.cpu_seconds, 1)}

    def counts_right(self, base: float = 0.0) -> tuple[bool, bool]:
        """Is the number, less `base`, within a quarter of the truth, and the truth inside the interval, less the same?"""
        expected, wrong = self.found.expected, self.wrong.sum()
        return bool(abs(expected.value - base - wrong) <= NEAR * wrong), bool(expected.low - base <= wrong <= expected.high - base)


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


# Rows and their vectors.


@cache
def rows_of(name: str) -> pl.DataFrame:
    """With their classes in `label`, as text, and `image` or `text` beside them."""
    folder = FOLDER / ("intents" if name in ("banking77", "clinc150") else "") / name
    if name in ("banking77", "clinc150"):
        frame = pl.read_csv(folder / "train.csv").rename({"category": "label"}, strict=False)
    else:
        frame = pl.read_parquet(folder / "test.parquet")
    some = frame if name == "imdb" else frame[np.sort(np.random.default_rng(0).permutation(len(frame))[:ROWS])]
    return some.with_columns(pl.col("label").cast(pl.String))


def codes_of(labels: Sequence[str] | np.ndarray) -> np.ndarray:
    return np.unique(np.asarray(labels), return_inverse=True)[1]


def vectors_of(frame: pl.DataFrame, store: Store) -> np.ndarray:
    if "image" in frame.columns:
        pictures = Pictures(Picture(content) for content in frame["image"].struct.field("bytes").to_list())
        return encode_through_store(EfficientNetLite0(size=128), pictures, ENGINE, store)[0]
    if frame["text"].str.len_chars().mean() > 500:  # type: ignore[operator]
        return StaticText().run(frame["text"])
    return encode_through_store(MiniLM().for_values(frame["text"]), frame["text"], ENGINE, store)[0]


def ask_cleanlab(classes: np.ndarray, vectors: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What it says of the rows, and what that took."""
    with scratch_folder("cleanlab") as folder:
        np.savez(folder / "rows.npz", classes=classes, vectors=vectors)
        told = run([*PEER, str(folder / "rows.npz"), "-o", str(folder / "said.npz")]).json()
        with np.load(folder / "said.npz") as said:
            return dict(said), {name: round(value, 1) if isinstance(value, float) else value for name, value in told.items()}


# Labels that people gave.


def people(bench: Bench, judging: bool, seeds: Sequence[int], store: Store) -> Iterator[tuple[bool, bool]]:
    """Of every set of labels whose number is judged: was it near, and inside its interval?"""
    vectors = vectors_of(pl.read_parquet(FOLDER / "cifar10/train.parquet", columns=["image"]), store)
    for name in JUDGED if judging else DEVELOPED:
        labels = pl.read_parquet(FOLDER / "cifar10n/labels.parquet", columns=["clean_label", name])
        classes = labels[name].to_numpy().astype(np.int64)
        wrong = (labels["clean_label"] != labels[name]).to_numpy()
        said = list[Said]()
        for seed in seeds:
            said.append(Said.of(classes, wrong, seed, vectors=vectors))
            record(bench, state=f"people, {name}", seed=seed, **said[-1].figures())
        theirs = beside_cleanlab(bench, name, classes, wrong, vectors) if name in MUST_ORDER else {}
        judge_people(bench, name, said, theirs)
        if not judging or name in JUDGED[1:]:
            yield said[0].counts_right()


def beside_cleanlab(bench: Bench, name: str, classes: np.ndarray, wrong: np.ndarray, vectors: np.ndarray) -> dict[str, float]:
    """The best average precision and F1 that it reaches."""
    scores, told = ask_cleanlab(classes, vectors)
    orders = {way: round(average_precision(wrong, score), 4) for way, score in scores.items() if way.startswith("rank_")}
    flags = {way: round(f1(flagged, wrong), 4) for way, flagged in scores.items() if way.startswith("flag_")}
    record(bench, state=f"people, {name}: cleanlab", **orders, **flags, **told)
    return {"average_precision": max(orders.values()), "f1": max(flags.values())}


def judge_people(bench: Bench, name: str, said: Sequence[Said], theirs: dict[str, float]) -> None:
    for figure, title, must in (("average_precision", "average precision", MUST_ORDER), ("f1", "F1 of the flags", MUST_FLAG)):
        ours = min(one.figures()[figure] for one in said)
        if name in must:
            bench.at_least(f"{name}: {title}, the worst seed", ours, must[name])
        if figure in theirs:
            bench.at_least(f"{name}: {title}, and cleanlab's best", ours, theirs[figure])


def record(bench: Bench, **columns: Any) -> None:
    bench.record(**columns)
    print("  ".join(f"{name} {value}" for name, value in columns.items()), flush=True)


# Labels replaced evenly.


def replaced(labels: np.ndarray, rate: float, seed: int) -> np.ndarray:
    """Each of `labels` (n,), codes, with a chance of `rate`, by one of the others, all alike."""
    random, number = np.random.default_rng([seed, round(1000 * rate)]), int(labels.max()) + 1
    others = (labels + random.integers(1, number, len(labels))) % number
    return np.asarray(np.where(random.random(len(labels)) < rate, others, labels))


def planted(bench: Bench, names: Sequence[str], seeds: Sequence[int], store: Store) -> Iterator[tuple[bool, bool]]:
    for name in names:
        truth, vectors = codes_of(rows_of(name)["label"].to_numpy()), vectors_of(rows_of(name), store)
        for seed in seeds:
            base = 0.0
            for rate in (0.0, *RATES):
                given = replaced(truth, rate, seed)
                said = Said.of(given, given != truth, seed, vectors=vectors)
                value, (near, inside) = said.found.expected.value, said.counts_right(base)
                told = {"rise": round(value - base, 1), "near": near, "inside": inside} if rate else {}
                record(bench, state=f"planted, {name}, {rate:.0%}", seed=seed, rows=len(truth), **said.figures(), **told)
                if rate:
                    yield near, inside
                else:
                    base = value


# People's verdicts.


def reviewed(bench: Bench, name: str, store: Store) -> None:
    rows, wrong = verdicts(name)
    classes, vectors = codes_of(rows_of(name)["label"].to_numpy()), vectors_of(rows_of(name), store)
    scores, told = ask_cleanlab(classes, vectors)
    theirs, chances, nothing = scores[RANK][rows], scores["probabilities"], np.zeros(len(classes), dtype=bool)
    for what, looks in (("the same probabilities", {}), ("these and the vectors", {"vectors": vectors})):
        ours, below = Said.of(classes, nothing, 0, probabilities=chances, **looks).found.chance[rows], list[str]()
        for figure, score in figures_of(wrong).items():
            difference = paired_difference([score(ours)], score(theirs), len(rows))
            values = {"score": round(score(ours)(np.ones(len(rows))), 4), "cleanlab": round(score(theirs)(np.ones(len(rows))), 4)}
            counts = {"rows": len(rows), "wrong": int(wrong.sum()), "difference": str(difference), "peer": told["peer"]}
            record(bench, state=f"reviewed, {name}: {what}", figure=figure, **values, **counts)
            below += [figure] if difference.significantly_below else []
        bench.holds(f"reviewed, {name}, {what}: not significantly below cleanlab", ", ".join(below) or "nowhere below", not below)


def figures_of(wrong: np.ndarray) -> dict[str, Callable[[np.ndarray], Score]]:
    def among(first: int) -> Callable[[np.ndarray], Score]:
        return lambda score: lambda weights: precision_among(first, wrong, score, weights)

    order = {"average precision": lambda score: lambda weights: average_precision(wrong, score, weights)}
    return order | {f"precision among {first}": among(first) for first in FIRST}


def verdicts(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the test set that people have looked at, and which of them they found wrong."""
    told = json.loads((FOLDER / f"label_errors/{name}_mturk.json").read_text())
    files = dict[str, int]()
    if name == "imdb":
        names = (FOLDER / "imdb/test_files.txt").read_text().split()
        files = {f"test/{file.removesuffix('.txt')}": row for row, file in enumerate(names)}
    rows = np.array([files[one["id"]] if files else one["id"] for one in told])
    wrong = np.array([one["mturk"]["given"] < 3 for one in told])
    if wrong.sum() != REVIEWED[name]:
        raise SystemExit(f"{name}: {wrong.sum()} labels are wrong by the verdicts, and {REVIEWED[name]} were to be")
    return rows, wrong


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--judge", action="store_true", help="the sets that are looked at once")
    parser.add_argument("--only", default="people,planted,reviewed")
    parser.add_argument("--sets", default=",".join(REVIEWED), help="of reviewed")
    parser.add_argument("--seeds", type=int, default=3, help="of development")
    parser.add_argument("--store", type=Path, default=SCRATCH / "label-errors-store", help="where vectors are kept")
    asked = parser.parse_args()
    bench, parts, store = Bench("label_errors"), asked.only.split(","), Store(asked.store)
    counted = list[tuple[bool, bool]]()
    if "people" in parts:
        counted += people(bench, asked.judge, [0] if asked.judge else range(asked.seeds), store)
    if "planted" in parts:
        counted += planted(bench, PLANTED_JUDGED if asked.judge else PLANTED_DEVELOPED, range(5 if asked.judge else asked.seeds), store)
    if counted:
        near, inside = np.mean(counted, axis=0).tolist()
        bench.at_least(f"the number within a quarter of the truth, share of {len(counted)} cases", near, MUST_BE_NEAR)
        bench.at_least(f"the truth inside the interval, share of {len(counted)} cases", inside, MUST_BE_INSIDE)
    for name in asked.sets.split(",") if asked.judge and "reviewed" in parts else ():
        reviewed(bench, name, store)
    return bench.finish()


if __name__ == "__main__":
    raise SystemExit(main())
