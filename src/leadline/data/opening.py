"""Opening a file that may be anything: whatever a library complains of becomes one clear error that names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from leadline.errors import LeadlineError

_AGAIN = "write or copy the file again"
_COMPLAINTS: tuple[Any, ...] = (
    pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, UnicodeError, ValueError, OverflowError, MemoryError, RecursionError,
)  # fmt: skip
_BEGINNINGS = (
    (b"PAR1", "Parquet"),
    (b"PARE", "Parquet, encrypted"),
    (b"ARROW1", "Arrow"),
    (b"FEA1", "Feather of version 1"),
    (b"PK\x03\x04", "a ZIP archive or a workbook"),
    (b"\xd0\xcf\x11\xe0", "an old or encrypted Office file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"BZh", "compressed (bzip2)"),
    (b"\xfd7zXZ", "compressed (xz)"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
_TEXTS = (("<", "a page of HTML or XML"), ("{", "JSON"), ("[", "JSON"))


def looks_like(head: bytes) -> str:
    """What a file with these first bytes is, empty where they do not tell."""
    return next((kind for beginning, kind in _BEGINNINGS if head.startswith(beginning)), "")


def looks_like_text(head: bytes) -> str:
    """The same for files of text, which begin in many ways."""
    try:
        text = head[:-3].decode().lstrip("\ufeff \r\n\t") if len(head) > 8 else head.decode()  # a letter may be cut in two
    except UnicodeDecodeError:
        return ""
    if any(ord(character) < 32 and character not in "\t\r\n" for character in text):
        return ""
    return next((kind for mark, kind in _TEXTS if text.startswith(mark)), "plain text, perhaps CSV")


def head_of(path: Path, size: int = 64) -> bytes:
    """The first bytes. Raises LeadlineError where the file is empty or may not be read."""
    with as_one_error(path, "a file"), path.open("rb") as stream:
        head = stream.read(size)
    if not head:
        raise LeadlineError(f"{path} is empty", "a file with rows", _AGAIN, file=str(path))
    return head


@contextmanager
def as_one_error(path: str | Path, kind: str, *more: type[BaseException]) -> Iterator[None]:
    """What goes wrong inside while `path` is read as `kind` becomes a LeadlineError; `more` are a library's own exceptions."""
    try:
        yield
    except LeadlineError:
        raise
    except PermissionError:
        raise LeadlineError(f"{path} may not be read", "a file that you may open", "give yourself the right to read it") from None
    except MemoryError:
        raise LeadlineError(f"{path} does not fit into memory", "a smaller file", "split it, or give it as Parquet") from None
    except UnicodeDecodeError as error:
        saw = f"{path} is not written in {error.encoding.upper()}: {error.reason} at byte {error.start:,}"
        raise LeadlineError(saw, f"a whole file in {kind}", "save it again in UTF-8") from None
    except (*_COMPLAINTS, *more) as error:
        raise LeadlineError(f"{path} cannot be read as {kind}: {_reason(error)}", f"a whole file in {kind}", _AGAIN) from None


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def wrong_kind(path: Path, kind: str, head: bytes) -> LeadlineError:
    """The error for a file whose first bytes are not those of `kind`."""
    found = looks_like(head) or looks_like_text(head)
    saw = f"{path} cannot be read as {kind}: " + (f"it looks like {found}" if found else f"it does not begin as {kind} does")
    return LeadlineError(saw, f"a whole file in {kind}", "give the file the ending of what it is, or write it again")
