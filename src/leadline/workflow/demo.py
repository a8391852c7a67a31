"""`demo`: what a first day looks like, on handwritten digits that come with scikit-learn: no data and no network are needed.

Five acts: a wrong file, a mixed table of pictures, words and numbers, a folder that is split already, the main job, and asking the model
about a digit and about what is none.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline.artifact.predictions import Predictions
from leadline.errors import LeadlineError, need_extra
from leadline.files import write_atomically
from leadline.progress import Progress
from leadline.reports import Block, Command, Heading, Paragraph, Report, to_html
from leadline.workflow.read import overview
from leadline.workflow.reading_report import ReadReport
from leadline.workflow.train import train
from leadline.workflow.training_report import TrainReport

_EACH = 12  # pictures of each digit in the small acts
_PROMISED = "95%"  # of rows like the training rows are answered
_PAGE, _ASKED = "digits.html", "asked"
_WORDS = ("nothing", "one stroke", "a swan", "two bows", "a chair", "a hook", "a cherry", "a cliff", "a snowman", "a balloon")


@dataclass(frozen=True)
class DemoReport(Report):
    """The small acts, and the report of the main job, which alone is its JSON."""

    wrong: LeadlineError
    mixed: ReadReport
    split: ReadReport
    trained: TrainReport
    asked: Predictions
    folder: Path

    def to_json(self) -> dict[str, Any]:
        return self.trained.to_json()

    def blocks(self) -> list[Block]:
        return [
            *self._act("1. A wrong file", "table.csv", ""), *_of_error(self.wrong),
            *self._act("2. Pictures, words and numbers in one table", "cards", " --target even"), *_told(self.mixed),
            *self._act("3. A folder that is split already", "parted", ""), *_told(self.split),
            *self._act("4. The main job", "digits", f" --abstain {_PROMISED} --html {self.folder / _PAGE}", "train"), *_told(self.trained),
            Paragraph(f"{self.folder / _PAGE} shows the same to look at, with charts and the mistakes; open it in a browser"),
            Heading("5. A digit, and three pictures that are none"),
            Command(f"leadline predict {self.trained.artifact} {self.folder / _ASKED}"), *self.asked.blocks(),
            Paragraph(f"it promised to answer {_PROMISED} of digits like those it learned from, and refuses what is too unlike them"),
        ]  # fmt: skip

    def _act(self, title: str, name: str, options: str, verb: str = "read") -> list[Block]:
        return [Heading(title), Command(f"leadline {verb} {self.folder / name}{options}")]


def _of_error(error: LeadlineError) -> list[Block]:
    lines = [f"problem    {error.saw}", f"expected   {error.expected}", f"try        {error.try_this}"]
    return [Paragraph(line, "warning" if number == 0 else "plain") for number, line in enumerate(lines) if line.split(maxsplit=1)[1:]]


def _told(report: ReadReport | TrainReport) -> list[Block]:
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
    asked = _unfamiliar(folder / _ASKED, folder / "digits")
    trained = train(folder / "digits", out=folder / "digits.leadline", abstain=_PROMISED, progress=progress, **options)
    write_atomically(folder / _PAGE, to_html(trained, "digits: trained model"))
    return DemoReport(wrong, mixed, split, trained, trained.predict(asked), folder)


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


def _unfamiliar(folder: Path, digits: Path) -> Path:
    """A drawing of a three, and three pictures of the same size that are no digits."""
    import numpy as np
    from PIL import Image

    folder.mkdir(exist_ok=True)
    places = np.indices((32, 32))
    pictures = {
        "chequers": 255 * (places.sum(axis=0) // 4 % 2),
        "a grey sky": 160 + 2 * places[0],
        "snow on a screen": np.random.default_rng(0).integers(0, 256, (32, 32)),
    }
    for name, pixels in pictures.items():
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{name}.png")
    sorted((digits / "3").iterdir())[0].replace(folder / "a three.png")  # moved: the model has never seen it
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
