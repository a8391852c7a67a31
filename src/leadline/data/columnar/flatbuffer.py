"""As much of a flatbuffer (https://flatbuffers.dev/internals) as it takes to look over an Arrow file before it is trusted."""

from __future__ import annotations

import os
import struct
from pathlib import Path

_MAGIC = b"ARROW1"
_BLOCK = struct.Struct("<qi4xq")  # where a message lies in an Arrow file, and the lengths of its metadata and of its body
_BLOCKS = (2, 3)  # the fields of an Arrow footer that list dictionaries and record batches


class Fields:
    """The fields of the outermost table, by their numbers. Raises ValueError where the bytes cannot be understood."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.table = self._unpack("I", 0)
        self.offsets = self.table - self._unpack("i", self.table)
        self.size = self._unpack("H", self.offsets)

    def number(self, field: int, kind: str) -> int:
        """A number of the `struct` kind, 0 where the field is left out."""
        place = self._place(field)
        return self._unpack(kind, place) if place else 0

    def blocks(self, field: int) -> list[tuple[int, int, int]]:
        """The (offset, metadata length, body length) of a vector of Arrow's blocks."""
        place = self._place(field)
        if not place:
            return []
        start = place + self._unpack("I", place)
        count = self._unpack("I", start)
        if start < 0 or start + 4 + count * _BLOCK.size > len(self.content):
            raise ValueError("the table of contents is broken")
        return [_BLOCK.unpack_from(self.content, start + 4 + number * _BLOCK.size) for number in range(count)]

    def _place(self, field: int) -> int:
        entry = 4 + 2 * field
        offset = self._unpack("H", self.offsets + entry) if entry < self.size else 0
        return self.table + offset if offset else 0

    def _unpack(self, kind: str, place: int) -> int:
        try:
            return int(struct.unpack_from(f"<{kind}", self.content, place)[0]) if place >= 0 else 0
        except struct.error:
            raise ValueError("a message cannot be understood") from None


def check_contents(path: Path) -> None:
    """Raises ValueError where the table of contents at the end of an Arrow file leads outside of the file: polars would panic."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - 10))
        length, magic = struct.unpack("<i6s", stream.read(10).rjust(10, b"\0"))
        if magic != _MAGIC or not 0 < length <= size - 10:
            raise ValueError("its end is missing")
        stream.seek(-10 - length, os.SEEK_END)
        fields = Fields(stream.read(length))
    for field in _BLOCKS:
        for offset, metadata, body in fields.blocks(field):
            if min(offset, metadata, body) < 0 or offset + metadata + body > size:
                raise ValueError("a part of it is missing")
