"""What a check is: one question about data, answered by findings with their rows, or by why it cannot be asked of these data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from leadline.check.view import View
from leadline.evaluate.noisy_judges import Confusions
from leadline.findings import Finding, Mend


@dataclass(frozen=True)
class NotApplicable:
    """`why` in words, a sentence without its full stop."""

    why: str


@dataclass(frozen=True)
class Shelf:
    """Rows to look at side by side, positions in the data; `notes` say something of each, or there are none."""

    title: str
    rows: tuple[int, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """What a report tells that is no fault of the data, and so takes no points: `said`, sentences for screens and pages, and rows to look
    at for pages. `mends` are proposed for the reason `title`.
    """

    code: str
    title: str
    said: tuple[str, ...] = ()
    shelves: tuple[Shelf, ...] = ()
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True)
class Checked:
    """`findings`; what is said of every row, by the name of a column of `rows.parquet`: (n,) arrays; facts for the report as a whole;
    sections of it; `confusions`, where it is known how often which class is taken for which in the labels.
    """

    findings: tuple[Finding, ...] = ()
    rows: Mapping[str, np.ndarray] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)  # keys of the report's JSON
    sections: tuple[Section, ...] = ()
    confusions: Confusions | None = None


class Check(ABC):
    """A new check is one file and one line in the registry. What it costs is what it asks of the view: answers and vectors take long."""

    code: ClassVar[str]  # of its findings; what --only and --skip name
    title: ClassVar[str]  # the question, for people

    @abstractmethod
    def run(self, view: View) -> Checked | NotApplicable: ...
