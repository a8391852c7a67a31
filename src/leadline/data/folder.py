"""Folders: class folders of pictures or texts, perhaps below split folders; or tables named after splits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType
from leadline.data.contract import Reader, Reading
from leadline.data.table import Table
from leadline.errors import LeadlineError, listed
from leadline.registry import COLUMNS, READERS

SPLIT_NAMES = {"train": "train", "training": "train", "valid": "valid", "val": "valid", "validation": "valid", "test": "test"}
_OURS = (".leadline", ".runs")  # models and runs; a class so called would be a strange one
_WANTED = "class folders (cat/1.jpg, dog/2.jpg), perhaps below train/ and test/; or tables called train.csv, test.csv"


class Folder(Reader):
    def read(self, place: str, reading: Reading) -> Table:
        folder = Path(place)
        tables = {path: SPLIT_NAMES[path.stem.lower()] for path in visible(folder) if _is_split_table(path)}
        if "train" in tables.values():
            return _split_tables(folder, tables, reading)
        splits = {path: SPLIT_NAMES[path.name.lower()] for path in visible(folder) if _is_split_folder(path)}
        if "train" in splits.values():
            return _class_folders(folder, splits, [str(path) for path in visible(folder) if path not in splits])
        return _class_folders(folder, {folder: ""}, [])


def visible(folder: Path) -> list[Path]:
    """What is in a folder, sorted, without hidden files (checkpoints of editors, resource forks) and without what we wrote there."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.suffix not in _OURS)


def _is_split_folder(path: Path) -> bool:
    """Named after a split and holding class folders: a folder `train` full of pictures is a class of vehicles."""
    return path.is_dir() and path.name.lower() in SPLIT_NAMES and any(child.is_dir() for child in visible(path))


def _is_split_table(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in READERS and path.stem.lower() in SPLIT_NAMES


def _split_tables(folder: Path, tables: dict[Path, str], reading: Reading) -> Table:
    parts = [
        (split, READERS.get(path.suffix.lower())().read(str(path), reading))
        for path, split in sorted(tables.items(), key=lambda item: item[1] != "train")
    ]
    columns = parts[0][1].frame.columns
    for _, part in parts[1:]:
        if set(part.frame.columns) != set(columns):
            odd = ", ".join(sorted(set(part.frame.columns) ^ set(columns)))
            raise LeadlineError(f"the tables in {folder} have different columns: {odd}", f"the columns of {parts[0][1].origin} in each")
    frame = pl.concat([part.frame.select(columns) for _, part in parts], how="vertical_relaxed")
    split = np.concatenate([np.full(part.frame.height, name) for name, part in parts])
    stray = [path.name for path in visible(folder) if path not in tables]
    remarks = (f"beside the tables, not read: {listed(stray, shown=3)}",) if stray else ()
    return Table(frame, _Chained([part for _, part in parts]), folder.resolve().name, folder, split, remarks=remarks, origin=str(folder))


class _Chained:
    """Sources of tables put below each other."""

    def __init__(self, parts: list[Table]) -> None:
        self.parts = parts
        self.starts = np.cumsum([0, *(part.frame.height for part in parts)])

    def __call__(self, row: int) -> str:
        part = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.parts[part].source(row - int(self.starts[part]))


def _class_folders(folder: Path, roots: dict[Path, str], stray: list[str]) -> Table:
    rows = list[tuple[str, str, str]]()
    for root, split in sorted(roots.items(), key=lambda item: ("train", "valid", "test", "").index(item[1])):
        rows += [(path, label, split) for path, label in _labelled_files(root, stray)]
    kind = _kind_of(folder, [path for path, _, _ in rows], stray)
    fits = [path.lower().endswith(kind.extensions) for path, _, _ in rows]
    stray += [row[0] for row, fit in zip(rows, fits, strict=True) if not fit]
    rows = [row for row, fit in zip(rows, fits, strict=True) if fit]
    names = [path for path, _, _ in rows]
    frame = pl.DataFrame({kind.name: [kind.from_file(Path(path)) for path in names], "label": [label for _, label, _ in rows]})
    split_column = np.array([split for _, _, split in rows]) if rows[0][2] else None
    remarks = (f"not read: {listed([str(Path(path).relative_to(folder)) for path in stray], shown=3)}",) if stray else ()
    return Table(frame, names.__getitem__, folder.resolve().name, None, split_column, "label", remarks, {kind.name: kind.name}, str(folder))


def _labelled_files(root: Path, stray: list[str]) -> Iterator[tuple[str, str]]:
    for class_folder in visible(root):
        if not class_folder.is_dir():
            stray.append(str(class_folder))
            continue
        for path in sorted(class_folder.rglob("*")):
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts):
                yield str(path), class_folder.name


def _kind_of(folder: Path, paths: list[str], stray: list[str]) -> ColumnType:
    """The column type whose files the class folders hold, by majority. Raises LeadlineError where there are none."""
    kinds: list[ColumnType] = [kind for kind in COLUMNS.make_all() if kind.extensions]
    found = {kind.name: sum(path.lower().endswith(kind.extensions) for path in paths) for kind in kinds}
    best = max(kinds, key=lambda kind: found[kind.name])
    if found[best.name]:
        return best
    tables = [path for path in stray if Path(path).suffix.lower() in READERS]
    if tables:
        raise LeadlineError(f"{folder} holds tables, but none called train.*", _WANTED, f"name one of them: {tables[0]}")
    loose = [path for path in stray if path.lower().endswith(tuple(e for kind in kinds for e in kind.extensions))]
    if loose:
        raise LeadlineError(
            f"{folder} holds {len(loose):,} files, but not in class folders", _WANTED, "move each file into a folder named after its class"
        )
    raise LeadlineError(f"{folder} holds nothing we can learn from", _WANTED)
