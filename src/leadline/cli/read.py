"""`leadline read DATA`."""

from __future__ import annotations

from typing import Annotated

import typer

from leadline.cli.options import AsJson, Exclude, Group, Html, Query, Quiet, TableName, Target, Task, Time, Types, parse_types


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
    as_json: AsJson = False,
    html: Html = None,
    quiet: Quiet = False,
) -> None:
    """Show what is in the data: types, ranges, missing values, target, splits. Nothing is learned."""
    from leadline.cli.screen import deliver, progress_for
    from leadline.workflow.read import overview

    report = overview(
        data, target=target, task=task, types=parse_types(type_ or []), exclude=exclude or [], group=group, time=time, table=table,
        query=query, progress=progress_for(quiet),
    )  # fmt: skip
    deliver(report, as_json, html, f"{report.data.table.origin}: what is in it")
