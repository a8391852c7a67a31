"""`leadline evaluate MODEL DATA`."""

from __future__ import annotations

from typing import Annotated

import typer

from leadline.cli.options import AsJson, Html, ModelFolder, Query, Quiet, TableName


def command(
    model: ModelFolder,
    data: Annotated[str, typer.Argument(metavar="DATA", help="Rows whose answers are known, in any form that train reads.")],
    table: TableName = None,
    query: Query = None,
    as_json: AsJson = False,
    html: Html = None,
    quiet: Quiet = False,
) -> None:
    """Judge a saved model on rows whose answers are known."""
    from leadline.cli.screen import deliver, progress_for
    from leadline.workflow.evaluate import evaluate

    evaluation = evaluate(model, data, progress_for(quiet), table=table, query=query)
    deliver(evaluation, as_json, html, f"{model.name} on {evaluation.name}")
