"""How a text table is written is found from its first lines, and what is unusual is said."""

from __future__ import annotations

import pytest

from leadline.data.text.dialect import NO_SEPARATOR, find_layout


@pytest.mark.parametrize(
    ("text", "separator", "quote", "said"),
    [
        ("a,b\n1,x\n2,y\n", b",", b'"', ""),
        ("a;b\n1,5;2\n2,25;3\n", b";", b'"', '";"'),
        ("1,5;2,5;3,5\n2,25;3,5;1\n", b";", b'"', '";"'),  # decimal commas are as even as separators
        ("a\tb\n1\tx, y\n2\tz\n", b"\t", b'"', "a tab"),
        ("a|b\n1|x\n2|y, z; w\n", b"|", b'"', '"|"'),
        ("text;label\nhello, world;a\nyes, no, maybe;b\n", b";", b'"', '";"'),
        ("a,b;c\n1,x;y\n2,z\n", b",", b'"', ""),
        ("sep=|\na|b\n1|2\n", b"|", b'"', '"|"'),  # as Excel says it
        ("'a','b'\n'1','x, y'\n", b",", b"'", "quoted with '"),
        ("a,b\n1,'it''s'\n", b",", b"'", "quoted with '"),
        ("a,b\n'tis,1\n'twas,2\n", b",", b'"', ""),
        ('a\tb\n"hello\tx\nsay "hi\ty\n', b"\t", None, "letters like any other"),
        ("text\nHello, world\nfoo\nbar, baz, qux\n", NO_SEPARATOR, b'"', "one column"),
        ("n\n1\n2\n", NO_SEPARATOR, b'"', ""),
        ("a,b\r1,x\r2,y\r", b",", b'"', "carriage return"),
        ('a,b\n"x\r\r\r\r\r\r\r\ry",1\n', b",", b'"', ""),  # within a value they are no line ends
    ],
)
def test_separators_and_quotes(text: str, separator: bytes, quote: bytes | None, said: str) -> None:
    layout = find_layout(text.encode(), True)
    assert (layout.marks.separator, layout.marks.quote) == (separator, quote)
    assert said in " ".join(layout.remarks) and bool(said) == bool(layout.remarks)


@pytest.mark.parametrize(
    ("text", "start", "said"),
    [
        ("# made by hand\n# 2020\na,b\n1,2\n", "a,b", "2 lines that begin with #"),
        ("# made by hand\n\na,b\n1,2\n", "a,b", "the first line, which begins with #"),
        ("#a,b\n1,2\n3,4\n", "#a,b", ""),  # a header written as a comment
        ("# by hand\n#a,b\n1,2\n3,4\n", "#a,b", "the first line"),
        ("#1\n#2\n", "#1", ""),
        ("\n\na,b\n1,2\n", "a,b", ""),
        ("Sales\nof 2020\n\na,b,c\n1,2,3\n4,5,6\n", "a,b,c", "3 lines above the table"),
    ],
)
def test_lines_above_the_table_are_skipped(text: str, start: str, said: str) -> None:
    layout = find_layout(text.encode(), True)
    assert text[layout.start :].lstrip().startswith(start)
    assert said in " ".join(layout.remarks) and bool(said) == bool(layout.remarks)


def test_a_head_that_ends_within_a_record_is_enough() -> None:
    layout = find_layout(b'a,b\n1,"x y\n2', whole=False)
    assert layout.marks.separator == b"," and [record.values for record in layout.records] == [[b"a", b"b"]]


def test_the_ending_of_the_name_counts_where_both_would_do() -> None:
    text = b"a,x\tb\n1,2\t3\n4,5\t6\n"
    assert find_layout(text, True, b"\t").marks.separator == b"\t"


def test_broken_rows_do_not_hide_the_separator() -> None:
    assert find_layout(b"a,label\n1,x\n1,2,3,4\n2,y\n3\n4,z\n", True).width == 2
