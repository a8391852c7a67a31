"""Classes that the model cannot tell apart: tested on rows that it did not learn from, with what merging them would gain and lose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.links import united
from leadline.check.one_column import auc, auc_interval
from leadline.check.view import View
from leadline.errors import listed
from leadline.evaluate.intervals import Interval, share_difference
from leadline.findings import Finding, Severity

_PARTNERS = 3  # of every class, those that its rows are taken for most, are tested
_LEAST_ROWS = 10  # of both classes
_CHANCE = 0.6  # an AUC that is surely below is hardly better than chance, which is .5
_HARD = 0.8  # and one below this is far from telling apart
_MIXED = 0.05  # of a pair's rows are answered as the other class, to be told as often confused
_SHOWN, _MOST_GROUPS = 5, 20
_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Pair:
    """Two classes by their codes; how well the answers rank rows of one above those of the other, and the share that is mixed up."""

    first: int
    second: int
    auc: Interval
    mixed: float


class ConfusableClasses(Check):
    """The area under the curve of a pair's chances, with its interval (Hanley and McNeil 1982); merging by the shares of right answers."""

    code: ClassVar[str] = "confusable-classes"
    title: ClassVar[str] = "are there classes that cannot be told apart?"

    def run(self, view: View) -> Checked | NotApplicable:
        codes = view.codes
        if view.labels is None or codes is None:
            return NotApplicable("the answers are not classes, one for each row")
        chances = view.answers.values
        told = np.isfinite(chances).all(axis=1)
        rows = np.flatnonzero(told)
        chances = chances if told.all() else chances[rows]  # a gigabyte where rows and classes are many
        asked = _Asked(view, view.labels.classes, chances, codes[rows], rows)
        pairs = [pair for first, second in asked.likely() if (pair := asked.tested(first, second))]
        return Checked(tuple(asked.findings(pairs)))


