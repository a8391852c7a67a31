"""One thing noticed about data, training or a model, with its evidence and a way to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True)
class Finding:
    """`rows` are 0-based in reading order and complete; screens may cut them and say so."""

    code: str
    severity: Severity
    title: str
    detail: str = ""
    column: str | None = None
    rows: list[int] = field(default_factory=list)
    fix: str = ""

    @property
    def in_words(self) -> str:
        """What was noticed, in sentences."""
        sentences = [f"{part[:1].upper()}{part[1:].rstrip('.')}" for part in (self.title, self.detail) if part]
        return " ".join(sentence if sentence.endswith("?") else f"{sentence}." for sentence in sentences)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "severity": str(self.severity), "num_rows": len(self.rows)}
