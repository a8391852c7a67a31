"""An edit list: what a person agreed to change about data, one JSON line for each change, and the data with it.

    {"edit": "drop row", "row": 17, "hash": "9c1f...", "code": "exact-duplicate", "reason": "...", "confidence": 0.9}

"relabel row" has a "label" as well, "move to train" nothing more; "group rows" has "rows" and "hashes", "merge classes" has "classes" and
"into". Rows are 0-based in reading order. The hash of a row is of all that it holds, files by their names, so that a list that was made for
other data is refused. Files are never changed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, Protocol, get_args

import numpy as np
import polars as pl

from leadline.data.edit_groups import with_groups
from leadline.data.table import Data
from leadline.errors import LeadlineError
from leadline.files import write_atomically
from leadline.findings import Action, Finding, Mend, Severity

ACTIONS: tuple[str, ...] = get_args(Action)
_HASH = 16  # hexadecimal digits of a row's SHA-256
_MOST_BYTES = 512 << 20
_WORDS = {
    "drop row": "left out", "relabel row": "given another label", "merge classes": "sets of classes merged",
    "move to train": "moved to train", "group rows": "groups kept together",
}  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """One line. `hashes` stand beside `rows`."""

    mend: Mend
    hashes: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        mend, said = self.mend, dict[str, Any](edit=self.mend.action)
        if mend.action == "merge classes":
            said |= {"classes": list(mend.classes), "into": mend.value}
        elif mend.action == "group rows":
            said |= {"rows": list(mend.rows), "hashes": list(self.hashes)}
        else:
            said |= {"row": mend.rows[0], "hash": self.hashes[0]} | ({} if mend.value is None else {"label": mend.value})
        return {**said, "code": self.code, "reason": self.reason, "confidence": mend.confidence}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Edit:
        """Raises ValueError, KeyError or TypeError where it is no such line."""
        action, confidence = said["edit"], float(said.get("confidence", 1.0))
        if action not in ACTIONS:
            raise ValueError(f'"{action}" is none of {", ".join(ACTIONS)}')
        if action == "merge classes":
            mend, hashes = Mend(action, confidence, classes=_words(said["classes"]), value=str(said["into"])), list[str]()
        elif action == "group rows":
            mend, hashes = Mend(action, confidence, tuple(map(_row, said["rows"]))), said["hashes"]
        else:
            label = str(said["label"]) if action == "relabel row" else None
            mend, hashes = Mend(action, confidence, (_row(said["row"]),), value=label), [said["hash"]]
        if len(_words(hashes)) != len(mend.rows):
            raise ValueError("it has not one hash for each row")
        return cls(mend, _words(hashes), str(said.get("code", "")), str(said.get("reason", "")))


def _row(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is not the number of a row")
    return value


def _words(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{values!r} is not a list of texts")
    return tuple(values)


class Proposal(Protocol):
    """What proposes mends: a finding, or a section of a report."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def mends(self) -> tuple[Mend, ...]: ...


def proposed(findings: Iterable[Proposal], data: Data) -> list[Edit]:
    """What findings propose, in their order; of several changes of the same kind to one row the first."""
    mends = [(finding, mend) for finding in findings for mend in finding.mends]
    known = dict(_hashes(data, sorted({row for _, mend in mends for row in mend.rows})))
    edits, met = list[Edit](), set[tuple[str, int]]()
    for finding, mend in mends:
        reason = finding.title
        if mend.action in ("merge classes", "group rows"):
            edits.append(Edit(mend, tuple(known[row] for row in mend.rows), finding.code, reason))
            continue
        new = [row for row in mend.rows if (mend.action, row) not in met]
        met.update((mend.action, row) for row in new)
        edits += [Edit(replace(mend, rows=(row,)), (known[row],), finding.code, reason) for row in new]
    return edits


def write_edits(path: Path, edits: Sequence[Edit]) -> None:
    """Raises LeadlineError where the file cannot be written."""
    lines = "".join(json.dumps(edit.to_json(), ensure_ascii=False) + "\n" for edit in edits)
    try:
        write_atomically(path, lines)
    except OSError as error:
        raise LeadlineError(f"{path} cannot be written ({error.strerror})", "a file", "another --edits") from error


def read_edits(path: Path) -> list[Edit]:
    """Empty lines are skipped. Raises LeadlineError naming the line that is not an edit."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise LeadlineError(f"{path} is larger than {_MOST_BYTES >> 20} MB", "an edit list as `leadline check --edits` writes it")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise LeadlineError(f"{path} cannot be read ({reason})", "an edit list as `leadline check --edits` writes it") from error
    return [_line(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _line(path: Path, number: int, line: str) -> Edit:
    try:
        return Edit.from_json(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        expected = f"one JSON object with an edit, one of {', '.join(ACTIONS)}"
        raise LeadlineError(f"{path}:{number} is not an edit: {why}", expected, "mend the line or remove it") from error


def apply_edits(data: Data, edits: Sequence[Edit]) -> Data:
    """The data as the list says, with the list in `edits` and a finding that counts what was done.

    Labels change first, then classes are merged, in the order of the list; rows move, belong together, and are left out last. Raises
    LeadlineError where a row is not what it was when the list was made.
    """
    if not edits:
        return data
    places = _checked(data, edits)
    data = _relabelled(data, edits, places)
    moved = [places[row] for row in _rows(edits, "move to train")]
    if moved:
        data = _moved(data, moved)
    groups = [[places[row] for row in edit.mend.rows] for edit in edits if edit.mend.action == "group rows"]
    data = with_groups(data, groups) if groups else data
    kept = np.setdiff1d(np.arange(len(data)), [places[row] for row in _rows(edits, "drop row")])
    if not len(kept):
        raise LeadlineError("the edit list leaves out every row", "rows to learn from", "remove some of its lines")
    data = data.take(kept) if len(kept) < len(data) else data
    return replace(data, edits=tuple(edit.to_json() for edit in edits)).with_findings(_told(edits))


def summary(edits: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What an artefact records of the list that its data were changed by: how many lines of each kind, and the hash of all."""
    if not edits:
        return {}
    lines = "".join(json.dumps(edit, ensure_ascii=False, sort_keys=True) + "\n" for edit in edits)
    counts = dict(Counter(str(edit["edit"]) for edit in edits))
    return {"edits": {"counts": counts, "sha256": hashlib.sha256(lines.encode()).hexdigest()}}


