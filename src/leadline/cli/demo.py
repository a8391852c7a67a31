"""`leadline demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadline.cli.options import AsJson, Quiet


def command(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Where the pictures and the model go.")] = Path("demo"),
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train on handwritten digits that come along, as a first look."""
    from leadline.cli.screen import deliver, leave, progress_for
    from leadline.workflow.demo import demo

    deliver(demo(out, progress_for(quiet), whole_command=True), as_json)
    leave(0)
