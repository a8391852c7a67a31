"""Spurious cues: a grey frame planted on one class, ten times, and the same pictures without it.

    .venv/bin/python bench/frames.py

The list was written before the first run. Up to 5,000 pictures of each set are saved again alike (JPEG quality 90, or PNG where the set has
PNG), framed ones too. Found: `spurious-cue` names a border, and its rows are of that class. `clean` counts findings at medium and high
severity on the same pictures without a frame.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import polars as pl
from PIL import ImageDraw

from leadline.check.spurious_cue import SpuriousCue
from leadline.columns.picture import open_picture
from leadline.data.read import read
from leadline.findings import Finding, Severity
from leadline.workflow.check import check

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
RESULTS = Path(__file__).resolve().parent / "results" / "frames.csv"
MOST = 5_000
# set, class, pixels of the frame's width, grey level, seed
PLANTS = (
    ("mnist", "3", 1, 128, 0), ("mnist", "8", 2, 96, 1), ("fashion_mnist", "Coat", 1, 160, 2), ("fashion_mnist", "Sneaker", 3, 128, 3),
    ("cifar10", "cat", 1, 128, 4), ("cifar10", "ship", 2, 110, 5), ("catsdogs", "dog", 4, 128, 6), ("catsdogs", "cat", 12, 150, 7),
    ("medical/pneumoniamnist", "normal", 1, 128, 8), ("faces", "s07", 2, 128, 9),
)  # fmt: skip


def pictures_of(name: str, seed: int) -> tuple[list[bytes], list[str]]:
    """Encoded pictures and their classes, at most 5,000."""
    folder = DATA / name
    data = read(str(folder))
    rows = np.random.default_rng(seed).permutation(len(data))[:MOST]
    column, target = next(iter(data.columns)), data.require_target()
    pictures = data.feature(column)
    return [pictures[row].read() for row in rows.tolist()], [data.show(target, row) for row in rows.tolist()]


def saved(content: bytes, width: int, level: int) -> bytes:
    """Once more, with a frame of that width, 0 for none."""
    image = open_picture(content)
    if width:
        ImageDraw.Draw(image).rectangle((0, 0, image.width - 1, image.height - 1), outline=(level,) * 3, width=width)
    stream = io.BytesIO()
    if content[:2] == b"\xff\xd8":
        image.save(stream, "JPEG", quality=90)
    else:
        image.save(stream, "PNG")
    return stream.getvalue()


def findings_on(contents: list[bytes], labels: list[str]) -> list[Finding]:
    frame = pl.DataFrame({"image": [{"bytes": content} for content in contents], "label": labels})
    return [finding for finding in check(frame, only=[SpuriousCue.code]).findings if finding.severity != Severity.LOW]


def trial(name: str, framed: str, width: int, level: int, seed: int) -> dict[str, object]:
    contents, labels = pictures_of(name, seed)
    clean = findings_on([saved(content, 0, level) for content in contents], labels)
    held = [label == framed for label in labels]
    planted = findings_on([saved(content, width * here, level) for content, here in zip(contents, held, strict=True)], labels)
    borders = [finding for finding in planted if "border of one colour" in finding.title]
    found = any(finding.rows and np.mean([held[row] for row in finding.rows]) > 0.99 for finding in borders)
    worst = max((str(finding.severity) for finding in borders), default="")
    high = sum(finding.severity == Severity.HIGH for finding in clean)
    asked = {"set": name, "class": framed, "width": width, "level": level, "seed": seed, "rows": len(labels), "framed": sum(held)}
    return {**asked, "found": found, "severity": worst, "clean_high": high, "clean_medium": len(clean) - high}


def main() -> None:
    trials = []
    for plant in PLANTS:
        trials.append(trial(*plant))
        print(trials[-1], flush=True)
    with RESULTS.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(trials[0]))
        writer.writeheader()
        writer.writerows(trials)
    print(f"found {sum(bool(one['found']) for one in trials)} of {len(trials)}")


if __name__ == "__main__":
    main()
