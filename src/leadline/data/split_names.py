"""Names that people give to the parts of data: folders, tables, lists in JSON, Hugging Face datasets."""

from __future__ import annotations

from collections.abc import Iterable

from leadline.data.table import SPLITS

SPLIT_NAMES = {
    "train": "train", "training": "train",
    "valid": "valid", "val": "valid", "validation": "valid", "dev": "valid",
    "test": "test", "testing": "test",
}  # fmt: skip


def splits_of(names: Iterable[str]) -> dict[str, str]:
    """Name -> split for those that name one, train first."""
    known = {name: SPLIT_NAMES[name.lower()] for name in names if name.lower() in SPLIT_NAMES}
    return dict(sorted(known.items(), key=lambda item: SPLITS.index(item[1])))
