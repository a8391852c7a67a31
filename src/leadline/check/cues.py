"""What can be told of a row without looking at what it says: how its picture was made, how long its text is, where its row stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

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
_MOST_SOURCES = 200_000  # rows whose files are asked for
_NAMES = 0.5  # the width of values that stand for names: each is like no other
_GREY = 0.5  # levels that red, green and blue differ by in a grey picture; JPEG files round
_BRACES = str.maketrans({"{": "{{", "}": "}}"})  # in names that become part of a question
_CHARACTERS = 2_000  # of a text whose digits and capitals are counted

Say = Callable[[float], str]


class Kind(Enum):
    """How surprising it is that a cue tells the answer."""

    MADE = "what rows are about hardly decides it"
    SHOWN = "what rows are about may well decide it"
    WRITTEN = "words: they are what rows are about, unless nearly all of a class share them and no others do"


@dataclass(frozen=True)
class Cue:
    """`values` (n,) beside `rows`, NaN where a row has none. `family`: several of one mean the same, the best of them is told.

    `most` is the worst that a finding of it can be. `question` may name the {classes} that it tells.
    """

    family: str
    question: str
    column: str | None
    rows: np.ndarray
    values: np.ndarray
    kind: Kind
    most: Severity
    width: float  # values nearer than that are the same
    say: Say  # one value in words, after "have"
    fix: str


_OUT = "ask whether new rows will have it too: if not, take it out (crop, convert, fill in), or collect all classes in the same way"
_ASK = "if that is what the classes are like, all is well; if it comes from how they were collected, a model will learn it instead"
_MIX = "splits that we make mix the rows; before anyone takes the first ones for a part, shuffle them"


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

    def made(family: str, question: str, values: np.ndarray, width: float, say: Say) -> Cue:
        return Cue(family, f"{question} give {{classes}} away?", column, rows, values, Kind.MADE, Severity.HIGH, width, say, _OUT)

    def shown(family: str, question: str, values: np.ndarray, width: float, say: Say) -> Cue:
        return Cue(family, f"{question} give {{classes}} away?", column, rows, values, Kind.SHOWN, Severity.MEDIUM, width, say, _ASK)

    for place, colour in enumerate(("red", "green", "blue")):
        say = _level(f"a border of one colour, its {colour} at {{}} of 255")
        yield made("border", "does a border of one colour", facts.border[:, place] * framed, 4.0, say)
    yield made("size", "does the width in pixels", facts.width, 1.0, _level("a width of {} pixels"))
    yield made("size", "does the height in pixels", facts.height, 1.0, _level("a height of {} pixels"))
    yield made("size", "does the shape", ratio, 0.01, lambda value: f"sides of {np.exp(value):.2f} to 1")
    yield made("format", "does the file format", facts.format, _NAMES, lambda value: f"the format {FORMATS[int(value)]}")
    grey = np.where(facts.readable, facts.colour < _GREY, np.nan)
    yield made("grey", "does being grey or in colour", grey, _NAMES, lambda value: "no colour" if value else "colours")
    bits = 8 * facts.num_bytes / np.maximum(1.0, facts.width * facts.height)
    yield shown("file size", "does the size of the file", facts.num_bytes, 1.0, _level("{} bytes"))
    yield shown("file size", "does the size of the file for each pixel", bits, 0.01, lambda value: f"{value:.2f} bits a pixel")
    yield shown("brightness", "does how bright a picture is", facts.brightness, 1.0, _level("a mean grey level of {}"))
    yield shown("border brightness", "does how bright the border is", facts.border.mean(axis=1), 1.0, _level("a border of grey level {}"))


def _of_texts(view: View, column: str) -> Iterator[Cue]:
    rows = np.arange(len(view))
    texts = view.data.feature(column).cast(pl.String).fill_null("").str.strip_chars()
    heads = texts.str.slice(0, _CHARACTERS)
    length = np.maximum(1, heads.str.len_chars().to_numpy()).astype(np.float64)

    def cue(family: str, question: str, values: np.ndarray, width: float, say: Say, kind: Kind = Kind.SHOWN) -> Cue:
        return Cue(family, f"{question} give {{classes}} away?", column, rows, values, kind, Severity.MEDIUM, width, say, _ASK)

    yield cue("length", "does the length of a text", texts.str.len_chars().to_numpy().astype(np.float64), 1.0, _level("{} characters"))
    digits, capitals = (heads.str.count_matches(pattern).to_numpy() / length for pattern in (r"\p{Nd}", r"\p{Lu}"))
    yield cue("digits", "does the share of digits", digits, 0.01, lambda value: f"{value:.0%} digits")
    yield cue("capitals", "does the share of capital letters", capitals, 0.01, lambda value: f"{value:.0%} capital letters")
    leading = rf"^((?:\S+\s+){{{_LEADING - 1}}}\S+)"
    for where, pattern, some in (("beginning", r"^(\S+)", heads), ("beginning", leading, heads), ("end", r"(\S+)$", texts)):
        values, names = _most_frequent(some.str.extract(pattern, 1))
        say = _name(names, f'"{{}}" at the {where}')
        yield cue(f"words at the {where}", f"do the words at the {where}", values, _NAMES, say, Kind.WRITTEN)


def _of_rows(view: View) -> Iterator[Cue]:
    """Where a row stands, unless the source names its folders after the classes, so that it has to follow."""
    if view.data.table.target is not None:
        return
    rows, places = np.arange(len(view)), view.data.source_rows().astype(float)
    question = f"do the rows stand in the order of {str(view.data.target).translate(_BRACES)}?"
    yield Cue("order", question, None, rows, places, Kind.SHOWN, Severity.LOW, 1.0, _level("the place {}"), _MIX)
    files = pl.Series([view.data.source(row).rpartition(":")[0] for row in rows.tolist()]) if len(rows) <= _MOST_SOURCES else None
    if files is not None and 1 < files.n_unique() <= _MOST_FILES:
        values, names = _most_frequent(files)
        say, question = _name(names, "the file {}"), "does the file that a row is from give {classes} away?"
        yield Cue("file", question, None, rows, values, Kind.MADE, Severity.MEDIUM, _NAMES, say, _ASK)


def _of_gaps(view: View, column: str) -> Iterator[Cue]:
    missing = missing_rows(view.data.raw(column), view.data.columns[column].kind().tokens).to_numpy().astype(float)
    if _LEAST_GAPS <= missing.mean() <= 1 - _LEAST_GAPS:
        family = "gaps"
        question = f"does it give {{classes}} away whether {column.translate(_BRACES)} is missing?"
        say, rows = _gap(column), np.arange(len(view))
        yield Cue(family, question, column, rows, missing, Kind.MADE, Severity.HIGH, _NAMES, say, _OUT)


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


def _gap(column: str) -> Say:
    return lambda value: f"no {column}" if value else f"a {column}"
