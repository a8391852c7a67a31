"""Names that people give to the parts of data, for sources whose parts have names: lists in JSON, Hugging Face datasets."""

from __future__ import annotations

from collections.abc import Iterable

from leadline.data.folders.class_folders import SPLIT_NAMES
from leadline.data.table import SPLITS


def splits_of(names: Iterable[str]) -> dict[str, str]:
    """Name -> split for those that name one, train first."""
    known = {name: SPLIT_NAMES[name.lower()] for name in names if name.lower() in SPLIT_NAMES}
    return dict(sorted(known.items(), key=lambda item: SPLITS.index(item[1])))
