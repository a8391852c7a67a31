"""Tables in a folder: named after splits, in shards that belong together, or a single one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from leadline.data.contract import Reading
from leadline.data.folders.class_folders import split_folders
from leadline.data.folders.metadata import below_top, with_files
from leadline.data.folders.table_names import is_shard, missing_shards, shard_stem, stem_of, tables_in
from leadline.data.folders.walk import Level, Walk
from leadline.data.joined import Part, read_parts
from leadline.data.named_files import Listed, kinds_of_files
from leadline.data.split_names import SPLIT_NAMES
from leadline.data.table import SPLITS, Table
from leadline.errors import LeadlineError, listed
from leadline.files import scratch_around


def read_split_tables(walk: Walk, top: Level, reading: Reading) -> Listed | None:
    """Tables called train.* and test.*, or folders so called that hold nothing but tables, or the shards of one table."""
    parts = parts_in(walk, top)
    if not parts:
        return None
    _refuse_copies(walk, parts)
    table = read_parts(walk, parts, reading, below_top(walk))
    missing = missing_shards([part.name for part in parts])
    table = replace(table, remarks=(*table.remarks, *_both_valid(parts)), findings=(*table.findings, *missing))
    return _with_its_files(walk, top, table, parts)


def parts_in(walk: Walk, top: Level) -> list[Part]:
    """The tables of a folder that are one by their names; empty where there are no such."""
    tables = tables_in(top.files)
    return _named_after_splits(tables) or _in_split_folders(walk, top) or _shards_of_one(tables)


def read_only_table(walk: Walk, top: Level, reading: Reading) -> Listed | None:
    """A folder with a single table is that table. Raises LeadlineError where there are several that have nothing to do with each other."""
    tables = tables_in(top.files)
    if not tables:
        return None
    has_classes = _num_class_folders(walk, top) > 1
    if len(tables) > 1 and has_classes:
        return None
    if len(tables) > 1:
        name_one = f"name one of them: {walk.path(tables[0])}"
        raise LeadlineError(
            f"{walk.root} holds {len(tables):,} tables, but none called train.*: {listed(tables, shown=10)}",
            "one table; or tables called train.csv, test.csv, which belong together",
            "unpack it and name one of them" if scratch_around(Path(walk.path(tables[0]))) else name_one,
        )  # fmt: skip
    part = Part(tables[0], "")
    table = read_parts(walk, [part], reading)
    return with_files(walk, top, table, tables) if has_classes else _with_its_files(walk, top, table, [part])


def _with_its_files(walk: Walk, top: Level, table: Table, parts: list[Part]) -> Listed:
    """The table with the files that it names; where it names none, everything beside it is stray."""
    own = [part.name for part in parts]
    named = with_files(walk, top, table, own)
    if named is not None:
        return named
    roots = {name.partition("/")[0] for name in own}
    walk.left.stray += [name for name in (*top.folders, *top.files) if name not in roots]
    walk.left.stray += [name for root in roots & set(top.folders) for name in walk.level(root).files if name not in own]
    return Listed(table)


def _num_class_folders(walk: Walk, top: Level) -> int:
    """How many folders hold a picture or a text."""
    values = tuple(ending for kind in kinds_of_files() for ending in kind.extensions)
    return sum(any(name.lower().endswith(values) for name in walk.files(folder)) for folder in top.folders)


def _named_after_splits(tables: list[str]) -> list[Part]:
    parts = [Part(name, SPLIT_NAMES[stem]) for name in tables if (stem := shard_stem(name).lower()) in SPLIT_NAMES]
    return _ordered(parts) if any(part.split == "train" for part in parts) else []


def _in_split_folders(walk: Walk, top: Level) -> list[Part]:
    """Tables below folders named after splits, where these hold no folders of their own."""
    parts = []
    for folder, split in split_folders(walk, top).items():
        level = walk.level(folder)
        parts += [Part(name, split) for name in tables_in(level.files) if not level.folders]
    return _ordered(parts) if any(part.split == "train" for part in parts) else []


def _shards_of_one(tables: list[str]) -> list[Part]:
    stems = {shard_stem(name) for name in tables}
    return [Part(name, "") for name in tables] if len(tables) > 1 and len(stems) == 1 and is_shard(tables[0]) else []


def _ordered(parts: list[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: (SPLITS.index(part.split), part.name))


def _refuse_copies(walk: Walk, parts: list[Part]) -> None:
    """Raises LeadlineError where two tables differ in nothing but how they are written: they may be one table twice."""
    seen: dict[str, str] = {}
    for part in parts:
        stem = f"{part.name.rpartition('/')[0]}/{stem_of(part.name)}"
        if stem in seen:
            saw = f"{walk.root} holds both {seen[stem]} and {part.name}, which may be the same rows twice"
            raise LeadlineError(saw, "one table for each part", "move one of them elsewhere")
        seen[stem] = part.name


def _both_valid(parts: list[Part]) -> tuple[str, ...]:
    """Said where tables with different names are one part: valid.csv and dev.csv."""
    for split in SPLITS:
        stems = dict.fromkeys(shard_stem(part.name) for part in parts if part.split == split and "/" not in part.name)
        if len(stems) > 1:
            return (f"{' and '.join(stems)} are together the {split} part",)
    return ()
