"""Records of delimited texts: found where any reader of CSV finds them, and up to the line's end where quotes are broken."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.data.text.careful import Marks, read_records
from leadline.data.text.scanner import MAX_VALUES, is_regular, last_record_end, line_numbers, scan
from leadline.errors import LeadlineError

MARKS = Marks(b",")
SINGLE = Marks(b";", b"'")
CELLS = st.text(st.sampled_from("ab ,;\"'\n\r|é"), max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12)


def written(rows: list[list[str]], line_end: str = "\n", marks: Marks = MARKS) -> bytes:
    text = io.StringIO()
    quote = (marks.quote or b'"').decode()
    csv.writer(text, delimiter=marks.separator.decode(), quotechar=quote, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode()


def values(block: bytes, marks: Marks = MARKS) -> list[list[str]]:
    return [[value.decode() for value in record.values] for record in read_records(block, 0, marks, None, True) if record.values]


@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([MARKS, SINGLE]))
def test_what_is_written_by_the_rules_is_found(rows: list[list[str]], line_end: str, marks: Marks) -> None:
    if line_end == "\n":  # then Python leaves a carriage return without quotes, and nobody can tell it from a line end of Windows
        rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    block = written(rows, line_end, marks)
    rows = [row for row in rows if row == [""] or len(row) > 1 or row[0].strip(" ")]  # a line of spaces is blank
    found = scan(block, marks)
    assert values(block, marks) == rows
    assert is_regular(block, marks) or any((marks.quote or b"").decode() in cell for row in rows for cell in row)
    assert found.counts.tolist() == [len(row) for row in rows]
    assert found.used == len(block) and not found.broken
    lines = line_numbers(block, found.starts, marks).tolist()
    assert lines == [block[:start].count(b"\n") for start in found.starts.tolist()]


@given(ROWS, st.binary(max_size=3), st.integers(0, 200))
def test_anything_is_cut_into_records_that_follow_each_other(rows: list[list[str]], junk: bytes, place: int) -> None:
    block = written(rows)
    block = block[:place] + b'"' + junk + block[place:]
    found = scan(block, MARKS)
    one_by_one = [record for record in read_records(block, 0, MARKS, None, True) if record.values]
    assert found.starts.tolist() == [record.start for record in one_by_one]
    assert found.ends.tolist() == [record.end for record in one_by_one]
    assert found.counts.tolist() == [len(record.values) for record in one_by_one]
    assert found.used == len(block)


@given(ROWS, st.integers(0, 300))
def test_an_unfinished_record_waits_for_the_rest(rows: list[list[str]], place: int) -> None:
    block = written(rows)
    head = block[:place]
    whole, part = scan(block, MARKS), scan(head, MARKS, final=False)
    assert part.starts.tolist() == whole.starts[: len(part)].tolist() and part.ends.tolist() == whole.ends[: len(part)].tolist()
    assert part.used <= len(head)
    if is_regular(head[: last_record_end(head, MARKS)], MARKS):
        assert last_record_end(head, MARKS) == part.used


@pytest.mark.parametrize(
    ("block", "counts", "broken"),
    [
        (b'a,b\n1,"x\n2,y\n3,"z"\n', [2, 2, 2, 2], {1}),  # the lines below an open quote are read
        (b'a,b\n1,"x\n2,y\n', [2, 2, 2], {1}),
        (b'5" disk,b\n3" disk,c\n', [2, 2], set()),  # a quote within a value is a letter
        (b'"say "hi" now",b\n1,2\n', [2, 2], set()),
        (b'a,"b"c\n1,2\n', [2, 2], {0}),
        (b"a,b\n\n  \n\r\n1,2", [2, 2], set()),
        (b"", [], set()),
    ],
)
def test_broken_quotes_end_with_their_line(block: bytes, counts: list[int], broken: set[int]) -> None:
    found = scan(block, MARKS, expected=2)
    assert found.counts.tolist() == counts and set(found.broken) == broken


def test_many_misplaced_quotes_are_read_as_letters() -> None:
    found = scan(b'5" disk,b\n' * 50_000, MARKS, expected=2)
    assert len(found) == 50_000 and not found.broken
    assert found.rewritten[49_999] == [b'5" disk', b"b"]


def test_a_line_of_too_many_values_is_refused() -> None:
    with pytest.raises(LeadlineError, match="100,001 values"):
        scan(b"," * MAX_VALUES + b"\n", MARKS)
