"""Columns as all of Leadline knows them: kinds that only some formats have become numbers, names or several columns, and it is said."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

import polars as pl

from leadline.columns.category import as_names
from leadline.errors import listed

_LONG = (pl.Int128, pl.UInt128)
_PLAIN = frozenset({
    pl.Float64, pl.Float32, pl.Int64, pl.Int32, pl.Int16, pl.Int8, pl.UInt64, pl.UInt32, pl.UInt16, pl.UInt8, pl.Boolean, pl.String,
    pl.Binary, pl.Date, pl.Datetime, pl.Time,
})  # fmt: skip


def plain(frame: pl.DataFrame, as_text: Collection[str] = ()) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The frame with plain columns, and what was changed, in one sentence for each kind of change. Those of `as_text` become text.

    Decimals become numbers, lengths of time seconds, categoricals names; an object becomes a column for each of its keys
    ("a.b"), except pictures, struct{bytes, path}. What is nested deeper stays as it is: no column type takes it, and says so.
    """
    plainly = [type(dtype) in _PLAIN for dtype in frame.dtypes]
    if all(plainly) and not as_text and unique_names(frame.columns)[0] == frame.columns:
        return frame, ()
    said, before = dict[str, list[str]](), frame.get_columns()
    columns = [made for column, is_plain in zip(before, plainly, strict=True) for made in ([column] if is_plain else _plain(column, said))]
    columns = [texts(column) if column.name in as_text and not column.dtype.is_nested() else column for column in columns]
    names, remarks = unique_names([column.name for column in columns])
    if names != [column.name for column in columns]:
        columns = [column.alias(name) for column, name in zip(columns, names, strict=True)]
    remarks += tuple(sentence.format(columns=_columns(changed)) for sentence, changed in said.items())
    same = len(before) == len(columns) and all(old is new for old, new in zip(before, columns, strict=True))
    return frame if same else side_by_side(columns, frame.height), remarks


def side_by_side(columns: Sequence[pl.Series], height: int) -> pl.DataFrame:
    """A frame of these columns, each under its own name, an empty one too; of that many rows where there are none."""
    return pl.DataFrame(height=len(columns[0]) if columns else height).hstack(list({column.name: column for column in columns}.values()))


def texts(column: pl.Series) -> pl.Series:
    """Values as they would be written: numbers that are whole without a fraction, objects and lists as JSON."""
    if column.dtype in (pl.String, pl.Binary):
        return column
    if column.dtype.is_nested() or column.dtype == pl.Object:
        written = [None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in column.to_list()]
        return pl.Series(column.name, written, pl.String)
    return as_names(column)


def _columns(names: Sequence[str]) -> str:
    quoted = listed([f'"{name}"' for name in names], shown=5)
    return f"column {quoted}" if len(names) == 1 else f"columns {quoted}"


def _plain(column: pl.Series, said: dict[str, list[str]]) -> Iterator[pl.Series]:
    dtype, name = column.dtype, column.name

    def say(sentence: str) -> None:
        said.setdefault(sentence, []).append(name)

    if isinstance(dtype, pl.BaseExtension):
        yield from _plain(column.ext.storage(), said)
    elif isinstance(dtype, pl.Struct) and not is_picture(dtype):
        say("{columns}: objects, a column for each of their keys")
        fields = [column.struct.field(field.name).alias(f"{name}.{field.name}") for field in dtype.fields]
        for field in fields or [pl.Series(name, [None] * len(column), pl.String)]:
            yield field if isinstance(field.dtype, pl.Struct) else next(_plain(field, said))
    elif isinstance(dtype, pl.Decimal):
        yield column.cast(pl.Float64)
    elif isinstance(dtype, pl.Duration):
        say("{columns}: lengths of time, read as seconds")
        yield column.dt.total_seconds(fractional=True)
    elif isinstance(dtype, pl.Categorical | pl.Enum | pl.Null):
        yield column.cast(pl.String)
    elif dtype in _LONG:
        say("{columns}: whole numbers too long for 64 bits, kept as text")
        yield column.cast(pl.String)
    elif dtype == pl.Float16:
        yield column.cast(pl.Float32)
    elif dtype == pl.Object:
        say("{columns}: objects of Python, kept as text")
        yield pl.Series(name, [None if value is None else str(value) for value in column], pl.String)
    elif isinstance(dtype, pl.Array):
        yield from _plain(column.arr.to_list(), said)
    elif isinstance(dtype, pl.List):
        yield _plain_list(column, dtype)
    else:
        yield column


def _plain_list(column: pl.Series, dtype: pl.List) -> pl.Series:
    inner = dtype.inner
    if isinstance(inner, pl.Categorical | pl.Enum | pl.Null):
        return column.cast(pl.List(pl.String))
    return column.cast(pl.List(pl.Float64)) if isinstance(inner, pl.Decimal) else column


def is_picture(dtype: pl.DataType) -> bool:
    """struct{bytes, path}: how Hugging Face embeds a picture."""
    return isinstance(dtype, pl.Struct) and "bytes" in (names := {field.name for field in dtype.fields}) and names <= {"bytes", "path"}


def unique_names(names: Iterable[str | None]) -> tuple[list[str], tuple[str, ...]]:
    """Each name once: of equal ones the second becomes NAME_2, one that is empty column_5 by its place. What was changed is said."""
    asked = list(names)
    if len(set(asked)) == len(asked) and all(name and not name.isspace() for name in asked):
        return list(filter(None, asked)), ()
    taken, met, made = {name for name in asked if name}, Counter[str](), list[str]()
    nameless, twice = list[str](), list[str]()
    for place, name in enumerate(asked, 1):
        if not name or not name.strip():
            made.append(_free(f"column_{place}", taken))
            nameless.append(made[-1])
            continue
        met[name] += 1
        made.append(name if met[name] == 1 else _free(f"{name}_{met[name]}", taken))
        twice += made[-1:] if met[name] > 1 else []
    remarks = [f"columns without a name are called {listed(nameless, shown=5)}"] if nameless else []
    remarks += [f"of columns with equal names the later ones are called {listed(twice, shown=5)}"] if twice else []
    return made, tuple(remarks)


def _free(name: str, taken: set[str]) -> str:
    wanted, number = name, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name
