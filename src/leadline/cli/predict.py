"""`leadline predict MODEL DATA`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadline.cli.options import AsJson, ModelFolder, Quiet


def command(
    model: ModelFolder,
    data: Annotated[str, typer.Argument(metavar="DATA", help="A picture, a text file, a folder of them, or a table.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write all predictions: .csv, .parquet or .jsonl.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer for new rows, in reading order."""
    from leadline.artifact.model import load
    from leadline.artifact.tables import check_kind, write_table
    from leadline.cli.screen import deliver, leave, progress_for

    if out is not None:
        check_kind(out)
    predictions = load(model).predict(data, progress_for(quiet))
    if out is not None:
        write_table(predictions.to_table(), out)
    if out is None or as_json:
        deliver(predictions, as_json)
    else:
        typer.echo(f"{len(predictions):,} predictions written to {out}")
    leave(0)
