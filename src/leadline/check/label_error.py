"""Labels that look wrong: which rows, what they should be, and how many there are in all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.view import Labels, View
from leadline.check.wrong_labels import WrongLabels, wrong_labels
from leadline.check.wrong_numbers import WrongNumbers, wrong_numbers
from leadline.columns.number import show
from leadline.errors import LeadlineError
from leadline.evaluate.intervals import Interval
from leadline.evaluate.noisy_judges import Confusions
from leadline.findings import Finding, Mend, Severity

_LEAST_ROWS = 50
_SEVERE, _NOTABLE = 0.05, 0.01  # expected share of wrong labels
# Of the expected number: where its interval begins below that, most of it is doubt. A picture or a text shows what its label says; numbers
# and categories are circumstances, which may leave the answer open (docs/decisions.md).
_UNCLEAR, _UNCLEAR_BY_COLUMNS = 0.25, 0.5
_MANY = 20_000  # rows from which on vectors alone judge, where there are any: models out of fold would take minutes
_PAIRS, _DIGITS = 3, 4


class LabelError(Check):
    """By what models say of rows that they did not learn from, and by what lies near in vectors: see `wrong_labels`."""

    code: ClassVar[str] = "label-error"
    title: ClassVar[str] = "which labels look wrong?"

    def run(self, view: View) -> Checked | NotApplicable:
        labels = view.labels
        if labels is not None and not labels.classes:
            return _of_numbers(view, labels)
        if labels is None or labels.codes is None:
            return NotApplicable("the answers are not classes or numbers, one for each row")
        if len(view) < _LEAST_ROWS or len(np.unique(labels.codes)) < 2:
            return NotApplicable(f"there are fewer than {_LEAST_ROWS} rows, or only one class")
        vectors, chances = _looks(view)
        readable = _readable((vectors, chances), len(view))
        found = wrong_labels(
            labels.codes[readable], len(labels.classes), vectors=None if vectors is None else vectors[readable],
            probabilities=None if chances is None else chances[readable], groups=None if view.groups is None else view.groups[readable],
            seed=view.seed,
        )  # fmt: skip
        unclear = _unclear(found.expected, _least_sure(view))
        findings = (_finding(view, labels, found, readable, unclear),) if found.flagged.any() else ()
        facts = {"expected_label_errors": _rounded(found.expected)}
        confusions = _confusions(found, labels.codes[readable], unclear)
        return Checked(findings, _columns(len(view), labels, found, readable), facts, confusions=confusions)


def _least_sure(view: View) -> float:
    """Share of the expected number that has to be sure, so that the labels and not the rows are in doubt."""
    shown = view.data.features_of("image") or not view.data.features_of("number", "category")
    return _UNCLEAR if shown else _UNCLEAR_BY_COLUMNS


def _confusions(found: WrongLabels, given: np.ndarray, unclear: bool) -> Confusions:
    """Counted on are those that the true class explains: of others models know less, as people err where models do. Where wrong labels and
    overlapping classes cannot be told apart, it is only as many as are sure.
    """
    expected = max(found.expected.value, 1e-12)
    low, high, by_class = found.expected.low / expected, found.expected.high / expected, min(found.by_class, expected) / expected
    counts = np.bincount(given, minlength=len(found.confused)).astype(np.float64)
    usual = low if unclear else by_class
    return Confusions.of_wrong(found.confused, counts, (usual, min(low, usual), high))


def _of_numbers(view: View, labels: Labels) -> Checked | NotApplicable:
    """Numbers that lie far from what models of other rows say: see `wrong_numbers`."""
    if len(view) < _LEAST_ROWS:
        return NotApplicable(f"there are fewer than {_LEAST_ROWS} rows")
    given, predicted = labels.target.values, view.answers.values
    readable = np.flatnonzero(np.isfinite(given) & np.isfinite(predicted))
    found = wrong_numbers(given[readable], predicted[readable])
    chance, flagged = np.full(len(view), np.nan), np.zeros(len(view), dtype=bool)
    chance[readable], flagged[readable] = found.chance, found.flagged
    findings = (_finding_of_numbers(view, labels, found, readable),) if found.flagged.any() else ()
    rows = {"label_error": chance, "label_error_flagged": flagged, "suggested": predicted}
    return Checked(findings, rows, {"expected_label_errors": _rounded(found.expected)})


def _finding_of_numbers(view: View, labels: Labels, found: WrongNumbers, readable: np.ndarray) -> Finding:
    places = np.flatnonzero(found.flagged)
    places = places[np.argsort(-found.chance[places], kind="stable")]
    number = "number looks" if len(places) == 1 else "numbers look"
    title = f"{len(places):,} {number} wrong in {labels.name}; {_in_all(found.expected, len(readable))}"
    first = readable[places[0]]
    told = show(float(labels.target.values[first]), _DIGITS), show(float(view.answers.values[first]), _DIGITS)
    detail = f"the likeliest first: it is {told[0]}, and rows like it say {told[1]}"
    fix = "look at the first of them: a slip of the pen, another unit, another currency?"
    severity = _severity(found.expected, _unclear(found.expected, _UNCLEAR))
    return view.found(LabelError.code, severity, title, detail, column=labels.name, rows=readable[places], fix=fix)


def _rounded(expected: Interval) -> dict[str, float]:
    return {name: round(value, 2) for name, value in (("value", expected.value), ("low", expected.low), ("high", expected.high))}


def _in_all(expected: Interval, num_rows: int) -> str:
    return f"{expected.value:,.0f} of {num_rows:,} are expected to be ({expected.low:,.0f} to {expected.high:,.0f})"


def _unclear(expected: Interval, least_sure: float) -> bool:
    return expected.low < least_sure * expected.value


def _severity(expected: Interval, unclear: bool) -> Severity:
    share = expected.value / max(1, expected.n)
    if unclear:
        return Severity.LOW
    if share >= _SEVERE:
        return Severity.HIGH
    return Severity.MEDIUM if share >= _NOTABLE else Severity.LOW


def _looks(view: View) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Vectors, where something makes them, and out-of-fold chances, but for many rows that have vectors. Words that were looked up in a
    table one by one only blur what models of the texts say.

    Raises LeadlineError where neither can be had.
    """
    vectors = view.vectors_if_any
    if vectors is None:
        return None, view.answers.values
    if not vectors.looked_up:
        return vectors.values, view.answers.values if len(view) <= _MANY else None
    try:
        return None, view.answers.values
    except LeadlineError:  # no time to learn
        return vectors.values, None


