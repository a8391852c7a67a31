"""Files in no class folder: rows to predict. What their names suggest about classes is said, never taken for the answer."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from leadline.data.contract import Reading
from leadline.data.folders.class_folders import Files, files_table, split_folders
from leadline.data.folders.walk import Level, Walk
from leadline.data.named_files import Listed
from leadline.data.table import Table
from leadline.errors import LeadlineError

WANTED = "class folders (cat/1.jpg, dog/2.jpg), perhaps below train/ and test/; or a table, or tables called train.csv, test.csv"
_PREFIX = r"^(.*?)[\s_.()-]*\d+[\s)]*$"  # what stands before the number at the end of a name
_MOST_PREFIXES = 1_000


def read_loose(walk: Walk, top: Level, reading: Reading) -> Listed | None:
    """Files of one kind directly in the folder, or in folders that are named after splits and nothing else."""
    named = split_folders(walk, top)
    found = Files(beside=[name for name in top.folders if name not in named])
    found.add(top.files, None, "")
    if named and len(named) == len(top.folders):
        found = Files(beside=list(top.files))
        for folder, split in named.items():
            found.add(list(walk.files(folder)), None, split)
    files = files_table(walk, found)
    return files and replace(files, table=replace(files.table, unlabelled=_unlabelled(walk, files.table, found.names)))


def _unlabelled(walk: Walk, table: Table, names: list[str]) -> LeadlineError:
    """What to say to somebody who wants to learn from these files."""
    saw = f"{walk.root} holds {table.frame.height:,} files, but not in class folders"
    prefixes = shared_prefixes(names)
    if not prefixes:
        advice = "move each file into a folder named after its class, or write a table metadata.csv with the columns file_name,label"
        return LeadlineError(saw, WANTED, advice)
    shown = ", ".join(f"{name} ({count:,})" for name, count in list(prefixes.items())[:10])
    advice = (
        f"the names begin with {shown}{' and more' if len(prefixes) > 10 else ''}: if these are the classes, move each file into a folder "
        "of that name, or write a table metadata.csv with the columns file_name,label"
    )
    return LeadlineError(saw, WANTED, advice)


def shared_prefixes(names: list[str]) -> dict[str, int]:
    """What stands before the numbers in the names, with counts, where two or more such words share out nearly all files among them."""
    stems = pl.Series(names, dtype=pl.String).str.split("/").list.last().str.replace(r"\.[^.]*$", "")
    prefixes = stems.str.extract(_PREFIX).alias("prefix")
    counts = prefixes.drop_nulls().value_counts(name="count").filter(pl.col("prefix").str.contains(r"\p{L}")).sort("prefix")
    shared = counts.filter(pl.col("count") > 1)
    if not 2 <= shared.height <= min(_MOST_PREFIXES, len(names) // 2) or shared["count"].sum() < 0.9 * len(names):
        return {}
    return dict(shared.iter_rows())
