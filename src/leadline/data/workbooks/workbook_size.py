"""How much a workbook would become in memory, looked at before anything is unpacked for good."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from leadline.errors import LeadlineError

_MOST_BYTES = 2 << 30
_SUSPICIOUS = 256 << 20  # bytes from which on the ratio counts: small files of equal cells may well be packed tightly
_RATIO = 100
_MOST_CELLS = 20_000_000  # a reader makes room for every cell up to the last one, whether it holds something or not
_BLOCK = 4 << 20
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]{0,200}?\br="([A-Z]{1,3})(\d{1,7})"')
_REPEATED = re.compile(rb'table:number-(?:columns|rows)-repeated="(\d+)"')
_SPLIT_ACROSS = 256  # bytes of a cell that may begin in one block and end in the next


def check_workbook(path: Path) -> None:
    """Raises LeadlineError where a workbook would unpack to more than we hold, and zipfile.BadZipFile where it is not whole."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        names = {member.filename for member in members}
        if not any(name.startswith("xl/") for name in names) and "content.xml" not in names:
            raise LeadlineError(f"{path} is a ZIP archive, but no workbook", "an Excel workbook", "unpack it, or give it the ending .zip")
        packed, total = max(1, sum(member.compress_size for member in members)), sum(member.file_size for member in members)
        if total > _MOST_BYTES or (total > _SUSPICIOUS and total > _RATIO * packed):
            raise _too_large(path, f"{packed:,} bytes that would become {total:,}")
        for member in members:
            if member.filename.endswith(".xml") and ("/worksheets/" in member.filename or member.filename == "content.xml"):
                _check_sheet(path, archive, member)


def _check_sheet(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Counts the sheet as it unpacks: what the directory says of its size need not be true."""
    said, member.file_size = member.file_size, _MOST_BYTES * 2  # so that the archive goes on to the true end
    size, cells, last_row, columns, rest = 0, 0, 0, set[bytes](), b""
    with archive.open(member) as stream:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > said:
                raise _too_large(path, f"{member.filename} says {said:,} bytes and becomes more")
            found = _CELL.findall(rest + block)
            cells += len(found)
            columns.update(column for column, _ in found)
            last_row = max(last_row, max((int(row) for _, row in found), default=0))
            rest = block[-_SPLIT_ACROSS:]
    room = last_row * max((_number(column) for column in columns), default=0)
    if room > _MOST_CELLS and room > 20 * cells:
        raise _too_large(path, f"{cells:,} cells scattered over room for {room:,}")


def _number(column: bytes) -> int:
    """A -> 1, Z -> 26, AA -> 27."""
    number = 0
    for letter in column:
        number = 26 * number + letter - 64
    return number


def _too_large(path: Path, what: str) -> LeadlineError:
    saw, expected = f"{path} holds {what}", f"a workbook of at most {_MOST_BYTES >> 30} GB unpacked, its cells beside each other"
    return LeadlineError(saw, expected, "delete far-away cells, or save the sheet as CSV (UTF-8)", file=str(path))
