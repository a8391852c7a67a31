"""From what the user has - a folder, a file, an address, a table in memory - to `Data` whose types and target are known, with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from leadline.columns.contract import WhyNot
from leadline.columns.recognise import Choice, recognise
from leadline.data.calendar import within_calendar
from leadline.data.classes import name_classes, unseen_classes
from leadline.data.contract import Reader, Reading
from leadline.data.folders.stray import reason_for
from leadline.data.left_out import drop_broken
from leadline.data.memory.frame import read_frame
from leadline.data.named_files import batches_with_contents, with_contents
from leadline.data.table import Data, Table
from leadline.data.useless import why_useless
from leadline.errors import LeadlineError
from leadline.findings import Finding
from leadline.machine import at_once
from leadline.registry import COLUMNS, READERS

WRITTEN = ("category", "text", "tags")  # forms whose values are what is written, digit for digit
STDIN = "-"
_REASONS_SHOWN = 3
CONVENTIONAL_TARGETS = ("target", "label", "labels", "class", "category", "y")


def read(
    source: Any,
    *,
    target: str | None = None,
    types: Mapping[str, str] | None = None,
    exclude: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    table: str | None = None,
    query: str | None = None,
    need_target: bool = True,
) -> Data:
    """Reads a path, an address or a table in memory and decides column types and target, saying why.

    Raises LeadlineError when a named column does not exist or, if `need_target`, no target is certain; a target is never guessed.
    """
    if isinstance(source, Data):
        if target or types or exclude or group or time or table or query:
            raise LeadlineError(
                "these data were read before; types, target and the rest are settled", "no further options", "give the options to read"
            )
        return source
    wanted = types or {}
    raw = read_table(source, Reading(_as_text(wanted), table, query))
    _refuse_unknown(raw, [*exclude, *wanted, *(name for name in (target, group, time) if name)])
    target, why = _find_target(raw, target, need_target)
    _refuse_two_roles(target, [*exclude, *(name for name in (group, time) if name)])
    raw = raw if target is None else name_classes(raw, target)
    told = (*raw.findings, *(() if target is None else unseen_classes(raw, target)))
    data = drop_broken(Data(raw, {}, target, why, told, group, time))
    features = [name for name in raw.frame.columns if name not in (target, group) and name not in exclude]
    columns, useless = _typed(data.table, features, wanted)
    if not columns:
        reasons = f": {'; '.join(finding.title for finding in useless[:_REASONS_SHOWN])}" if useless else ""
        raise LeadlineError(f"{raw.origin} holds no column to learn from{reasons}", "at least one column besides the target")
    return replace(data, columns=columns).with_findings(*useless)


def _typed(table: Table, features: Sequence[str], wanted: Mapping[str, str]) -> tuple[dict[str, Choice], list[Finding]]:
    """The type of each column, and why the others are left out."""
    columns, useless = dict[str, Choice](), list[Finding]()
    for name, choice, reason in at_once(lambda name: _judged(table, name, wanted.get(name)), features):
        if reason is None and isinstance(choice, Choice):
            columns[name] = choice
        elif reason is not None:
            useless.append(reason)
    return columns, useless


def _judged(table: Table, name: str, wanted: str | None) -> tuple[str, Choice | WhyNot, Finding | None]:
    choice = _type_of(table, name, wanted)
    return name, choice, None if wanted else why_useless(name, table.frame[name], choice)


def _as_text(types: Mapping[str, str]) -> list[str]:
    return [name for name, kind in types.items() if kind in COLUMNS and is_written(kind)]


def is_written(kind: str) -> bool:
    """Whether values of this type are what is written, so that they must not pass through numbers on the way: 02 would arrive as 2."""
    return set(COLUMNS.get(kind).forms.values()) <= set(WRITTEN)


def _type_of(table: Table, name: str, wanted: str | None) -> Choice | WhyNot:
    if wanted is None and name in table.types:
        return Choice(table.types[name], "the files there are of this kind", table.frame[name].null_count())
    return recognise(name, table.frame[name], table.root, wanted, table.decimal)


def read_table(source: Any, reading: Reading | None = None) -> Table:
    """Raw columns from anything we read, before anything is decided about them."""
    table = within_calendar(with_contents(_whole(source, reading or Reading())))
    if table.frame.height == 0:
        raise LeadlineError(f"{table.origin} has no rows", "at least one row with values")
    return table


def read_batches(source: Any, reading: Reading, rows: int) -> Iterator[Table]:
    """The same rows as `read_table` in tables of about `rows` each, as they come; none where there are no rows."""
    if isinstance(source, str | Path):
        parts = reader_for(str(source)).batches(str(source), reading, rows)
    else:
        parts = _whole(source, reading).parts(rows)
    yield from map(within_calendar, batches_with_contents(parts))


def _whole(source: Any, reading: Reading) -> Table:
    if isinstance(source, Data | Table):
        return source.table if isinstance(source, Data) else source
    return reader_for(str(source)).read(str(source), reading) if isinstance(source, str | Path) else read_frame(source)


def reader_for(place: str) -> Reader:
    """The reader registered for an address, a folder, or the ending of a file's name."""
    scheme, mark, _ = place.partition("://")
    if mark and scheme.replace("+", "").isalnum():
        return _made(_beginning(scheme, place))
    if not place.strip():
        raise LeadlineError("DATA is empty", "a folder, a file or an address", "name it")
    path = Path(place)
    if place == STDIN:
        return _made(STDIN)
    if not path.exists():
        raise LeadlineError(f"{path} is not there", "a folder or a file with labelled examples", _near(path))
    if path.is_dir():
        return _made("folder")
    endings = [ending for ending in READERS if ending.startswith(".") and path.name.lower().endswith(ending)]
    if not endings:
        known = ", ".join(ending for ending in READERS if ending.startswith("."))
        reason = reason_for(path.name)
        raise LeadlineError(
            f"{path} is a kind of file we do not read" + (f" ({reason.what})" if reason else ""),
            f"a folder of class folders, or one of {known}", reason.fix if reason else "save the table as CSV with a header line",
        )  # fmt: skip
    return _made(max(endings, key=len))


