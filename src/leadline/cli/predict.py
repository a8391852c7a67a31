"""`leadline predict MODEL DATA`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadline.cli.options import AsJson, ModelFolder, Query, Quiet, TableName

if TYPE_CHECKING:
    from leadline.artifact.predictions import Batch, Summary


def command(
    model: ModelFolder,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="Rows, with or without answers, in any form that train reads; a picture; a text; - for a pipe."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write all predictions: .csv, .parquet or .jsonl.")
    ] = None,
    table: TableName = None,
    query: Query = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer for new rows, in reading order. Rows that cannot be read are marked; where all are, the exit code is 1."""
    from leadline.artifact.model import load
    from leadline.cli.screen import deliver, leave, progress_for

    if out is not None:
        _check(out, data)
    loaded, progress = load(model), progress_for(quiet)
    if out is not None:
        summary = loaded.predict_into(out, data, progress, table=table, query=query)
        deliver(summary, as_json)
    elif as_json:
        summary = _print_all(loaded.answered(data, progress, table=table, query=query))
    else:
        summary = _count(loaded.answered(data, progress, table=table, query=query))
        deliver(summary, as_json)
    leave(int(summary.all_bad))


def _check(out: Path, data: str) -> None:
    """What can be known to go wrong before the work."""
    from leadline.artifact.tables import check_kind
    from leadline.errors import UsageError

    check_kind(out)
    if out.exists() and Path(data).exists() and out.samefile(data):
        raise UsageError(f"{out} is what the rows come from", "another file for the predictions", f"-o {out.stem}-predictions{out.suffix}")


def _count(batches: Iterator[Batch]) -> Summary:
    from leadline.artifact.predictions import Summary

    summary = Summary()
    for batch in batches:
        summary.add(batch)
    return summary


def _print_all(batches: Iterator[Batch]) -> Summary:
    """By way of a file, as an error half way has to leave stdout to itself: what is printed is one JSON object or the other."""
    import shutil
    import sys

    from leadline.artifact.predictions import write_json
    from leadline.files import scratch_folder

    path = scratch_folder() / "predictions.json"
    with path.open("w", encoding="utf-8") as stream:
        summary = write_json(batches, stream)
    with path.open(encoding="utf-8") as stream:
        shutil.copyfileobj(stream, sys.stdout)
    return summary
