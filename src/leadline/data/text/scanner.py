"""Where the records of a delimited text begin and end and how many values each holds, also where its quotes are broken.

A block of text is looked at as a whole by numpy: line ends and separators count where the number of quotes before them is even. Only from
a quote on that stands where none can be are records read one by one, for a stretch (`careful.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leadline.data.text.careful import Marks, Record, read_records
from leadline.errors import LeadlineError

MAX_VALUES = 100_000  # of one record
_CAREFUL_STRETCH = 64 << 10  # bytes read one by one after a misplaced quote, before looking at the whole again
_CARRIAGE_RETURN = 13


@dataclass
class Scanned:
    """The records of a block without its blank lines; offsets count from the start of the block.

    `rewritten` holds the values of records that can be read though their quotes are not by the rules; `broken` says what is wrong with
    the quotes of those that cannot.
    """

    starts: np.ndarray
    ends: np.ndarray  # behind the line end
    counts: np.ndarray  # values in each
    used: int  # bytes up to the end of the last whole record
    rewritten: dict[int, list[bytes]] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.starts)

    def holding(self, offset: int) -> int:
        """The record that a byte belongs to."""
        return int(np.searchsorted(self.starts, offset, side="right")) - 1


def scan(block: bytes, marks: Marks, expected: int | None = None, final: bool = True) -> Scanned:
    """The records of a block that begins with a record. Without `final` the text goes on, and an unfinished last record is left alone.

    A line whose quotes are not doubled is well if it has the `expected` number of values. Raises LeadlineError beyond MAX_VALUES.
    """
    parts, position, window = list[Scanned](), 0, len(block)
    by_one = marks.padded and len(_quotes(block, marks)) > 0
    while position < len(block):
        stop = min(position + window, len(block))
        part = None if by_one else _regular(block, position, stop, marks, final and stop == len(block))
        if part is None or part.used == position:
            part, window = _careful(block, position, marks, expected, final), _CAREFUL_STRETCH
        if part.used == position:
            break
        _refuse_too_wide(part.counts)
        parts.append(part)
        position, window = part.used, 2 * window
    return _joined(parts)


def is_regular(block: bytes, marks: Marks) -> bool:
    """Whether every quote opens, closes or is doubled as the rules say, so that any parser finds the same records."""
    quotes = _quotes(block, marks)
    if marks.padded and len(quotes):
        return False
    return len(quotes) % 2 == 0 and _num_sound(np.frombuffer(block, np.uint8), quotes, marks) == len(quotes)


def last_record_end(block: bytes, marks: Marks) -> int:
    """Behind the last line end that an even number of quotes precedes, 0 if there is none."""
    quotes, end = _quotes(block, marks), len(block)
    while (end := block.rfind(marks.line_end, 0, end)) >= 0:
        before = int(np.searchsorted(quotes, end))
        if before % 2 == 0:
            return end + 1
        end = int(quotes[before - 1])
    return 0


def line_numbers(block: bytes, starts: np.ndarray, marks: Marks) -> np.ndarray:
    """(n,) the 0-based line of the block in which each of these offsets lies."""
    return np.searchsorted(_positions(np.frombuffer(block, np.uint8), marks.line_end), starts)


def _positions(data: np.ndarray, mark: bytes) -> np.ndarray:
    return np.flatnonzero(data == mark[0])


def _quotes(block: bytes, marks: Marks) -> np.ndarray:
    if marks.quote is None or marks.quote not in block:
        return np.zeros(0, np.int64)
    return _positions(np.frombuffer(block, np.uint8), marks.quote)


def _regular(block: bytes, start: int, stop: int, marks: Marks, final: bool) -> Scanned:
    """The records from `start` up to the first one with a misplaced quote; `used` is `start` if that is the very first."""
    data = np.frombuffer(block, np.uint8)[start:stop]
    quotes = _positions(data, marks.quote) if marks.quote else np.zeros(0, np.int64)
    sound = _num_sound(data, quotes, marks)
    if final and sound == len(quotes):
        sound -= sound % 2  # the last one opens a value and nothing closes it
    data = data[: quotes[sound]] if sound < len(quotes) else data
    ends, separators = (
        marked[np.searchsorted(quotes, marked) % 2 == 0] if len(quotes) else marked
        for marked in (_positions(data, marks.line_end), _positions(data, marks.separator))
    )
    ends = ends + 1
    if final and sound == len(quotes) and len(data) and (not len(ends) or ends[-1] < len(data)):
        ends = np.append(ends, len(data))
    starts = np.concatenate([np.zeros(min(1, len(ends)), np.int64), ends[:-1]])
    counts = np.diff(np.searchsorted(separators, ends), prepend=0) + 1
    used = start + (int(ends[-1]) if len(ends) else 0)
    scanned = Scanned(start + starts, start + ends, counts, used)
    kept = ~_blank(block, scanned, marks)
    scanned.starts, scanned.ends, scanned.counts = scanned.starts[kept], scanned.ends[kept], counts[kept]
    return scanned


def _blank(block: bytes, scanned: Scanned, marks: Marks) -> np.ndarray:
    """(records,) whether each is a line of nothing but spaces."""
    first, lengths = np.frombuffer(block, np.uint8)[scanned.starts], scanned.ends - scanned.starts
    blank: np.ndarray = (first == marks.line_end[0]) | ((first == _CARRIAGE_RETURN) & (lengths == 2))
    for row in np.flatnonzero((scanned.counts == 1) & (first <= ord(" ")) & ~blank):
        blank[row] = not block[scanned.starts[row] : scanned.ends[row]].strip()
    return blank


def _num_sound(data: np.ndarray, quotes: np.ndarray, marks: Marks) -> int:
    """How many quotes from the first on stand where they may: openers behind a mark, closers before one, or doubled."""
    if not len(quotes):
        return 0
    openers, closers, last = quotes[0::2], quotes[1::2], len(data) - 1
    doubled = openers[1:] - 1 == closers[: len(openers) - 1]
    opens = (openers == 0) | _is_mark(data[np.maximum(openers - 1, 0)], marks)
    opens[1:] |= doubled
    after = data[np.minimum(closers + 1, last)]
    closes = (closers == last) | _is_mark(after, marks)
    closes[: len(openers) - 1] |= doubled
    returns = np.flatnonzero(~closes & (after == _CARRIAGE_RETURN))
    behind = closers[returns] + 2
    closes[returns] = (behind > last) | (data[np.minimum(behind, last)] == marks.line_end[0])
    wrong = [int(np.argmin(sound)) for sound in (opens, closes) if not sound.all()]
    return 2 * min(wrong) if wrong else len(quotes)


def _is_mark(values: np.ndarray, marks: Marks) -> np.ndarray:
    found: np.ndarray = (values == marks.separator[0]) | (values == marks.line_end[0])
    return found


def _careful(block: bytes, start: int, marks: Marks, expected: int | None, final: bool) -> Scanned:
    """Records from `start` on, one by one, for a stretch."""
    found, used = list[Record](), start
    for record in read_records(block, start, marks, expected, final):
        used = record.end
        found += [record] if record.values else []
        if used - start > _CAREFUL_STRETCH:
            break
    starts, ends, counts = (
        np.array(numbers, np.int64) for numbers in ([r.start for r in found], [r.end for r in found], [len(r.values) for r in found])
    )
    broken = {row: record.why for row, record in enumerate(found) if record.why}
    odd = marks.quote or b"\0"
    rewritten = {row: r.values for row, r in enumerate(found) if not r.why and (marks.padded or any(odd in value for value in r.values))}
    return Scanned(starts, ends, counts, used, rewritten, broken)


def _joined(parts: list[Scanned]) -> Scanned:
    if len(parts) == 1:
        return parts[0]
    starts, ends, counts = (
        np.concatenate([np.zeros(0, np.int64), *(getattr(part, name) for part in parts)]) for name in ("starts", "ends", "counts")
    )
    joined, first = Scanned(starts, ends, counts, parts[-1].used if parts else 0), 0
    for part in parts:
        joined.rewritten.update({first + row: values for row, values in part.rewritten.items()})
        joined.broken.update({first + row: why for row, why in part.broken.items()})
        first += len(part)
    return joined


def _refuse_too_wide(counts: np.ndarray) -> None:
    if len(counts) and counts.max() > MAX_VALUES:
        raise LeadlineError(f"a line holds {counts.max():,} values", f"at most {MAX_VALUES:,} values in a line")
