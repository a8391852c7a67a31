"""Options that several verbs share, in the same words everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadline.errors import UsageError

Target = Annotated[str | None, typer.Option("--target", metavar="COL", help="The column that holds the answers.")]
Types = Annotated[
    list[str] | None, typer.Option("--type", metavar="COL=TYPE", help="number, category, text, datetime, image, tags; may be repeated.")
]
Exclude = Annotated[list[str] | None, typer.Option("--exclude", metavar="COL", help="A column to leave out; may be repeated.")]
Group = Annotated[str | None, typer.Option("--group", metavar="COL", help="Rows with the same value stay on the same side of every split.")]
Time = Annotated[str | None, typer.Option("--time", metavar="COL", help="Split by this column: the latest rows judge.")]
TableName = Annotated[str | None, typer.Option("--table", metavar="NAME", help="The sheet of a workbook, or the table of a database.")]
Query = Annotated[str | None, typer.Option("--query", metavar="SQL", help="What to ask a database.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Also write the report as one self-contained page.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
ModelFolder = Annotated[Path, typer.Argument(metavar="MODEL", help="The folder NAME.leadline that train wrote.")]


def parse_types(pairs: list[str]) -> dict[str, str]:
    """{"age": "number"} from ["age=number"]."""
    types = {}
    for pair in pairs:
        column, mark, kind = pair.rpartition("=")
        if not mark or not column:
            raise UsageError(f'"{pair}" does not say the type of a column', "COL=TYPE", "--type age=number")
        types[column] = kind
    return types
