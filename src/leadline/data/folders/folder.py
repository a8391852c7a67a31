"""Folders: whichever way the data lie in one is found by what is there, and everything that is not read is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from leadline.data.contract import Reader, Reading
from leadline.data.folders.class_folders import read_class_folders, read_several_class_folders, read_split_class_folders
from leadline.data.folders.loose import WANTED, read_loose
from leadline.data.folders.metadata import metadata_in, read_metadata
from leadline.data.folders.split_tables import parts_in, read_only_table, read_split_tables
from leadline.data.folders.walk import Level, Walk
from leadline.data.joined import batches_of_parts
from leadline.data.named_files import Listed
from leadline.data.table import Table
from leadline.errors import LeadlineError


def read_inner_folder(walk: Walk, top: Level, reading: Reading) -> Listed | None:
    """Where everything lies in one folder, which holds further folders or tables, that one is read."""
    if len(top.folders) != 1:
        return None
    inner = Walk(walk.path(top.folders[0]))
    found = _first(inner, _DEEPER, reading)
    if found is None:
        return None
    walk.left.stray += top.files
    remark = f"everything lies in {top.folders[0]}, the only folder there"
    table = replace(_told(found.table, inner), name=walk.name)
    return replace(found, table=replace(table, remarks=(remark, *table.remarks)))


Way = Callable[[Walk, Level, Reading], Listed | None]

# Ways in which data lie in a folder, the surest signs first. Each returns None where a folder is not of its kind.
_DEEPER: tuple[Way, ...] = (read_metadata, read_split_tables, read_split_class_folders, read_only_table, read_several_class_folders)
_WAYS: tuple[Way, ...] = (*_DEEPER, read_inner_folder, read_class_folders, read_loose)


class Folder(Reader):
    def read(self, place: str, reading: Reading) -> Table:
        return _listed(Path(place), reading).read()

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        """Tables that are one by their names are read one after the other, files as they come."""
        walk = Walk(Path(place))
        top = walk.level()
        if metadata_in(walk, top) or not (parts := parts_in(walk, top)):
            yield from _listed(Path(place), reading).batches(rows)
        else:
            yield from batches_of_parts(walk, parts, reading, rows)


def _listed(folder: Path, reading: Reading) -> Listed:
    walk = Walk(folder)
    found = _first(walk, _WAYS, reading)
    if found is None:
        raise _nothing(walk)
    return replace(found, table=_told(found.table, walk))


def _told(table: Table, walk: Walk) -> Table:
    """The table with what was not read said."""
    return replace(table, remarks=(*table.remarks, *walk.left.remarks()), findings=(*table.findings, *walk.left.findings()))


def _first(walk: Walk, ways: tuple[Way, ...], reading: Reading) -> Listed | None:
    """What the first way makes of a folder that it fits."""
    top = walk.level()
    return next((found for way in ways if (found := way(walk, top, reading)) is not None), None)


def _nothing(walk: Walk) -> LeadlineError:
    walk.left.stray = list(walk.files())
    what, advice = walk.left.why_nothing()
    return LeadlineError(f"{walk.root} holds nothing we can learn from" + (f", only {what}" if what else ": it is empty"), WANTED, advice)