@dataclass(frozen=True)
class _Asked:
    """`chances` (n, num_classes) and `codes` (n,) of the rows that were answered, at `rows` of the data."""

    view: View
    classes: tuple[str, ...]
    chances: np.ndarray
    codes: np.ndarray
    rows: np.ndarray

    @cached_property
    def said(self) -> np.ndarray:
        """(n,) the likeliest classes."""
        likeliest: np.ndarray = self.chances.argmax(axis=1)
        return likeliest

    def likely(self) -> list[tuple[int, int]]:
        """The pairs whose rows are given the highest chances of the other class."""
        number = len(self.classes)
        given = np.zeros((number, number))
        for code in range(number):
            own = self.codes == code
            given[code] = self.chances[own].mean(axis=0) if own.any() else 0.0
        both = given + given.T
        np.fill_diagonal(both, -1.0)
        most = np.argsort(-both, axis=1, kind="stable")[:, :_PARTNERS]
        return sorted({(min(code, int(other)), max(code, int(other))) for code in range(number) for other in most[code] if code != other})

    def tested(self, first: int, second: int) -> Pair | None:
        """None where a class has too few rows to say."""
        where = (self.codes == first) | (self.codes == second)
        positive = self.codes[where] == second
        if min(positive.sum(), (~positive).sum()) < _LEAST_ROWS:
            return None
        of_pair = np.log(np.maximum(self.chances[np.ix_(where, [first, second])], 1e-12))
        area = auc(of_pair[:, 1] - of_pair[:, 0], positive)
        return Pair(
            first, second, auc_interval(area, int(positive.sum()), int((~positive).sum())), float(self._mixed(first, second).mean())
        )

    def _mixed(self, first: int, second: int) -> np.ndarray:
        """Of the pair's rows, which are answered as the other class."""
        where = (self.codes == first) | (self.codes == second)
        said = self.said[where]
        mixed: np.ndarray = (said != self.codes[where]) & ((said == first) | (said == second))
        return mixed

    def findings(self, pairs: Sequence[Pair]) -> Iterator[Finding]:
        alike = [pair for pair in pairs if pair.auc.high < _CHANCE]
        groups = self._groups(alike)
        yield from (self._cannot([pair for pair in alike if pair.first in group], group) for group in groups[:_MOST_GROUPS])
        others = [pair for pair in pairs if not any({pair.first, pair.second} <= set(group) for group in groups)]
        hard = [pair for pair in others if pair.auc.high < _HARD]
        yield from (self._hardly(pair) for pair in sorted(hard, key=lambda pair: pair.auc.value)[:_MOST_GROUPS])
        often = [pair for pair in others if pair.auc.high >= _HARD and pair.mixed >= _MIXED]
        if often and len(self.classes) > 2:
            yield self._often(sorted(often, key=lambda pair: -pair.mixed))

    def _groups(self, pairs: Sequence[Pair]) -> list[list[int]]:
        """Classes that pairs hold together."""
        first = united(len(self.classes), [np.array([(pair.second, pair.first) for pair in pairs], np.int64).reshape(-1, 2)])
        if first is None:
            return []
        groups = [np.flatnonzero(first == code).tolist() for code in np.unique(first)]
        return [group for group in groups if len(group) > 1]

    def _cannot(self, pairs: Sequence[Pair], group: Sequence[int]) -> Finding:
        names = listed([f'"{self.classes[code]}"' for code in group], _SHOWN)
        worst = max(pairs, key=lambda pair: pair.auc.value)
        title = f"{names} cannot be told apart: {_ranked(worst)}, and 50% is chance"
        trial = "+".join(self.classes[code] for code in group)
        fix = f'merge them, if the difference does not matter (--merge "{trial}" says more); else look whether the labels follow a rule'
        if len(group) == len(self.classes):
            fix = "what tells them apart is not in these data: collect it, or look whether the labels follow a rule"
        return self._found(Severity.HIGH, title, self._merging(group), group, fix)

    def _hardly(self, pair: Pair) -> Finding:
        group = [pair.first, pair.second]
        title = f'"{self.classes[pair.first]}" and "{self.classes[pair.second]}" are hard to tell apart: {_ranked(pair)}'
        fix = "look at rows that are mixed up: does the difference matter, and can a person see it?"
        return self._found(Severity.MEDIUM, title, self._merging(group), group, fix)

    def _often(self, pairs: Sequence[Pair]) -> Finding:
        said = [f'"{self.classes[pair.first]}" and "{self.classes[pair.second]}" ({pair.mixed:.0%})' for pair in pairs]
        title = f"often taken for one another: {listed(said, _SHOWN)}"
        detail = "the share of the rows of both that are answered as the other; they can be told apart, but not in these rows"
        rows = np.unique(np.concatenate([self._mixed_rows([pair.first, pair.second]) for pair in pairs]))
        fix = "more examples of these classes, or a larger picture or text, help most"
        return self.view.found(ConfusableClasses.code, Severity.LOW, title, detail, column=self._column, rows=rows, fix=fix)

    def _found(self, severity: Severity, title: str, detail: str, group: Sequence[int], fix: str) -> Finding:
        rows = self._mixed_rows(group)
        return self.view.found(ConfusableClasses.code, severity, title, detail, column=self._column, rows=rows, fix=fix)

    @property
    def _column(self) -> str | None:
        return self.view.data.target

    def _mixed_rows(self, group: Sequence[int]) -> np.ndarray:
        among = np.isin(self.codes, group) & np.isin(self.said, group)
        rows: np.ndarray = self.rows[among & (self.said != self.codes)]
        return rows

    def _merging(self, group: Sequence[int]) -> str:
        """The score merged and apart, and what would be lost."""
        own = np.isin(self.codes, group)
        apart = (self.said == self.codes).astype(np.float64)
        among = own & np.isin(self.said, group)
        share = float(apart[among].mean()) if among.any() else 0.0
        usual = np.bincount(self.codes[among], minlength=1).max() / max(1, among.sum())
        lost = f"of the rows answered as one of them {share:.1%} are answered as the right one, "
        lost += f"{usual:.1%} by always saying the commonest of them"
        if len(group) == len(self.classes):
            return lost
        merged = self._merged_hits(group)
        gain = share_difference(merged, apart)
        scores = f"with them merged {merged.mean():.1%} of the answers are right, apart {apart.mean():.1%}"
        return f"{scores} (a difference of {gain.value:.1%}, {gain.low:.1%} to {gain.high:.1%}); {lost}"

    def _merged_hits(self, group: Sequence[int]) -> np.ndarray:
        """(n,) 1 where the likeliest answer is right once the group's chances are added up."""
        others = np.setdiff1d(np.arange(len(self.classes)), group)
        merged = np.empty(len(self.codes), dtype=bool)
        for start in range(0, len(merged), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            together = self.chances[rows][:, group].sum(axis=1)
            merged[rows] = together > self.chances[rows][:, others].max(axis=1)
        own = np.isin(self.codes, group)
        return np.where(own, merged, ~merged & (self.said == self.codes)).astype(np.float64)


def _ranked(pair: Pair) -> str:
    return f"of two rows, one of each, the answers order {pair.auc.value:.1%} rightly ({pair.auc.low:.1%} to {pair.auc.high:.1%})"