def _beginning(scheme: str, place: str) -> str:
    """The registered beginning of an address; a driver named with it (postgresql+psycopg2://) does not matter."""
    beginning = scheme.lower().partition("+")[0] + "://"
    if beginning in READERS:
        return beginning
    known = ", ".join(name for name in READERS if name.endswith("://"))
    advice = "write the rows to a file (CSV, Parquet) and name that; nothing is fetched from the web"
    raise LeadlineError(f"{place} is a kind of address we do not read", f"a file, a folder, or one of {known}", advice)


def _made(name: str) -> Reader:
    made: Reader = READERS.get(name)()
    return made


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f"the folder {path.parent} is not there either; check the spelling"
    from difflib import get_close_matches

    close = get_close_matches(path.name, [p.name for p in path.parent.iterdir()], n=1)
    return f"did you mean {path.parent / close[0]}?" if close else f"look at what is in {path.parent}"


def _refuse_unknown(table: Table, names: Sequence[str]) -> None:
    for name in names:
        if name not in table.frame.columns:
            shown = ", ".join(table.frame.columns[:30])
            raise LeadlineError(f'there is no column "{name}" in {table.origin}', f"one of: {shown}")


def _refuse_two_roles(target: str | None, others: Sequence[str]) -> None:
    if target is not None and target in others:
        raise LeadlineError(
            f"{target} is the target, so it cannot be left out, group rows or order them", "another column for that", column=target
        )


def _find_target(table: Table, wanted: str | None, needed: bool) -> tuple[str | None, str]:
    if wanted is not None:
        return wanted, "as you said"
    if table.target is not None:
        return table.target, "the folders are named after the classes"
    names = [name for name in table.frame.columns if name.lower() in CONVENTIONAL_TARGETS]
    if len(names) == 1:
        return names[0], f'a column called "{names[0]}" is by convention the target'
    found = f"several columns could be it: {', '.join(names)}" if names else f"none is called {', '.join(CONVENTIONAL_TARGETS)}"
    if not needed:
        return None, found
    if table.unlabelled is not None:
        raise table.unlabelled
    shown = ", ".join(table.frame.columns[:30])
    raise LeadlineError(
        f"we do not know which column of {table.origin} is the target; {found}",
        "the column that holds the answers",
        f"--target COL with one of: {shown}",
    )
