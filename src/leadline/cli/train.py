"""`leadline train DATA`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadline.cli.options import (
    AsJson,
    Exclude,
    Group,
    Html,
    Query,
    Quiet,
    TableName,
    Target,
    Task,
    Time,
    Types,
    parse_directions,
    parse_types,
)


def command(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="A folder of class folders, a table (CSV, Parquet), or a folder with train.* and test.* tables."
        ),
    ],
    target: Target = None,
    task: Task = None,
    type_: Types = None,
    exclude: Exclude = None,
    group: Group = None,
    time: Time = None,
    table: TableName = None,
    query: Query = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="M",
            help="accuracy, log_loss, roc_auc, average_precision; f1, f1_macro, balanced_accuracy: answers are decided for these, "
            "of stars and grades also for quadratic_kappa and mae. "
            "Numbers: r2, rmse, mae. Labels: micro_f1, macro_f1, mean_average_precision, exact_match.",
        ),
    ] = None,
    positive: Annotated[str | None, typer.Option(metavar="CLASS", help="Of two classes the one to be found.")] = None,
    cost: Annotated[
        str | None, typer.Option(metavar="fp=A,fn=B", help="What a false alarm and a miss of the --positive class cost.")
    ] = None,
    abstain: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Answer 95% of rows like these, and refuse what is too unlike them.")
    ] = None,
    monotone: Annotated[
        list[str] | None,
        typer.Option(metavar="COL=up|down", help="The answer never falls (up) or never rises (down) as COL grows; may be repeated."),
    ] = None,
    learners: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME,...", help="Only these, beside the trivial baseline: linear,trees; otherwise all that fit."),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME", help="A network to try as well: a Hugging Face model's folder, or its name, fetched once.")
    ] = None,
    budget: Annotated[str, typer.Option(metavar="B", help="At most this long in all: 30s, 2m, 1h.")] = "2m",
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Another seed, other folds and held-back rows.")] = 0,
    plan: Annotated[Path | None, typer.Option(metavar="FILE", help="Replay the plan.json of an earlier run.")] = None,
    edits: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Change the data as this list says, which `leadline check --edits` wrote.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT", help="Where to put the model; otherwise NAME.leadline here.")
    ] = None,
    as_json: AsJson = False,
    html: Html = None,
    quiet: Quiet = False,
) -> None:
    """Learn from labelled examples and save a scored model."""
    from leadline.cli.screen import deliver, leave, progress_for
    from leadline.reports.page import SECONDS
    from leadline.workflow.train import train

    report = train(
        data, target=target, task=task, types=parse_types(type_ or []), exclude=exclude or [], group=group, time=time, table=table,
        query=query, metric=metric, positive=positive, cost=cost, abstain=abstain,
        monotone=parse_directions(monotone or []), learners=",".join(learners).split(",") if learners else None,
        encoder=encoder, budget=budget, seed=seed, plan=plan, edits=edits, out=out, progress=progress_for(quiet), whole_command=True,
        afterwards=SECONDS if html else 0.0,
    )  # fmt: skip
    deliver(report, as_json, html, f"{report.artifact.stem}: trained model")
    leave(0)
