"""Standard streams that are always there, take every character, and whose readers may go away."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Any

_STREAMS = ("stdin", "stdout", "stderr")


class _Patient(io.FileIO):
    """Once nobody reads any more what is written goes nowhere, and the work goes on: `leadline train ... | head` still saves its model."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            _to_nowhere(self.fileno())
            return len(data)


def steady_streams() -> None:
    """Mends sys.stdin, sys.stdout and sys.stderr; to be called before anything is opened or printed."""
    for number, name in enumerate(_STREAMS):
        if getattr(sys, name) is None:  # closed by who started us: the next file opened would take the number, and be written into
            _to_nowhere(number)
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115
    codecs.register_error("escaped", _escaped)
    for name in _STREAMS[1:]:
        stream = getattr(sys, name)
        binary = getattr(stream, "buffer", None)
        raw = getattr(binary, "raw", binary)  # with PYTHONUNBUFFERED nothing lies between
        if type(raw) is io.FileIO:  # not the console of Windows, nor what a test puts there
            patient = _Patient(raw.fileno(), "w", closefd=False)
            through, lines = raw is binary, stream.line_buffering
            buffer: Any = patient if through else io.BufferedWriter(patient)
            setattr(sys, name, io.TextIOWrapper(buffer, stream.encoding, "escaped", line_buffering=lines, write_through=through))


def _to_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""\u00fc for what the terminal has no letter for: people can bear it, and in JSON it is the same."""
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4)), error.end
