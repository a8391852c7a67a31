"""Archives (.zip, .tar.*) and compressed files (.csv.gz): unpacked into a scratch folder and read as what is in them."""

from __future__ import annotations

import shutil
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from leadline.data.archives.unpack import unpack_single, unpack_tar, unpack_zip
from leadline.data.contract import Reader, Reading
from leadline.data.folders.table_names import stem_of, tables_in
from leadline.data.folders.walk import visible
from leadline.data.opening import as_one_error
from leadline.data.read import reader_for
from leadline.data.split_names import SPLIT_NAMES
from leadline.data.table import Table
from leadline.errors import LeadlineError, known_as, shown
from leadline.files import scratch_folder
from leadline.findings import Finding


class Archive(Reader):
    """Whatever can be read from a folder. Archives inside are not opened; sources and messages name the archive, never the scratch."""

    @staticmethod
    @abstractmethod
    def unpack(archive: Path, folder: Path) -> None:
        """Every file of the archive into the folder."""

    @classmethod
    def reads_table(cls, name: str) -> bool:
        return False

    def read(self, place: str, reading: Reading) -> Table:
        with _unpacked(place, self.unpack) as folder:
            inner = _inner(folder, place)
            return _known(reader_for(inner).read(inner, reading), place)

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        with _unpacked(place, self.unpack) as folder:
            inner = _inner(folder, place)
            for table in reader_for(inner).batches(inner, reading, rows):
                yield _known(table, place)


class Zip(Archive):
    unpack = staticmethod(unpack_zip)


class Tar(Archive):
    unpack = staticmethod(unpack_tar)


class Compressed(Reader):
    """One compressed file, whose name without its last ending says what it is: rows.csv.gz."""

    @classmethod
    def reads_table(cls, name: str) -> bool:
        return bool(tables_in([name.rpartition(".")[0]]))

    def read(self, place: str, reading: Reading) -> Table:
        with self._unpacked(place) as inner:
            return _shown(reader_for(inner).read(inner, reading))

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        with self._unpacked(place) as inner:
            for table in reader_for(inner).batches(inner, reading, rows):
                yield _shown(table)

    @contextmanager
    def _unpacked(self, place: str) -> Iterator[str]:
        name = Path(place).name.rpartition(".")[0]
        if not self.reads_table(Path(place).name):
            raise LeadlineError(f"the name of {place} does not say what is in it", "a name such as rows.csv.gz", "unpack or rename it")
        with _unpacked(place, lambda archive, folder: unpack_single(archive, folder / name)) as folder:
            known_as(str(folder / name), place)
            yield str(folder / name)


@contextmanager
def _unpacked(place: str, unpack: Callable[[Path, Path], None]) -> Iterator[Path]:
    """A scratch folder with what is in the archive, known under the archive's name; gone at once where anything goes wrong."""
    _refuse_closed(place)
    folder = scratch_folder()
    known_as(str(folder), place)
    try:
        unpack(Path(place), folder)
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _refuse_closed(place: str) -> None:
    with as_one_error(place, "an archive"), Path(place).open("rb"):
        pass


def _inner(folder: Path, place: str) -> str:
    """What is read of an unpacked archive: its only table, its only folder, or all of it."""
    inner = folder
    while len(found := visible(inner)) == 1 and found[0].is_dir() and found[0].name.lower() not in SPLIT_NAMES:
        inner = found[0]
    if not found:
        raise LeadlineError(f"{place} is empty", "an archive with data in it")
    if len(found) == 1 and tables_in([found[0].name]):
        return str(found[0])
    return str(inner)


def _known(table: Table, place: str) -> Table:
    """The table under the archive's name."""
    return replace(_shown(table), name=stem_of(place.rstrip("/")), origin=place)


def _shown(table: Table) -> Table:
    """The table with our own paths put into the user's words."""
    return replace(
        table, source=lambda row: shown(table.source(row)), origin=shown(table.origin),
        remarks=tuple(shown(remark) for remark in table.remarks), findings=tuple(_shown_finding(finding) for finding in table.findings),
    )  # fmt: skip


def _shown_finding(finding: Finding) -> Finding:
    return replace(finding, title=shown(finding.title), detail=shown(finding.detail), fix=shown(finding.fix))
