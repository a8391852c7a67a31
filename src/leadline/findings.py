"""One thing noticed about data, training or a model, with its evidence and a way to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


Action = Literal["drop row", "relabel row", "merge classes", "move to train", "group rows"]


@dataclass(frozen=True)
class Mend:
    """What could be done about a finding: to each of `rows` by itself, to `classes`, or to all rows of a group together.

    `value` is the new label, or the name that classes are merged into; `confidence` (0 to 1) that the data are better for it.
    """

    action: Action
    confidence: float
    rows: tuple[int, ...] = ()  # 0-based in reading order
    classes: tuple[str, ...] = ()
    value: str | None = None


@dataclass(frozen=True)
class Finding:
    """`rows` are 0-based in reading order and complete; screens may cut them and say so. `mends` become lines of an edit list."""

    code: str
    severity: Severity
    title: str
    detail: str = ""
    column: str | None = None
    rows: list[int] = field(default_factory=list)
    fix: str = ""
    mends: tuple[Mend, ...] = field(default=(), repr=False)

    @property
    def in_words(self) -> str:
        """What was noticed, in sentences."""
        sentences = [f"{part[:1].upper()}{part[1:].rstrip('.')}" for part in (self.title, self.detail) if part]
        return " ".join(sentence if sentence.endswith("?") else f"{sentence}." for sentence in sentences)

    def to_json(self) -> dict[str, Any]:
        said = {"code": self.code, "severity": str(self.severity), "title": self.title, "detail": self.detail, "column": self.column}
        return {**said, "rows": list(self.rows), "fix": self.fix, "num_rows": len(self.rows)}
