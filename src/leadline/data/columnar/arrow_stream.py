"""An Arrow stream, one record batch at a time (https://arrow.apache.org/docs/format/Columnar.html, "IPC Streaming Format").

A stream is a row of messages: a mark, the length of the metadata, the metadata (a flatbuffer), and the body whose length they give. The
schema comes first, then dictionaries and record batches. Each batch is read as a small stream of its own behind what went before it.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl

from leadline.data.columnar.flatbuffer import Fields

_MARK = b"\xff\xff\xff\xff"
_END = _MARK + b"\0\0\0\0"
_BATCH = 3  # the kind of message that holds rows, as the format numbers them


def pieces(path: Path, rows: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """(first row, about `rows` rows) of the stream in a file, from its first to its last. Raises ValueError where it is not whole."""
    first_row, waiting = 0, list[pl.DataFrame]()
    for frame in _batches(path):
        waiting.append(frame)
        if sum(one.height for one in waiting) < rows:
            continue
        whole = pl.concat(waiting, rechunk=False)
        full = whole.height // rows * rows
        for start in range(0, full, rows):
            yield first_row + start, whole.slice(start, rows)
        first_row, waiting = first_row + full, [whole.slice(full)]
    rest = pl.concat(waiting, rechunk=False)
    if rest.height:
        yield first_row, rest


def _batches(path: Path) -> Iterator[pl.DataFrame]:
    """The frame of the schema alone, without rows, and then that of each record batch."""
    with path.open("rb") as stream:
        before = [_message(stream)[1]]
        yield pl.read_ipc_stream(io.BytesIO(b"".join([*before, _END])))
        while True:
            kind, message = _message(stream)
            if not message:
                return
            if kind == _BATCH:
                yield pl.read_ipc_stream(io.BytesIO(b"".join([*before, message, _END])))
            else:
                before.append(message)


def _message(stream: BinaryIO) -> tuple[int, bytes]:
    """The kind of the next message and all its bytes, none at the end of the stream."""
    mark = stream.read(8)
    if not mark or mark == _END:
        return 0, b""
    if len(mark) < 8 or not mark.startswith(_MARK):
        raise ValueError("a message begins with something else than its mark")
    metadata = _exactly(stream, struct.unpack("<4xi", mark)[0])
    fields = Fields(metadata)
    kind, length = fields.number(1, "B"), fields.number(3, "q")
    return kind, mark + metadata + _exactly(stream, length)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    """Raises ValueError where there is less: asked before reading, as room is made for what is to be read."""
    if not 0 <= size <= os.fstat(stream.fileno()).st_size - stream.tell():
        raise ValueError("the stream ends in the middle of a message")
    return stream.read(size)
