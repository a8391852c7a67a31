"""What a check is: one question about data, answered by findings with their rows, or by why it cannot be asked of these data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from leadline.check.view import View
from leadline.findings import Finding


@dataclass(frozen=True)
class NotApplicable:
    """`why` in words, a sentence without its full stop."""

    why: str


@dataclass(frozen=True)
class Checked:
    """`findings`; what is said of every row, by the name of a column of `rows.parquet`: (n,) arrays; facts for the report as a whole."""

    findings: tuple[Finding, ...] = ()
    rows: Mapping[str, np.ndarray] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)  # keys of the report's JSON


class Check(ABC):
    """A new check is one file and one line in the registry. What it costs is what it asks of the view: answers and vectors take long."""

    code: ClassVar[str]  # of its findings; what --only and --skip name
    title: ClassVar[str]  # the question, for people

    @abstractmethod
    def run(self, view: View) -> Checked | NotApplicable: ...
