"""`check`: is this data good enough, and are the categories the right ones? Questions are asked one after another; nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from leadline.check.contract import Checked, NotApplicable, Section
from leadline.check.mending import Mended, if_mended
from leadline.check.merging import CODE as MERGE
from leadline.check.merging import Merging, Trial, parse_merging, try_merging
from leadline.check.quality import points_of
from leadline.check.taught_twice import seconds_of_turns
from leadline.check.view import View
from leadline.data.read import read
from leadline.encoders.store import Store
from leadline.errors import LeadlineError, UsageError
from leadline.evaluate.intervals import Interval, score_interval
from leadline.findings import Finding, Severity
from leadline.plan.budget import parse_budget
from leadline.progress import Progress
from leadline.registry import CHECKS
from leadline.workflow.check_report import CheckReport, Unasked
from leadline.workflow.check_view import view_of
from leadline.workflow.failing import FAILURES, why_failed
from leadline.workflow.setup import Setup, set_up
from leadline.workflow.train import NEAR_SHARE

_FOUND_ON_READING = ("corrupt-file", "exact-duplicate", "near-duplicate", "duplicate-labels", "constant-column", "rare-class")
_BY_NEAR_COPIES = {"near-duplicate", "duplicate-labels", "split-leak"}
_BUDGET, _THOROUGH = "2m", "12h"  # more than networks need for as many rows as are looked at
_FITS = 2.0  # of a merge in each turn: to classes apart and as one
_ORDER = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


def check(
    source: Any,
    *,
    target: str | None = None,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    exclude: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    table: str | None = None,
    query: str | None = None,
    only: Sequence[str] | None = None,
    skip: Sequence[str] = (),
    budget: str | None = None,
    thorough: bool = False,
    seed: int = 0,
    out: str | Path | None = None,
    edits: str | Path | None = None,
    merge: Sequence[str] = (),
    progress: Progress | None = None,
) -> CheckReport:
    """What is wrong with the data, worst first. `only` and `skip` are codes of findings; the folder `out` gets a line for every row,
    the file `edits` one for every change that findings propose. Each of `merge`, such as "A+B", is tried: these classes as one. `thorough`
    takes the time that the largest network needs, not a budget.

    Raises LeadlineError where nothing can be read, UsageError for a code or a class that there is not.
    """
    progress, began, seconds = progress or Progress(), perf_counter(), _seconds(budget, thorough)
    wanted = _wanted(only, skip)
    progress.say("reading")
    data = read(source, target=target, types=types, exclude=exclude, group=group, time=time, table=table, query=query, need_target=False)
    store, near = Store(), NEAR_SHARE * seconds if wanted & _BY_NEAR_COPIES else 0.0
    setup = None if data.target is None else set_up(data, task, None, None, seed, store, progress, near)
    mergings = _mergings(setup, [merge] if isinstance(merge, str) else merge)
    view, looked_at, findings = view_of(data, setup, seconds, seed, store, progress, near)
    whole = data if setup is None else setup.data
    findings = [finding for finding in findings if finding.code in wanted or finding.code not in (*CHECKS, *_FOUND_ON_READING)]
    asked, unasked = _ask(view, [code for code in CHECKS if code in wanted], progress)
    findings = _together(findings, [finding for checked in asked.values() for finding in checked.findings], asked, len(view) == len(whole))
    sections, trials, untried = _tried(view, mergings, seconds - (perf_counter() - began), progress)
    sections += [section for checked in asked.values() for section in checked.sections]
    score = _score(view)
    mended = _mended(view, [*findings, *sections], asked, score, seconds - (perf_counter() - began), progress)
    report = CheckReport(
        data=view.data, whole=whole, setup=setup, looked_at=looked_at, class_counts={} if setup is None else setup.class_counts(),
        findings=tuple(sorted(findings, key=lambda finding: (_ORDER[finding.severity], -points_of(finding, len(whole))))),
        asked=tuple(asked), unasked=(*unasked, *untried), sections=tuple(sections),
        facts={name: fact for checked in asked.values() for name, fact in checked.facts.items()} | trials,
        rows={"duplicate_group": view.data.source_rows()[view.copies]}
        | {name: values for checked in asked.values() for name, values in checked.rows.items()},
        answers=view.known_answers, score=score, mended=mended,
        seconds=perf_counter() - began, edits=None if edits is None else Path(edits),
    )  # fmt: skip
    if out is not None:
        report.write_rows(Path(out))
    if edits is not None:
        report.write_edits(Path(edits))
    return report


def codes() -> list[str]:
    """Of all findings that can be asked for."""
    return [*CHECKS, *(code for code in _FOUND_ON_READING if code not in CHECKS)]


def at_least(severity: str | None) -> set[Severity]:
    """This severity and those above it; none for None. Raises UsageError where it is none."""
    if severity is None:
        return set()
    if severity not in list(Severity):
        raise UsageError(f'"{severity}" is not a severity', f"one of: {', '.join(Severity)}")
    return {other for other in Severity if _ORDER[other] <= _ORDER[Severity(severity)]}


def _seconds(budget: str | None, thorough: bool) -> float:
    """Raises UsageError where both are given."""
    if thorough and budget is not None:
        raise UsageError(f"--thorough beside --budget {budget}", "one of them", "--thorough alone takes the time that it needs")
    return parse_budget(_THOROUGH if thorough else budget or _BUDGET)


def _wanted(only: Sequence[str] | None, skip: Sequence[str]) -> set[str]:
    for code in (*(only or ()), *skip):
        if code not in codes():
            raise UsageError(f'there is no check "{code}"', f"one of: {', '.join(codes())}")
    return set(codes() if only is None else only) - set(skip)


def _together(on_reading: list[Finding], by_checks: list[Finding], asked: Container[str], all_rows: bool) -> list[Finding]:
    """A check knows more of a thing than was known on reading; only where it looked at a part of the rows, reading saw more of them."""
    if all_rows:
        return [*(finding for finding in on_reading if finding.code not in asked), *by_checks]
    known = {finding.code for finding in on_reading}
    return [*on_reading, *(finding for finding in by_checks if finding.code not in known)]


def _ask(view: View, wanted: Sequence[str], progress: Progress) -> tuple[dict[str, Checked], list[Unasked]]:
    """What was found, and what could not be asked; a check that fails does not keep the others from going on."""
    asked, unasked = dict[str, Checked](), list[Unasked]()
    for code in wanted:
        progress.say(f"checking: {CHECKS.get(code).title}")
        try:
            outcome = CHECKS.get(code)().run(view)
        except FAILURES as error:
            outcome = NotApplicable(why_failed(error))
        if isinstance(outcome, NotApplicable):
            unasked.append(Unasked(code, outcome.why))
        else:
            asked[code] = outcome
    return asked, unasked


def _mergings(setup: Setup | None, texts: Sequence[str]) -> list[Merging]:
    """Raises UsageError where a class is not there, or there are no classes."""
    if not texts:
        return []
    if setup is None or setup.target.values.ndim != 1 or not setup.target.classes:
        raise UsageError(
            f"--merge {texts[0]}: the rows are not of one class each", "a target that holds a class for each row", "--target COL"
        )
    mergings = [parse_merging(text, setup.target.classes) for text in texts]
    named = Counter(name for merging in mergings for name in merging.names)
    if twice := [name for name, times in named.items() if times > 1]:
        saw = f'--merge names "{twice[0]}" in two sets of classes'
        raise UsageError(saw, "each class in one set at most", "try one after the other, or all of them as one: A+B+C")
    return mergings


def _tried(
    view: View, mergings: Sequence[Merging], seconds: float, progress: Progress
) -> tuple[list[Section], dict[str, Any], list[Unasked]]:
    """What merging classes would be worth: sections of the report, keys of its JSON, and what could not be tried, in these seconds too."""
    until = perf_counter() + seconds
    trials, untried = list[Trial](), list[Unasked]()
    for merging in mergings:
        progress.say(f"trying: {', '.join(merging.names)} as one class")
        try:
            if (needed := seconds_of_turns(view, _FITS)) > (left := max(0.0, until - perf_counter())):
                raise LeadlineError(f"it would take about {needed:.0f} s, and {left:.0f} s of the budget are left", "more time")
            trials.append(try_merging(view, merging))
        except FAILURES as error:
            untried.append(Unasked(f"{MERGE} {merging.into}", why_failed(error)))
    facts = {"merged": [trial.to_json() for trial in trials]} if mergings else {}
    return [trial.section() for trial in trials], facts, untried


def _mended(
    view: View, proposals: Sequence[Finding | Section], asked: Mapping[str, Checked], score: Interval | None, seconds: float,
    progress: Progress,
) -> Mended | NotApplicable:  # fmt: skip
    """What the score would be if all that is proposed were done, where there is time to find out; or why that is not said."""
    progress.say("what mending would be worth")
    try:
        return if_mended(view, proposals, asked, score, seconds)
    except FAILURES as error:
        return NotApplicable(why_failed(error))


def _score(view: View) -> Interval | None:
    """The score of the models that checks have asked, on rows that they did not learn from; None where none did."""
    answers, labels = view.known_answers, view.labels
    if answers is None or labels is None:
        return None
    told = view.answered
    return score_interval(labels.metric, answers.values[told], labels.target.values[told], view.seed)
