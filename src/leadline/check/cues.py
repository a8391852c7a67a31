"""What can be told of a row without looking at what it says: how its picture was made, how long its text is, where its row stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadline.check.picture_facts import facts_of
from leadline.check.view import View
from leadline.columns.missing import missing_rows
from leadline.columns.picture import FORMATS
from leadline.findings import Severity

_UNIFORM = 8.0  # grey levels within which a border is of one colour; a JPEG file of a frame has up to five
_LEAST_GAPS = 0.005  # share of a column's rows that has to be missing, and to be there
_WORDS = 250  # that texts begin or end with most often, each a value of its own
_LEADING = 3  # words at the beginning of a text that are one value
_MOST_FILES = 200
_CHARACTERS = 2_000  # of a text whose digits and capitals are counted

Say = Callable[[float], str]


@dataclass(frozen=True)
class Cue:
    """`values` (n,) beside `rows`, NaN where a row has none. `family`: several of one mean the same, the best of them is told.

    `made` is true where what rows are about hardly decides it; `most` is the worst that a finding of it can be.
    """

    family: str
    name: str
    column: str | None
    rows: np.ndarray
    values: np.ndarray
    made: bool
    most: Severity
    width: float  # values nearer than that are the same
    say: Say  # one value in words, after "have"


def cues_of(view: View) -> Iterator[Cue]:
    for column, form in view.data.forms.items():
        if form in _OF_FORM:
            yield from _OF_FORM[form](view, column)
    yield from _of_rows(view)
    for column in view.data.columns:
        yield from _of_gaps(view, column)


def _of_pictures(view: View, column: str) -> Iterator[Cue]:
    rows, facts = facts_of(view, column)
    framed = np.where(facts.border_contrast <= _UNIFORM, 1.0, np.nan)
    ratio = np.log(np.maximum(1.0, facts.width)) - np.log(np.maximum(1.0, facts.height)) + np.where(facts.readable, 0.0, np.nan)
    colours = facts.border

    def made(family: str, name: str, values: np.ndarray, width: float, say: Say) -> Cue:
        return Cue(family, name, column, rows, values, True, Severity.HIGH, width, say)

    def shown(family: str, name: str, values: np.ndarray, width: float, say: Say) -> Cue:
        return Cue(family, name, column, rows, values, False, Severity.MEDIUM, width, say)

    for place, colour in enumerate(("red", "green", "blue")):
        say = _level(f"a border of one colour, its {colour} at {{}} of 255")
        yield made("border", "a border of one colour", colours[:, place] * framed, 4.0, say)
    yield made("size", "its width in pixels", facts.width, 1.0, _level("a width of {} pixels"))
    yield made("size", "its height in pixels", facts.height, 1.0, _level("a height of {} pixels"))
    yield made("size", "its width in proportion to its height", ratio, 0.01, lambda value: f"sides of {np.exp(value):.2f} to 1")
    yield made("format", "its file format", facts.format, 1.0, lambda value: f"the format {FORMATS[int(value)]}")
    yield made("grey", "whether it is grey or in colour", np.where(facts.readable, facts.colour < 0.5, np.nan), 1.0, _grey)
    bits = 8 * facts.num_bytes / np.maximum(1.0, facts.width * facts.height)
    yield shown("file size", "the size of its file", facts.num_bytes, 1.0, _level("{} bytes"))
    yield shown("file size", "the size of its file for each pixel", bits, 0.01, lambda value: f"{value:.2f} bits a pixel")
    yield shown("brightness", "how bright it is", facts.brightness, 1.0, _level("a mean grey level of {}"))
    yield shown("border brightness", "how bright its border is", colours.mean(axis=1), 1.0, _level("a border of grey level {}"))


def _of_texts(view: View, column: str) -> Iterator[Cue]:
    rows = np.arange(len(view))
    texts = view.data.feature(column).cast(pl.String).fill_null("").str.strip_chars()
    heads = texts.str.slice(0, _CHARACTERS)
    length = np.maximum(1, heads.str.len_chars().to_numpy()).astype(np.float64)

    def cue(family: str, name: str, values: np.ndarray, width: float, say: Say) -> Cue:
        return Cue(family, name, column, rows, values, False, Severity.MEDIUM, width, say)

    yield cue("length", "how long it is", texts.str.len_chars().to_numpy().astype(np.float64), 1.0, _level("{} characters"))
    digits, capitals = (heads.str.count_matches(pattern).to_numpy() / length for pattern in (r"\p{Nd}", r"\p{Lu}"))
    yield cue("digits", "how many digits it has", digits, 0.01, lambda value: f"{value:.0%} digits")
    yield cue("capitals", "how many capital letters it has", capitals, 0.01, lambda value: f"{value:.0%} capital letters")
    words = rf"^(?:\S+\s+){{{_LEADING - 1}}}\S+"
    for family, pattern in (("first words", r"^\S+"), ("first words", words), ("last word", r"\S+$")):
        values, names = _most_frequent(heads.str.extract(f"({pattern})", 1) if family != "last word" else texts.str.extract(r"(\S+)$", 1))
        where = "begin" if family == "first words" else "end"
        yield cue(family, f"the words that it {where}s with", values, 1.0, _name(names, f'the words "{{}}" at the {where}'))


def _of_rows(view: View) -> Iterator[Cue]:
    """Where a row stands, unless the source names its folders after the classes, so that it has to follow."""
    if view.data.table.target is not None:
        return
    rows = np.arange(len(view))
    say = _level("the place {}")
    yield Cue("order", "the order of the rows", None, rows, view.data.source_rows().astype(float), False, Severity.LOW, 1.0, say)
    files = pl.Series([view.data.source(row).rpartition(":")[0] for row in rows.tolist()]) if len(rows) <= _MOST_SOURCES else None
    if files is not None and 1 < files.n_unique() <= _MOST_FILES:
        values, names = _most_frequent(files)
        yield Cue("file", "the file that a row is from", None, rows, values, True, Severity.MEDIUM, 1.0, _name(names, "come from {}"))


def _of_gaps(view: View, column: str) -> Iterator[Cue]:
    missing = missing_rows(view.data.raw(column), view.data.columns[column].kind().tokens).to_numpy().astype(float)
    if _LEAST_GAPS <= missing.mean() <= 1 - _LEAST_GAPS:
        name = f"whether {column} is missing"
        yield Cue(name, name, column, np.arange(len(view)), missing, True, Severity.HIGH, 1.0, lambda value: _gap(value, column))


_MOST_SOURCES = 200_000  # rows whose files are asked for
_OF_FORM: dict[str, Callable[[View, str], Iterator[Cue]]] = {"image": _of_pictures, "text": _of_texts}


def _most_frequent(values: pl.Series) -> tuple[np.ndarray, list[str]]:
    """(n,) the places of values among the most frequent ones, NaN for all others, and those."""
    counts = values.drop_nulls().value_counts(sort=True).head(_WORDS)
    names = [str(name) for name in counts.get_column(counts.columns[0])]
    places = values.replace_strict(names, list(range(len(names))), default=None, return_dtype=pl.Float64) if names else None
    return np.full(len(values), np.nan) if places is None else places.to_numpy().astype(np.float64), names


def _level(words: str) -> Say:
    return lambda value: words.format(f"{value:,.0f}")


def _name(names: list[str], words: str) -> Say:
    return lambda value: words.format(names[int(value)])


def _grey(value: float) -> str:
    return "no colour" if value else "colours"


def _gap(value: float, column: str) -> str:
    return f"no {column}" if value else f"a {column}"
