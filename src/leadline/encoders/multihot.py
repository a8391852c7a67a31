"""Tags as features: one column for every label seen in training, 1 where a row has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadline.columns.tags import codes_in
from leadline.parts import Part
from leadline.values import Sparse

_LEAST_COUNT = 2  # a label seen once teaches nothing
_MOST_LABELS = 20_000


class MultiHot(Part):
    """Lists of labels (n,) -> `Sparse` (n, num_labels); a label not seen in training is dropped, a missing list has none."""

    kind: ClassVar[str] = "multi-hot"

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = list(labels)

    @classmethod
    def fit(cls, values: pl.Series) -> Self:
        counts = values.explode().drop_nulls().alias("label").value_counts(name="count")
        kept = counts.filter(pl.col("count") >= _LEAST_COUNT).sort("count", "label", descending=[True, False])
        return cls(kept["label"].head(_MOST_LABELS).to_list())

    def run(self, values: pl.Series) -> Sparse:
        found = codes_in(values, self.labels)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(found["row"].to_numpy(), minlength=len(values)))]).astype(np.int64)
        return Sparse(indptr, found["code"].to_numpy(), np.ones(len(found), np.float32), len(self.labels))

    def config(self) -> dict[str, Any]:
        return {"labels": self.labels}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(config["labels"])