def _readable(looks: Sequence[np.ndarray | None], num_rows: int) -> np.ndarray:
    known = [np.isfinite(look.reshape(num_rows, -1)).all(axis=1) for look in looks if look is not None]
    return np.flatnonzero(np.all(known, axis=0))


def _finding(view: View, labels: Labels, found: WrongLabels, readable: np.ndarray, unclear: bool) -> Finding:
    places = np.flatnonzero(found.flagged)
    places = places[np.argsort(-found.chance[places], kind="stable")]
    pairs = [f"{labels.classes[true]} called {labels.classes[given]} ({rows:,.0f})" for true, given, rows in found.most_confused(_PAIRS)]
    often = f"most often {', '.join(pairs)}; the likeliest first" if pairs else "the likeliest first"
    title, detail, fix = _doubt(found, len(places), often) if unclear else _suspicion(found, len(places), often)
    # A model's opinion on rows whose class is in doubt anyway is no reason to change them.
    mends = () if unclear else _mends(labels, found, readable, places)
    severity = _severity(found.expected, unclear)
    return view.found(LabelError.code, severity, title, detail, column=labels.name, rows=readable[places], fix=fix, mends=mends)


def _suspicion(found: WrongLabels, number: int, often: str) -> tuple[str, str, str]:
    """Title, detail and what to do."""
    title = f"{number:,} {'label looks' if number == 1 else 'labels look'} wrong; {_in_all(found.expected, len(found.chance))}"
    return title, often, "look at the first of them, and decide: --edits FILE writes what each should be"


def _doubt(found: WrongLabels, number: int, often: str) -> tuple[str, str, str]:
    expected = found.expected
    are = f"{number:,} {'label is' if number == 1 else 'labels are'} in doubt"
    title = f"{are}: {expected.low:,.0f} to {expected.high:,.0f} of {len(found.chance):,} are wrong, or the classes overlap"
    detail = f"wrong labels and classes that overlap cannot be told apart here; {often}"
    return title, detail, "look at the first of them, and decide; no change is proposed, as models are unsure of such rows anyway"


def _mends(labels: Labels, found: WrongLabels, readable: np.ndarray, places: np.ndarray) -> tuple[Mend, ...]:
    return tuple(
        Mend("relabel row", round(float(found.chance[place]), 3), (int(readable[place]),), value=labels.classes[found.suggested[place]])
        for place in places.tolist()
    )


def _columns(num_rows: int, labels: Labels, found: WrongLabels, readable: np.ndarray) -> dict[str, np.ndarray]:
    """Of every row how likely its label is wrong, whether it is called so, and the likeliest other class; nothing for unreadable ones."""
    chance, flagged = np.full(num_rows, np.nan), np.zeros(num_rows, dtype=bool)
    suggested = np.full(num_rows, None, dtype=object)
    chance[readable], flagged[readable] = found.chance, found.flagged
    suggested[readable] = np.array(labels.classes, dtype=object)[found.suggested]
    return {"label_error": chance, "label_error_flagged": flagged, "suggested": suggested}