def _rows(edits: Sequence[Edit], action: str) -> list[int]:
    return [row for edit in edits if edit.mend.action == action for row in edit.mend.rows]


def _told(edits: Sequence[Edit]) -> Finding:
    counts = Counter[str](edit.mend.action for edit in edits)
    said = ", ".join(f"{counts[action]:,} {words}" for action, words in _WORDS.items() if counts[action])
    return Finding("edited", Severity.LOW, f"as the edit list says: {said}", "the files are as they were", rows=_rows(edits, "relabel row"))


def _checked(data: Data, edits: Sequence[Edit]) -> dict[int, int]:
    """Row in reading order -> its place in the data, of all that the list names."""
    expected = {row: digest for edit in edits for row, digest in zip(edit.mend.rows, edit.hashes, strict=True)}
    met = dict(_hashes(data, sorted(expected)))
    for row, digest in expected.items():
        if met.get(row) != digest:
            saw = f"row {row} is not what it was" if row in met else f"there is no row {row}"
            advice = "make the list anew: leadline check DATA --edits FILE"
            raise LeadlineError(f"the edit list was made for other data: {saw}", "the data that the list was made for", advice)
    return dict(_places(data, sorted(expected)))


def _places(data: Data, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(row in reading order, its place), of those that are there."""
    there = data.source_rows()
    order = np.argsort(there, kind="stable")
    found = np.searchsorted(there[order], rows)
    for row, place in zip(rows, found.tolist(), strict=True):
        if place < len(there) and there[order[place]] == row:
            yield row, int(order[place])


def _hashes(data: Data, rows: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Files count by their names, so that the folder may have been named otherwise or moved."""
    places = list(_places(data, rows))
    some = data.table.frame[[place for _, place in places]]
    files = [name in data.columns and data.columns[name].kind().by_name for name in some.columns]
    for (row, _), values in zip(places, some.iter_rows(), strict=True):
        held = [PurePath(value).name if is_file and isinstance(value, str) else value for is_file, value in zip(files, values, strict=True)]
        yield row, hashlib.sha256(repr(held).encode()).hexdigest()[:_HASH]


def _relabelled(data: Data, edits: Sequence[Edit], places: Mapping[int, int]) -> Data:
    labels = {places[edit.mend.rows[0]]: edit.mend.value for edit in edits if edit.mend.action == "relabel row"}
    mergings = [edit.mend for edit in edits if edit.mend.action == "merge classes"]
    if not labels and not mergings:
        return data
    target = data.require_target()
    raw = data.raw(target)
    if raw.dtype.is_nested():
        raise LeadlineError(f"{target} holds several labels a row, which an edit list cannot change", "one label a row", column=target)
    written = _names(raw)
    for place, label in labels.items():
        written[place] = label
    if mergings:
        written = written.replace(merged_names(mergings))
    new = written if {mend.value for mend in mergings} - set(_names(raw).to_list()) else _as_before(written, raw)  # "3+8" is no number
    return replace(data, table=replace(data.table, frame=data.table.frame.with_columns(new.alias(target))))


def merged_names(mends: Iterable[Mend]) -> dict[str, str]:
    """Class -> what it is merged into, one after another: who names a class that was merged before means what it became."""
    into = dict[str, str]()
    for mend in mends:
        meant = {into.get(name, name) for name in mend.classes}
        into = {name: mend.value or "" if value in meant else value for name, value in into.items()}
        into |= dict.fromkeys(mend.classes, mend.value or "")
    return into


def _names(raw: pl.Series) -> pl.Series:
    """What the classes are called: whole numbers without decimals, though a gap makes a column one of fractions."""
    whole = raw.dtype.is_float() and bool((raw.drop_nulls() == raw.drop_nulls().round(0)).all())
    return (raw.cast(pl.Int64) if whole else raw).cast(pl.String)


def _as_before(written: pl.Series, raw: pl.Series) -> pl.Series:
    """In the type that the column had. Raises LeadlineError where a new label is none of it."""
    try:
        return written.cast(raw.dtype) if raw.dtype != pl.Boolean else written.replace_strict({"true": True, "false": False})
    except pl.exceptions.PolarsError as error:
        saw = f"the edit list gives a label that {raw.name}, a column of {raw.dtype}, cannot hold"
        raise LeadlineError(saw, f"labels like {raw.drop_nulls().head(3).to_list()}", column=raw.name) from error


def _moved(data: Data, places: Sequence[int]) -> Data:
    if data.split is None:
        raise LeadlineError("the edit list moves rows to train, and these data bring no split", "data in parts, or no such lines")
    split = data.split.copy()
    split[list(places)] = "train"
    return replace(data, table=replace(data.table, split=split))
