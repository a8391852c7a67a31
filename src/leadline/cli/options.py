"""Options that several verbs share, in the same words everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadline.errors import UsageError

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
