"""Class folders of pictures or texts, perhaps below split folders: each file is a row, its folder's name the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType
from leadline.data.contract import Reading
from leadline.data.folders.walk import Level, Walk
from leadline.data.named_files import Listed, ends_with, kinds_of_files
from leadline.data.split_names import SPLIT_NAMES, splits_of
from leadline.data.table import Table
from leadline.errors import listed, printable
from leadline.findings import Finding, Severity


@dataclass
class Files:
    """Files that are one row each, as they are found; `labels` are missing where no folder names a class."""

    names: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)  # files and folders met on the way that are no rows

    def add(self, names: list[str], label: str | None, split: str) -> None:
        self.names += names
        self.labels += [] if label is None else [label] * len(names)
        self.splits += [split] * len(names)


def split_folders(walk: Walk, top: Level) -> dict[str, str]:
    """Folders named after splits, with their splits, in the order train, valid, test."""
    return splits_of(top.folders)


def read_split_class_folders(walk: Walk, top: Level, reading: Reading) -> Listed | None:
    """Class folders below train/ and others: a folder `train` full of pictures is a class of vehicles."""
    named = split_folders(walk, top)
    with_classes = {name: split for name, split in named.items() if walk.level(name).folders}
    if "train" not in with_classes.values():
        return None
    found, findings = Files(), list[Finding]()
    found.beside += [name for name in (*top.folders, *top.files) if name not in with_classes]
    for root, split in with_classes.items():
        findings += _add_classes(walk, walk.level(root), split, found)
    for name in named.keys() - with_classes.keys():
        findings.append(_without_classes(walk, name))
    return files_table(walk, found, tuple(findings))


def read_class_folders(walk: Walk, top: Level, reading: Reading) -> Listed | None:
    """Folders named after classes; where all are named after splits they are no classes."""
    if not top.folders or all(name.lower() in SPLIT_NAMES for name in top.folders):
        return None
    found = Files()
    findings = _add_classes(walk, top, "", found)
    return files_table(walk, found, (*findings, *_like_splits(walk, top)))


def read_several_class_folders(walk: Walk, top: Level, reading: Reading) -> Listed | None:
    """At least two of them, with nothing like their files beside them."""
    if len(top.folders) < 2 or main_kind(top.files):
        return None
    found = read_class_folders(walk, top, reading)
    return found if found is not None and found.table.frame["label"].n_unique() > 1 else None


def _add_classes(walk: Walk, level: Level, split: str, found: Files) -> list[Finding]:
    """Adds every file below the class folders of one level; returns what is odd about them."""
    found.beside += level.files
    empty = []
    for folder in level.folders:
        names = list(walk.files(folder))
        found.add(names, folder.rpartition("/")[2], split)
        empty += [] if names else [folder]
    if not empty:
        return []
    detail = listed(empty) if len(empty) > 5 else ""
    title = f"{len(empty):,} class folder{'s hold' if len(empty) > 1 else ' holds'} no file: {listed(empty, shown=5)}"
    return [Finding("empty-class", Severity.LOW, title, detail, fix="put examples into them, or remove them")]


def _without_classes(walk: Walk, name: str) -> Finding:
    files = walk.level(name).files
    title = f"the folder {name} holds {len(files):,} files but no class folders, so it cannot judge and is not used"
    fix = f"sort them into class folders, or have them predicted: leadline predict MODEL {name}"
    return Finding("unread-files", Severity.MEDIUM, title, fix=fix)


def _like_splits(walk: Walk, top: Level) -> list[Finding]:
    """Beside cat/ and dog/ a folder test/ may be a class of its own (train/ among vehicles), and may be pictures to judge by."""
    fix = "if it is none, move it away and have it predicted, or put class folders into train/ and test/"
    titles = [f'the folder {name} lies beside class folders, so "{name}" counts as a class' for name in split_folders(walk, top)]
    return [Finding("split-as-class", Severity.MEDIUM, title, fix=fix) for title in titles]


def main_kind(names: list[str]) -> ColumnType | None:
    """The column type that most of these files are of; None where none is of any."""
    series = pl.Series(names, dtype=pl.String)
    counts = {kind: int(ends_with(series, kind.extensions).sum()) for kind in kinds_of_files()}
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] else None


def files_table(walk: Walk, found: Files, findings: tuple[Finding, ...] = ()) -> Listed | None:
    """A table of files, one row each, of the kind that most of them are; None where there are none of any kind."""
    kind = main_kind(found.names)
    if kind is None:
        return None
    names = pl.Series(kind.name, found.names, dtype=pl.String)
    fits = ends_with(names, kind.extensions)
    walk.left.stray += [*found.beside, *names.filter(~fits)]
    names = names.filter(fits)
    columns = [names]
    if found.labels:
        columns.append(pl.Series("label", found.labels, dtype=pl.String).filter(fits))
    split = np.array(found.splits)[fits.to_numpy()] if found.splits and found.splits[0] else None
    table = Table(
        pl.DataFrame(columns), Places(walk.root, names), walk.name, walk.root, split,
        "label" if found.labels else None, types={kind.name: kind.name}, origin=walk.origin,
        findings=(*findings, *_unsorted(found.beside, kind)),
    )  # fmt: skip
    return Listed(table, {kind.name: kind})


def _unsorted(beside: list[str], kind: ColumnType) -> list[Finding]:
    """Files like those of the classes, but in no class folder."""
    names = [name for name in beside if name.lower().endswith(kind.extensions)]
    if not names:
        return []
    title = f"{len(names):,} {kind.name} file{'s lie' if len(names) > 1 else ' lies'} in no class folder and cannot teach"
    return [Finding("unread-files", Severity.LOW, title, listed(names), fix="move each into the folder of its class")]


@dataclass(frozen=True)
class Places:
    """The path of each row's file."""

    root: Path
    names: pl.Series

    def __call__(self, row: int) -> str:
        return printable(str(self.root / self.names[row]))
