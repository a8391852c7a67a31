"""Rules in words: what the answers to several questions about one column say together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from leadline.errors import listed

_WORDS_SHOWN = 8  # categories that a sentence names before it counts the others
_LARGE = 1e4  # from here on digits are grouped: 12,500, but 1990


@dataclass(frozen=True)
class Bounds:
    """One answer: the number is at most so much (yes) or above it (no), the category one of `words` or none of them.

    `missing`: a missing value gave this answer too; `gaps`: the column had missing values.
    """

    column: str
    at_most: float | None
    words: tuple[str, ...]
    yes: bool
    missing: bool
    gaps: bool


@dataclass(frozen=True)
class Known:
    """All that is known of one column: numbers in (above, at_most], categories among `among` and not in `without`.

    `present`: a value that is there may come here; `missing`: a missing one may.
    """

    above: float = -math.inf
    at_most: float = math.inf
    among: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    present: bool = True
    missing: bool = True
    gaps: bool = False

    def narrowed(self, bounds: Bounds) -> Known:
        known = replace(self, missing=self.missing and bounds.missing, gaps=bounds.gaps)
        if bounds.at_most is not None:
            if bounds.yes:
                return replace(known, at_most=min(self.at_most, bounds.at_most))
            return replace(known, above=max(self.above, bounds.at_most))
        if not bounds.words:  # it was asked whether the value is missing
            return replace(known, present=self.present and not bounds.yes)
        if bounds.yes:
            return replace(known, among=tuple(word for word in bounds.words if self.among is None or word in self.among))
        if self.among is not None:
            return replace(known, among=tuple(word for word in self.among if word not in bounds.words))
        return replace(known, without=(*self.without, *bounds.words))

    def in_words(self, column: str) -> str:
        """`age is above 30 and at most 45, or missing`"""
        maybe = " or missing" if self.missing and self.gaps else ""
        if not self.present:
            return f"{column} is missing"
        if self.among is not None:
            return f"{column} is {_either([*self.among, *(['missing'] if maybe else [])])}"
        if self.without:
            return f"{column} is not {_either([*self.without, *(['missing'] if self.gaps and not maybe else [])])}"
        parts = [f"above {_number(self.above)}"] if self.above > -math.inf else []
        parts += [f"at most {_number(self.at_most)}"] if self.at_most < math.inf else []
        return f"{column} is {' and '.join(parts)}{maybe}" if parts else f"{column} is not missing"


def narrowed(known: Mapping[str, Known], bounds: Bounds) -> Mapping[str, Known]:
    """What is known of all columns with one answer more."""
    return {**known, bounds.column: known.get(bounds.column, Known()).narrowed(bounds)}


def sentence(known: Mapping[str, Known], answer: str, share: float) -> str:
    """`If age is at most 30 and city is oslo: yes (83.1%). 12.4% of rows.`"""
    conditions = ", and ".join(what.in_words(column) for column, what in known.items())
    return f"{f'If {conditions}' if conditions else 'Always'}: {answer}. {share:.1%} of rows."


def _either(words: Sequence[str]) -> str:
    """`red, green or blue`"""
    if len(words) > _WORDS_SHOWN:
        return listed(words, _WORDS_SHOWN)
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _number(value: float) -> str:
    return f"{value:,.12g}" if abs(value) >= _LARGE else f"{value:.12g}"
