"""`read`: what was found, what was taken for what and why, and what `train` would make of it; nothing is learned or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from leadline.columns.missing import missing_rows
from leadline.columns.picture import Picture, open_picture
from leadline.columns.recognise import Choice, recognise
from leadline.data.read import CONVENTIONAL_TARGETS, read
from leadline.data.table import Data
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.findings import Finding, Severity
from leadline.progress import Progress
from leadline.tasks.choose import choose_task
from leadline.workflow.reading_report import Answers, ReadReport
from leadline.workflow.setup import Setup, set_up

_ANSWERS = {"category", "number"}  # types whose columns are looked through for answers
_MOST_CLASSES = 20  # that a column may hold to be offered as the answer
_CANDIDATES_SHOWN = 5
_PICTURES_OPENED = 500
_LEAST_PIXELS = 32  # JPEG files are decoded at a fraction of their size
_NEAR_SECONDS = 30.0  # for near duplicates; what is found of them is kept for `train`


def overview(
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
    progress: Progress | None = None,
) -> ReadReport:
    """What `train` would see. Raises LeadlineError where nothing can be read; what cannot be learned from is said in the report."""
    progress = progress or Progress()
    progress.say("reading")
    data = read(
        source, target=target, types=types, exclude=exclude, group=group, time=time, table=table, query=query, need_target=False
    )  # fmt: skip
    options = {"target": target, "task": task, "types": types, "exclude": exclude, "group": group, "time": time, "table": table}
    report = partial(ReadReport, data, {**options, "query": query}, not isinstance(source, str | Path))
    if data.target is None:
        return report(None, None, [*unreadable_pictures(data), *data.findings], _candidates(data))
    try:
        setup = set_up(data, task, None, None, 0, Store(), progress, _NEAR_SECONDS)
    except LeadlineError as problem:
        return report(None, problem, data.findings)
    return report(_answers(setup), None, [*unreadable_pictures(setup.data), *setup.data.findings])


def unreadable_pictures(data: Data) -> list[Finding]:
    """A finding for pictures that cannot be opened, among all of them or, of many, an evenly spaced sample."""
    rows = np.arange(0, len(data), max(1, len(data) // _PICTURES_OPENED))
    found = []
    for name in data.features_of("image"):
        pictures = data.feature(name)
        bad = {row: error for row in rows.tolist() if (error := _why_unreadable(pictures[row]))}
        if bad:
            looked = "" if len(rows) == len(data) else f" of {len(rows):,} looked at"
            noun = "picture" if len(bad) == 1 else "pictures"
            title = f"{len(bad):,} {noun}{looked} cannot be read; train leaves such rows out, predict marks them"
            severity = Severity.HIGH if len(bad) * 20 > len(rows) else Severity.MEDIUM
            first = str(bad[min(bad)]).splitlines()[0]
            found.append(
                Finding("corrupt-file", severity, title, first, name, [data.source_row(row) for row in bad], "replace or remove these")
            )
    return found


def _why_unreadable(picture: Picture) -> LeadlineError | None:
    try:
        open_picture(picture.read(), at_least=_LEAST_PIXELS, source=picture.name)
    except LeadlineError as error:
        return error
    return None


def _answers(setup: Setup) -> Answers:
    raw = setup.data.raw(setup.data.require_target())
    choice = recognise(raw.name, raw)
    spread = choice.kind().summary(raw, setup.data.where(raw.name)) if isinstance(choice, Choice) else ""
    sizes = setup.partition.sizes()
    return Answers(setup.task.name, setup.task_why, setup.class_counts(), spread, sizes, setup.partition.why)


def _candidates(data: Data) -> dict[str, str]:
    """Columns that could hold the answers, with the question: those called so, then the last, those of few values, and numbers."""
    distinct = {name: data.raw(name).n_unique() for name, choice in data.columns.items() if {choice.type, *choice.others} & _ANSWERS}
    called = [name for name in data.columns if name.lower() in CONVENTIONAL_TARGETS]
    few = sorted((name for name, number in distinct.items() if number <= _MOST_CLASSES), key=lambda name: distinct[name])
    numbers = [name for name, number in distinct.items() if data.columns[name].type == "number" and number < len(data)]
    found = dict[str, str]()
    for name in dict.fromkeys([*called, list(data.columns)[-1], *few, *reversed(numbers)]):
        kind, raw = data.columns[name].kind(), data.raw(name)
        present = raw.filter(~missing_rows(raw, kind.tokens))
        try:
            task, _ = choose_task(present)
        except LeadlineError:
            continue
        if len(found) < _CANDIDATES_SHOWN:
            found[name] = f"{task.name}, from {kind.summary(present, data.where(name))}"
    return found
