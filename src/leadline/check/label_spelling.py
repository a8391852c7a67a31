"""Names that are one and the same, written in several ways: Cat, "cat " and CAT as three classes."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
import polars as pl

from leadline.check.contract import Check, Checked
from leadline.check.view import View
from leadline.findings import Finding, Mend, Severity

_MOST_NAMES = 10_000  # of a column that are compared
_LONG = 6  # letters from which on one wrong letter is a slip rather than another word
_MARKS = "_-.'\u2019\"`"
_SURE = 0.9  # that spellings are of one name, as a line of an edit list says it
_SLIP = 0.05  # of the rows of the usual spelling, which a slip has at most


class LabelSpelling(Check):
    """Equal but for case, spaces, underscores, marks and accents; or a rare name one slip away from a frequent one (Damerau 1964)."""

    code: ClassVar[str] = "label-spelling"
    title: ClassVar[str] = "is one name written in several ways?"

    def run(self, view: View) -> Checked:
        names = [name for name, kind in view.data.types.items() if kind == "category"]
        if view.labels is not None and view.labels.codes is not None and not view.data.raw(view.labels.name).dtype.is_numeric():
            names = [view.labels.name, *names]
        return Checked(tuple(finding for name in names for finding in self._of_column(view, name)))

    def _of_column(self, view: View, column: str) -> Iterator[Finding]:
        raw = view.data.raw(column)
        if raw.dtype != pl.String or raw.n_unique() > _MOST_NAMES:
            return
        counts = Counter(dict(raw.drop_nulls().value_counts().iter_rows()))
        for usual, others in spellings(counts).items():
            rows = raw.is_in(others).fill_null(False).to_numpy()
            written = ", ".join(f'"{name}" ({counts[name]:,})' for name in (usual, *others))
            of_answers = view.labels is not None and column == view.labels.name
            severity = Severity.HIGH if of_answers else Severity.MEDIUM
            mends = (Mend("merge classes", _SURE, classes=(usual, *others), value=usual),) if of_answers else ()
            title = f"{column} has what looks like one name in {len(others) + 1} spellings: {written}"
            fix = f'write "{usual}" in all of them'
            yield view.found(self.code, severity, title, column=column, rows=np.flatnonzero(rows), fix=fix, mends=mends)


def spellings(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """The most frequent spelling of a name -> its other ones; names written in one way only are left out."""
    alike = dict[str, list[str]]()
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        alike.setdefault(_plain(name), []).append(name)
    found = {names[0]: names[1:] for names in alike.values() if len(names) > 1}
    owners = dict[str, str]()  # the most frequent name of which a form is left when one letter is taken away
    for name in (names[0] for names in alike.values()):
        forms = _with_a_letter_less(_plain(name))
        usual = next((owners[form] for form in forms if form in owners), None)
        if usual is not None and counts[name] <= _SLIP * counts[usual]:
            found.setdefault(usual, []).extend([name, *found.pop(name, [])])
        for form in forms:
            owners.setdefault(form, name)
    return found


def _plain(name: str) -> str:
    """In small letters, without accents, spaces and marks that mean nothing. In a name with digits marks may mean something: -1.5, 1/2."""
    letters = unicodedata.normalize("NFKD", name).casefold().split()
    if any(letter.isdigit() for letter in name):
        return " ".join(letters)
    plain = "".join(letter for letter in "".join(letters) if letter not in _MARKS and not unicodedata.combining(letter))
    return plain or name.strip()


def _with_a_letter_less(plain: str) -> list[str]:
    """A long name of letters and what is left of it without each letter: names that differ in one letter, or in two neighbours that have
    changed places, share one of these. None of names with digits, which may differ by one and mean it.
    """
    if len(plain) < _LONG or not plain.isalpha():
        return []
    return [plain, *(plain[:place] + plain[place + 1 :] for place in range(len(plain)))]
