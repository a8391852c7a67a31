"""Options that several verbs share, in the same words everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadline.errors import UsageError

Target = Annotated[str | None, typer.Option("--target", metavar="COL", help="The column that holds the answers.")]
Task = Annotated[str | None, typer.Option("--task", metavar="TASK", help="classify, regress or tag; otherwise decided by the target.")]
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
    return dict(_pair(pair, "the type of a column", "COL=TYPE", "--type age=number") for pair in pairs)


def parse_directions(pairs: list[str]) -> dict[str, str]:
    """{"rooms": "up"} from ["rooms=up"]; raises UsageError where a column is to go both ways."""
    directions = dict[str, str]()
    for text in pairs:
        column, word = _pair(text, "which way answers go as a column grows", "COL=up or COL=down", "--monotone rooms=up")
        if directions.setdefault(column, word) != word:
            raise UsageError(f"{column} is given two directions: {directions[column]} and {word}", "one", f"--monotone {column}={word}")
    return directions


def _pair(text: str, what: str, expected: str, try_this: str) -> tuple[str, str]:
    column, mark, word = text.rpartition("=")
    if not mark or not column:
        raise UsageError(f'"{text}" does not say {what}', expected, try_this)
    return column, word
