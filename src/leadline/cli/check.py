"""`leadline check DATA`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadline.cli.options import AsJson, Exclude, Group, Html, Query, Quiet, TableName, Target, Task, Time, Types, parse_types

_FOUND = 3  # the exit code where findings are as bad as --fail-on says


def command(
    data: Annotated[str, typer.Argument(metavar="DATA", help="Anything that train reads: a file, a folder, an address.")],
    target: Target = None,
    task: Task = None,
    type_: Types = None,
    exclude: Exclude = None,
    group: Group = None,
    time: Time = None,
    table: TableName = None,
    query: Query = None,
    only: Annotated[str | None, typer.Option(metavar="CODE,...", help="Only these checks, by the codes of their findings.")] = None,
    skip: Annotated[str | None, typer.Option(metavar="CODE,...", help="All checks but these.")] = None,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="SEVERITY", help="Exit with 3 where a finding is low, medium or high, or worse.")
    ] = None,
    budget: Annotated[str | None, typer.Option(metavar="B", help="About this long in all: 30s, 2m, 1h.", show_default="2m")] = None,
    thorough: Annotated[bool, typer.Option("--thorough", help="Instead of a budget, as long as the largest network takes.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Another seed, other folds.")] = 0,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Also write rows.parquet there: a line for each row.")
    ] = None,
    edits: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write what could be mended there, for a person to go through and for train.")
    ] = None,
    merge: Annotated[
        list[str] | None, typer.Option(metavar="A+B", help="Try these classes as one: what is gained and lost; may be repeated.")
    ] = None,
    as_json: AsJson = False,
    html: Html = None,
    quiet: Quiet = False,
) -> None:
    """Look for what is wrong with the data, worst first. Nothing is changed."""
    from leadline.cli.screen import deliver, leave, progress_for
    from leadline.workflow.check import at_least, check

    threshold = at_least(fail_on)
    report = check(
        data, target=target, task=task, types=parse_types(type_ or []), exclude=exclude or [], group=group, time=time, table=table,
        query=query, only=_codes(only) if only else None, skip=_codes(skip or ""), budget=budget,
        thorough=thorough, seed=seed, out=out, edits=edits, merge=merge or [], progress=progress_for(quiet),
    )  # fmt: skip
    deliver(report, as_json, html, f"{report.data.table.origin}: how good the data are")
    leave(_FOUND if report.worst() in threshold else 0)


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]
