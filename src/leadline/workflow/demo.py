"""`demo`: what a first day looks like, on handwritten digits that come with scikit-learn: no data and no network are needed.

Four acts: a wrong file, a mixed table of pictures, words and numbers, a folder that is split already, and the main job.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline.errors import LeadlineError, need_extra
from leadline.progress import Progress
from leadline.reports import Block, Command, Heading, Paragraph, Report
from leadline.workflow.read import overview
from leadline.workflow.reading_report import ReadReport
from leadline.workflow.train import train
from leadline.workflow.training_report import TrainReport

_EACH = 12  # pictures of each digit in the small acts
_WORDS = ("nothing", "one stroke", "a swan", "two bows", "a chair", "a hook", "a cherry", "a cliff", "a snowman", "a balloon")


@dataclass(frozen=True)
class DemoReport(Report):
    """The three small acts, and the report of the main job, which alone is its JSON."""

    wrong: LeadlineError
    mixed: ReadReport
    split: ReadReport
    trained: TrainReport
    folder: Path

    def to_json(self) -> dict[str, Any]:
        return self.trained.to_json()

    def blocks(self) -> list[Block]:
        return [
            *self._act("1. A wrong file", "table.csv", ""), *_of_error(self.wrong),
            *self._act("2. Pictures, words and numbers in one table", "cards", " --target even"), *_told(self.mixed),
            *self._act("3. A folder that is split already", "parted", ""), *_told(self.split),
            *self._act("4. The main job", "digits", "", "train"), *self.trained.blocks(),
        ]  # fmt: skip

    def _act(self, title: str, name: str, options: str, verb: str = "read") -> list[Block]:
        return [Heading(title), Command(f"leadline {verb} {self.folder / name}{options}")]


def _of_error(error: LeadlineError) -> list[Block]:
    lines = [f"problem    {error.saw}", f"expected   {error.expected}", f"try        {error.try_this}"]
    return [Paragraph(line, "warning" if number == 0 else "plain") for number, line in enumerate(lines) if line.split(maxsplit=1)[1:]]


def _told(report: ReadReport) -> list[Block]:
    """The report without the command that comes next: here the next act does."""
    blocks = report.blocks()
    last = next(place for place in reversed(range(len(blocks))) if isinstance(blocks[place], Heading))
    return blocks[:last]


def demo(folder: Path, progress: Progress | None = None, **options: Any) -> DemoReport:
    """Writes the digits in several ways and reads them; then trains on a folder of class folders as on anybody's pictures."""
    if folder.exists() and not (folder / ".leadline-demo").exists():
        raise LeadlineError(f"{folder} is there already", "a folder that the demo may fill", "choose another with -o")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".leadline-demo").touch()
    write_digits(folder / "digits")
    wrong = _wrong_file(folder / "table.csv", folder / "digits")
    mixed = overview(_cards(folder / "cards"), target="even", progress=progress)
    split = overview(_parted(folder / "parted"), progress=progress)
    trained = train(folder / "digits", out=folder / "digits.leadline", progress=progress, **options)
    return DemoReport(wrong, mixed, split, trained, folder)


def _wrong_file(path: Path, digits: Path) -> LeadlineError:
    """What is said of a picture that is called a table."""
    path.write_bytes(next(digits.rglob("*.png")).read_bytes())
    try:
        overview(path)
    except LeadlineError as error:
        return error
    raise LeadlineError(f"{path} was read although it is a picture")


def _cards(folder: Path) -> Path:
    """metadata.csv with a picture, words, a number and an answer in every row."""
    write_digits(folder / "pictures", _EACH)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file_name", "looks_like", "ink", "even"))
        for path in sorted((folder / "pictures").rglob("*.png")):
            digit, number = int(path.parent.name), int(path.stem)
            said = f"it looks like {_WORDS[digit]} in drawing {number}"
            writer.writerow((path.relative_to(folder), said, path.stat().st_size, "no" if digit % 2 else "yes"))
    return folder


def _parted(folder: Path) -> Path:
    """train/ and test/, each with a folder for every digit; two drawings are in both, as happens."""
    write_digits(folder / "train", _EACH)
    write_digits(folder / "test", _EACH // 3, skipped=_EACH)
    for path in sorted((folder / "train" / "7").iterdir())[:2]:
        (folder / "test" / "7" / path.name).write_bytes(path.read_bytes())
    return folder


def write_digits(folder: Path, each: int = 0, skipped: int = 0) -> None:
    """The 1,797 digits (UCI, Alpaydin and Kaynak 1998) as PNG files in folders 0 to 9; `each` of every digit after the first `skipped`."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise need_extra("scikit-learn", "the demo") from None
    import numpy as np
    from PIL import Image

    digits = load_digits()
    for label in range(10):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        for number in np.flatnonzero(digits.target == label)[skipped:][: each or None]:
            pixels = (255 - digits.images[number] * (255 / 16)).astype(np.uint8)
            Image.fromarray(pixels).resize((32, 32), Image.Resampling.NEAREST).save(folder / str(label) / f"{number:04d}.png")
