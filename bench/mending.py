"""What mending is worth, as `check` says it, against what it is: planted wrong labels in MNIST's test digits.

    .venv/bin/python bench/mending.py [--draws 12] [--rows 1500]

Logistic regression on the 60 largest directions of the digits' edges stands for the learner; `label-error` sees these vectors and its
answers out of fold. The truth is how often its models, taught by rows as they are and as mended, name the other 8,500 digits rightly.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from harness import DATA, Bench, parser_for
from leadline.check.label_error import LabelError
from leadline.check.mending import Mended, if_mended
from leadline.check.view import Answers, Labels, Vectors, View
from leadline.columns.picture import Picture, Pictures
from leadline.data.read import read
from leadline.data.split import fold_numbers
from leadline.encoders.picture_features import SMALL, PictureFeatures
from leadline.encoders.store import Store
from leadline.evaluate.intervals import score_interval
from leadline.progress import Progress
from leadline.tasks.contract import Target
from leadline.workflow.setup import set_up
from reference import ROOT

MUST = 0.9
DIRECTIONS, FOLDS = 60, 5
Noise = Callable[[np.ndarray, np.ndarray], np.ndarray]  # true classes, chances of each class -> given classes


def evenly(share: float, rng: np.random.Generator) -> Noise:
    return lambda codes, _: np.where(rng.random(len(codes)) < share, (codes + rng.integers(1, 10, len(codes))) % 10, codes)


def by_pairs(share: float, rng: np.random.Generator) -> Noise:
    return lambda codes, _: np.where(rng.random(len(codes)) < share, (codes + 1) % 10, codes)


def in_doubt(share: float, rng: np.random.Generator) -> Noise:
    """As people err: the second likeliest class, the oftener the likelier it is."""

    def noise(codes: np.ndarray, chances: np.ndarray) -> np.ndarray:
        others = chances.copy()
        others[np.arange(len(codes)), codes] = 0
        doubt = others.max(axis=1) + 0.02
        return np.where(rng.random(len(codes)) < share * doubt / doubt.mean(), others.argmax(axis=1), codes)

    return noise


KINDS: dict[str, Callable[[np.random.Generator], Noise]] = {
    "no wrong labels": lambda rng: evenly(0.0, rng), "5 % evenly": lambda rng: evenly(0.05, rng),
    "20 % evenly": lambda rng: evenly(0.2, rng), "20 % by pairs": lambda rng: by_pairs(0.2, rng),
    "10 % in doubt": lambda rng: in_doubt(0.1, rng),
}  # fmt: skip


@dataclass
class Trial:
    """Rows `vectors` (n, d) with labels `given`, and others whose labels are right."""

    vectors: np.ndarray
    given: np.ndarray
    others: np.ndarray
    truth: np.ndarray
    shares: dict[tuple[bytes, bool], float] = field(default_factory=dict)  # of others named rightly, by who judged and whether mended

    def learn(self, teach: np.ndarray, judge: np.ndarray, target: Target | None = None) -> np.ndarray:
        model = fitted(self.vectors[teach], self.given[teach] if target is None else target.values)
        self.shares[judge.tobytes(), target is not None] = float((model.predict(self.others) == self.truth).mean())
        chances = np.full((len(judge), 10), 1e-9)
        chances[:, model.classes_] = model.predict_proba(self.vectors[judge])
        return chances

    def view(self) -> View:
        notes = [f"the {row} quick brown foxes jumped over {row * 7} lazy dogs" for row in range(len(self.given))]
        setup = set_up(
            read(pl.DataFrame({"note": notes, "digit": self.given.astype(str)}), target="digit"), None, None, None, 0, near_seconds=0.0
        )
        labels = Labels("digit", setup.task, setup.target, setup.metric, setup.partition)
        vectors = Vectors(self.vectors, "edges")
        return View(setup.data, labels, setup.groups, 0, Store(), Progress(), self.answers, lambda: vectors, self.learn)

    def answers(self) -> Answers:
        folds, values = fold_numbers(self.given, FOLDS, 0), np.empty((len(self.given), 10))
        for fold in range(FOLDS):
            values[folds == fold] = self.learn(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold))
        return Answers(values, "logistic", "logistic regression")

    def true_share(self, mended: bool) -> float:
        turns = {judge for judge, was_mended in self.shares if was_mended}
        return float(np.mean([share for (judge, was), share in self.shares.items() if judge in turns and was == mended]))

    def said(self) -> tuple[Mended | None, float]:
        """What is said of mending, and the score as it is."""
        view = self.view()
        checked, labels = LabelError().run(view), view.labels
        score = score_interval(labels.metric, view.answers.values, labels.target.values)
        outcome = if_mended(view, checked.findings, {"label-error": checked}, score)
        return (outcome if isinstance(outcome, Mended) else None), score.value


def fitted(vectors: np.ndarray, codes: np.ndarray) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=200).fit(vectors, codes)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """(10,000, 60) float32 of unit spread, and the digits."""
    frame = pl.read_parquet(ROOT / DATA / "mnist" / "test.parquet")
    pictures, encoder = Pictures([Picture(value["bytes"]) for value in frame["image"]]), PictureFeatures(size=SMALL)
    engine = encoder.open(encoder.serving_engine)
    vectors = np.concatenate([engine(make().inputs) for make in encoder.batches(pictures, 64)])
    vectors -= vectors.mean(axis=0)
    found = vectors @ np.linalg.eigh(vectors.T @ vectors)[1][:, -DIRECTIONS:]
    return (found / found.std()).astype(np.float32), frame["label"].to_numpy()


def main() -> int:
    warnings.filterwarnings("ignore")
    parser = parser_for(__doc__)
    parser.add_argument("--draws", type=int, default=12)
    parser.add_argument("--rows", type=int, default=1_500)
    arguments = parser.parse_args()
    bench, (vectors, codes) = Bench("mending"), digits()
    held = list[tuple[bool, bool]]()
    for kind, noise in KINDS.items():
        of_kind = [drawn(bench, kind, noise, vectors, codes, arguments.rows, draw) for draw in range(arguments.draws)]
        held += [one for one in of_kind if one is not None]
    for name, place in (("gain of the model itself", 0), ("score by right labels", 1)):
        bench.at_least(f"{name}: share of {len(held)} intervals that hold it", float(np.mean([one[place] for one in held])), MUST)
    return bench.finish()


def drawn(
    bench: Bench, kind: str, noise: Callable[[np.random.Generator], Noise], vectors: np.ndarray, codes: np.ndarray, rows: int, draw: int
) -> tuple[bool, bool] | None:
    """Whether the intervals hold the gain and the score; None where nothing was proposed."""
    began, rng = time.process_time(), np.random.default_rng([draw, 77])
    order = rng.permutation(len(codes))
    some, others = order[:rows], order[rows:]
    chances = fitted(vectors[others], codes[others]).predict_proba(vectors[some])
    trial = Trial(vectors[some], noise(rng)(codes[some], chances), vectors[others], codes[others])
    said, score = trial.said()
    if said is None:
        return None
    gain, right = trial.true_share(True) - trial.true_share(False), trial.true_share(True)
    held = said.learning.low <= gain <= said.learning.high, said.score.low <= right <= said.score.high
    told = {"gain": (gain, said.learning), "right": (right, said.score)}
    columns = {name: round(true, 4) for name, (true, _) in told.items()}
    for name, (_, interval) in told.items():
        columns |= {
            f"{name}_said": round(interval.value, 4),
            f"{name}_low": round(interval.low, 4),
            f"{name}_high": round(interval.high, 4),
        }
    wrong, seconds = int((trial.given != codes[some]).sum()), round(time.process_time() - began, 2)
    bench.record(
        state=kind, draw=draw, wrong=wrong, changed=said.changes["relabel row"], score=round(score, 4), **columns,
        gain_held="yes" if held[0] else "no", right_held="yes" if held[1] else "no", cpu_seconds=seconds,
    )  # fmt: skip
    return held


if __name__ == "__main__":
    raise SystemExit(main())
