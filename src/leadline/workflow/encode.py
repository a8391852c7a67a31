"""Computing what stateless encoders make of rows: pretrained ones through the store, others directly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadline.data.table import Data
from leadline.encoders.contract import StoredEncoder
from leadline.encoders.store import Store, encode_through_store
from leadline.errors import LeadlineError
from leadline.findings import Finding, Severity
from leadline.parts import COLUMN, Node
from leadline.plan.plan import Encoding
from leadline.progress import Progress
from leadline.workflow.failing import FAILURES


@dataclass(frozen=True)
class Encoded:
    """`values` for every row (columns and node outputs), the rows that could not be read, and the nodes that failed on all of them."""

    values: dict[str, Any]
    bad: dict[int, LeadlineError]
    failed: dict[str, BaseException] = field(default_factory=dict)

    @property
    def good(self) -> np.ndarray:
        """Positions of the rows that could be read."""
        return readable(len(next(iter(self.values.values()))), self.bad)


def encode(
    data: Data, nodes: Sequence[Node], encodings: Mapping[str, Encoding], store: Store, progress: Progress, serving: bool = False
) -> Encoded:
    """Decodes every column of `data` and runs `nodes`; with `serving` on the engine that will predict, where failures are raised."""
    values, bad, failed = dict[str, Any](), dict[int, LeadlineError](), dict[str, BaseException]()
    for column in data.types:
        features, unreadable = data.features(column)
        values.update({COLUMN + name: made for name, made in features.items()})
        bad.update(unreadable)
    for node in nodes:
        try:
            values[node.name], unreadable = _run(node, values[node.inputs[0]], encodings.get(node.name), store, progress, serving)
        except FAILURES as error:
            if serving:
                raise
            failed[node.name] = error
            continue
        bad.update({row: error for row, error in unreadable.items() if row not in bad})
    return Encoded(values, bad, failed)


def _run(
    node: Node, column: Any, plan: Encoding | None, store: Store, progress: Progress, serving: bool
) -> tuple[Any, dict[int, LeadlineError]]:
    """What a node makes of a column, and the rows that it cannot read."""
    if plan is None:
        return node.part.run(column), {}
    assert isinstance(node.part, StoredEncoder)
    title = f"encoding {plan.column} with {plan.encoder}" + (", rows that judge" if serving else "")
    with progress.track(title, "examples") as advance:
        return encode_through_store(node.part, column, plan.serving_engine if serving else plan.engine, store, advance)


def readable(num_rows: int, bad: Collection[int]) -> np.ndarray:
    """Positions of the rows that are not among the bad ones."""
    return np.setdiff1d(np.arange(num_rows), np.fromiter(bad, np.int64, len(bad)))


def left_out(data: Data, bad: Mapping[int, LeadlineError], part: str) -> Finding:
    """The finding for rows that could not be read; raises the first error when nothing is left to work with."""
    first = bad[min(bad)]
    if len(bad) == len(data):
        raise first
    return Finding(
        "corrupt-file", Severity.HIGH if len(bad) > len(data) / 20 else Severity.MEDIUM,
        f"{len(bad):,} of {len(data):,} {part} rows could not be read and are left out", str(first).splitlines()[0],
        rows=sorted(data.source_row(row) for row in bad), fix="replace or remove these",
    )  # fmt: skip
