"""Which files of a folder are tables, and which of them are one table in several shards; by their names alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from leadline.data.folders.stray import NAMES_CLASSES
from leadline.data.named_files import kinds_of_files
from leadline.findings import Finding, Severity
from leadline.registry import READERS

_SHARD = re.compile(r"(.+?)[-_.](\d+)[-_]of[-_](\d+)(?:[-_.].*)?")  # train-00000-of-00002
_OFTEN_SETTINGS = (".json",)  # such a file beside tables of another kind says something about them


def tables_in(files: Sequence[str]) -> list[str]:
    """The files that are tables, by their endings; pictures, texts and archives are none, nor are settings beside tables."""
    values = tuple(ending for kind in kinds_of_files() for ending in kind.extensions)
    tables = [name for name in files if not name.lower().endswith(values) and name.rpartition("/")[2] != NAMES_CLASSES and _is_table(name)]
    plain = [name for name in tables if not name.lower().endswith(_OFTEN_SETTINGS)]
    return plain or tables


def _is_table(name: str) -> bool:
    ending = _ending(name)
    return ending is not None and bool(READERS.get(ending).reads_table(name))


def _ending(name: str) -> str | None:
    known = [ending for ending in READERS if ending.startswith(".") and name.lower().endswith(ending)]
    return max(known, key=len, default=None)


def stem_of(name: str) -> str:
    """The name without its folder and without every ending that says how it is written: train of data/train.csv.gz."""
    stem = name.rpartition("/")[2]
    while (ending := _ending(stem)) and len(ending) < len(stem):
        stem = stem[: -len(ending)]
    return stem


def shard_stem(name: str) -> str:
    """The stem that all shards of one table share."""
    stem = stem_of(name)
    found = _SHARD.fullmatch(stem)
    return found[1] if found else stem


def is_shard(name: str) -> bool:
    return _SHARD.fullmatch(stem_of(name)) is not None


def missing_shards(names: Sequence[str]) -> list[Finding]:
    missing = []
    numbered: dict[tuple[str, int], set[int]] = {}
    for name in names:
        if found := _SHARD.fullmatch(stem_of(name)):
            numbered.setdefault((found[1], int(found[3])), set()).add(int(found[2]))
    for (stem, total), numbers in numbered.items():
        if len(numbers) < total:
            missing.append(f"{stem}: {len(numbers):,} of {total:,}")
    title = f"parts of a table are missing: {'; '.join(missing)} are there"
    return [Finding("missing-part", Severity.HIGH, title, fix="copy the data again")] if missing else []
