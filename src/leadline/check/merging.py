"""What it would be worth to call several classes by one name, tried on rows that models did not learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from leadline.check.contract import Section
from leadline.check.taught_twice import turns
from leadline.check.view import View
from leadline.errors import UsageError, listed
from leadline.evaluate.intervals import Interval, share_difference, wilson
from leadline.findings import Mend
from leadline.tasks.contract import Target

CODE = "merge"
_SIGN = "+"
_SHOWN = 20  # names of classes in an error
_TOLD_APART = 0.9  # of the rows answered as one of the classes are named rightly: then they can be told apart
_CONFIDENCE = 0.5  # that the data are better for it: whether the difference matters is not in them


@dataclass(frozen=True)
class Merging:
    """Which classes become one: `codes` of the `names`, and what each class of all is then, in the classes `after`."""

    names: tuple[str, ...]
    codes: np.ndarray
    of: np.ndarray
    after: tuple[str, ...]

    @classmethod
    def of_classes(cls, into: Mapping[str, str], classes: Sequence[str]) -> Merging:
        """`into`: what some of the classes are to be called."""
        called = [into.get(name, name) for name in classes]
        after = list(dict.fromkeys(called))
        codes = np.array([classes.index(name) for name in into])
        return cls(tuple(into), codes, np.array([after.index(name) for name in called]), tuple(after))

    @property
    def into(self) -> str:
        return self.after[int(self.of[self.codes[0]])]

    def chances(self, answers: np.ndarray) -> np.ndarray:
        """(n, k) -> (n, fewer): the answers of a model that learned the classes apart, those of one name added up."""
        together = np.zeros((len(answers), len(self.after)))
        np.add.at(together.T, self.of, answers.T)
        return together


def parse_merging(text: str, classes: Sequence[str]) -> Merging:
    """Of `A+B` or `A+B+C`; names may hold a plus sign themselves. Raises UsageError, with the classes, where one is not there."""
    names = _named(text.split(_SIGN), classes)
    if names is None:
        wrong = next(part.strip() for part in text.split(_SIGN) if part.strip() not in classes)
        close = [name for name in classes if name.casefold() == wrong.casefold()] or get_close_matches(wrong, classes, n=3, cutoff=0.5)
        quoted = [f'"{name}"' for name in close]
        hint = f"did you mean {' or '.join(quoted)}?" if close else ""
        raise UsageError(f'--merge {text}: there is no class "{wrong}"', f"two or more of: {listed(list(classes), _SHOWN)}", hint)
    if len(set(names)) < 2 or len(set(names)) < len(names):
        saw = f"--merge {text} names {'one class only' if len(set(names)) < 2 else 'a class twice'}"
        raise UsageError(saw, f"two or more of: {listed(list(classes), _SHOWN)}", _example(classes))
    if len(names) == len(classes):
        raise UsageError(f"--merge {text} names every class, so that nothing would be left to tell", "some of the classes")
    return Merging.of_classes(dict.fromkeys(names, _SIGN.join(names)), classes)


def _example(classes: Sequence[str]) -> str:
    return f'--merge "{_SIGN.join(classes[:2])}"'


def _named(parts: Sequence[str], classes: Sequence[str]) -> list[str] | None:
    """The classes that the parts between plus signs name; None where they name something else."""
    if not parts:
        return []
    for number in range(1, len(parts) + 1):
        name = _SIGN.join(parts[:number]).strip()
        rest = _named(parts[number:], classes) if name in classes else None
        if rest is not None:
            return [name, *rest]
    return None


@dataclass(frozen=True)
class Trial:
    """Shares of right answers: of the classes `apart`, and of a model that learned them `merged`; `gain` is the difference, of which
    `easier` is there because there is less to tell apart, and `learned` because it is learned otherwise. Of the `rows` answered as one of
    the classes, `told` are named rightly, and `usual` would be by always naming the class that most of these are of.
    """

    merging: Merging
    apart: Interval
    merged: Interval
    gain: Interval
    easier: Interval
    learned: Interval
    told: Interval
    usual: float

    def to_json(self) -> dict[str, Any]:
        scores = {name: getattr(self, name).to_json() for name in ("apart", "merged", "gain", "easier", "learned")}
        lost = {"told_apart": self.told.to_json(), "largest_alone": self.usual}
        return {"classes": list(self.merging.names), "into": self.merging.into, **scores, **lost}

    def section(self) -> Section:
        names = listed([f'"{name}"' for name in self.merging.names], len(self.merging.names))
        mend = Mend("merge classes", _CONFIDENCE, classes=self.merging.names, value=self.merging.into)
        title = f"Merging {names}: {self.merged.value:.1%} of the answers right instead of {self.apart.value:.1%}"
        return Section(CODE, title, (self._scores(), self._why(), self._lost()), mends=(mend,))

    def _scores(self) -> str:
        rows = f"on {self.apart.n:,} rows that models had not learned from"
        return f"Told apart, {_share(self.apart)} are right, as one class {_share(self.merged)}: {_points(self.gain)}, {rows}."

    def _why(self) -> str:
        said = f"{_points(self.easier)} would be there without learning anew, only because there is less to tell apart."
        learned = _points(self.learned)
        if self.learned.low > 0:
            return f"{said} Learning them as one class adds {learned}."
        if self.learned.high < 0:
            return f"{said} Learning them as one class loses some of that again ({learned}): what tells them apart helps elsewhere."
        return f"{said} Learning them as one class makes no difference to that which could be told ({learned})."

    def _lost(self) -> str:
        if not self.told.n:
            return "What would be lost cannot be told: no row of these classes is answered as one of them."
        said = (
            f"What would be lost: of the {self.told.n:,} rows of these classes that are answered as one of them, {_share(self.told)} are "
        )
        said += f"answered as the right one, {self.usual:.1%} by always naming the commonest of them."
        if self.told.low <= self.usual:
            return f"{said} So the model knows nothing of the difference that could be told: merging loses nothing that it can do."
        if self.told.value >= _TOLD_APART:
            return f"{said} So they can be told apart: merge them only where the difference does not matter."
        return f"{said} So it knows a part of the difference: whether that part matters is for you to say."


def _share(interval: Interval) -> str:
    return f"{interval.value:.1%} ({interval.low:.1%} to {interval.high:.1%})"


def _points(interval: Interval) -> str:
    """A difference of shares."""
    value, low, high = (f"{100 * number:+.1f}" for number in (interval.value, interval.low, interval.high))
    return f"{value} points ({low} to {high})"


def try_merging(view: View, merging: Merging) -> Trial:
    """Taught apart and as one, in turns on the same rows. Raises LeadlineError where there are too few of them."""
    assert view.labels is not None and view.codes is not None
    codes, judges, apart, merged = view.codes, list[np.ndarray](), list[np.ndarray](), list[np.ndarray]()
    for teach, judge in turns(view, view.answered):
        judges.append(judge)
        apart.append(view.learn(teach, judge))
        merged.append(view.learn(teach, judge, Target(merging.of[codes[teach]], merging.after)))
    return _tried(merging, codes[np.concatenate(judges)], np.concatenate(apart), np.concatenate(merged))


def _tried(merging: Merging, codes: np.ndarray, apart: np.ndarray, merged: np.ndarray) -> Trial:
    """`apart` (n, k) and `merged` (n, fewer) are answers to rows of the classes `codes`."""
    said, new = apart.argmax(axis=1), merging.of[codes]
    hits = (said == codes).astype(np.float64)
    added = (merging.chances(apart).argmax(axis=1) == new).astype(np.float64)
    as_one = (merged.argmax(axis=1) == new).astype(np.float64)
    among = np.isin(codes, merging.codes) & np.isin(said, merging.codes)
    counts = np.bincount(codes[among], minlength=1)
    return Trial(
        merging, _rate(hits), _rate(as_one), share_difference(as_one, hits), share_difference(added, hits),
        share_difference(as_one, added), _rate(hits[among]), float(counts.max() / max(1, counts.sum())),
    )  # fmt: skip


def _rate(hits: np.ndarray) -> Interval:
    if not len(hits):
        return Interval(float("nan"), 0.0, 1.0, 0)
    return Interval(float(hits.mean()), *wilson(float(hits.sum()), len(hits)), len(hits))
