"""Where a training run is kept: the model beside the user's work, everything about how it came about in the run folder."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from leadline.errors import LeadlineError
from leadline.files import folder_written_whole

SUFFIX = ".leadline"


def places(name: str, out: str | Path | None) -> tuple[Path, Path]:
    """(artefact, runs folder): NAME.leadline and NAME.runs, in the current folder or where `out` says."""
    target = Path(out) if out is not None else Path(name + SUFFIX)
    if target.name in ("", "..") or (target.is_dir() and target.suffix != SUFFIX):
        target = target / (name + SUFFIX)
    if target.suffix != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    if target.exists() and not (target / "manifest.json").is_file():
        raise LeadlineError(
            f"{target} is there already and is not a model of ours", "a free name, or a model to replace", "choose another name with -o"
        )
    return target, target.with_suffix(".runs")


def new_run(runs: Path) -> Path:
    """An empty folder named after the time, numbered when two runs begin in the same second."""
    stem = datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
    try:
        for number in range(1, 1_000):
            folder = runs / (stem if number == 1 else f"{stem}-{number}")
            try:
                folder.mkdir(parents=True)
                return folder
            except FileExistsError:
                continue
    except OSError as error:
        raise LeadlineError(
            f"we cannot write to {runs.parent.resolve()}: {error.strerror}", "a folder we may write to", "choose another place with -o"
        ) from None
    raise LeadlineError(f"a thousand runs began in this second in {runs}")


def publish(built: Path, target: Path) -> None:
    """Puts a copy of a complete artefact in the user's place; a copy, so that mishaps to one leave the other whole."""
    with folder_written_whole(target) as building:
        shutil.copytree(built, building, dirs_exist_ok=True)
