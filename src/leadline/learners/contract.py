"""What a learner is: one way to answer a task, with its work written down before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol

from leadline.data.examples import Examples
from leadline.encoders.hub_folder import Network
from leadline.errors import listed
from leadline.parts import Graph, Node
from leadline.tasks.contract import Task
from leadline.tasks.monotone import Direction


@dataclass(frozen=True)
class Sizes:
    """All a learner may know of the data when it says how much work it would be.

    `types` maps a column to the form of its values; `categories` maps category columns to their number of distinct values;
    `text_length` is the mean number of characters of a text; `languages` are those of each text column, as far as they can be told;
    `picture_side` is the longest side of the pictures in pixels, 0 where there are none or it cannot be told.
    `networks` are those that the user named, by the type of column that each reads.
    `monotone` says in which direction answers may go as a number column grows, where the user asked for one.
    """

    rows: int
    types: Mapping[str, str]
    num_classes: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)
    text_length: float = 0.0
    languages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    picture_side: int = 0
    networks: Mapping[str, Network] = field(default_factory=dict)
    monotone: Mapping[str, Direction] = field(default_factory=dict)

    def columns_of(self, *types: str) -> list[str]:
        return [name for name, kind in self.types.items() if kind in types]


@dataclass(frozen=True)
class Work:
    """One fit: elementary steps in units the learner chooses (calibrated per learner), its settings and its memory.

    `settings` is everything besides data and seed that decides what is learned, JSON-able: it is what a plan replays.
    `tuning_steps` come once, before the first fit.
    """

    steps: float
    peak_bytes: int
    settings: dict[str, Any] = field(default_factory=dict)
    tuning_steps: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Learner(Protocol):
    """One way to answer a task.

    A learner that is a dearer version of another one says `larger_than = "its name"`: it is tried only where that one leaves something
    to win.
    """

    name: ClassVar[str]
    family: ClassVar[str]  # "classical" or "deep"
    title: ClassVar[str]  # for people: "linear model on words and columns"
    larger_than: ClassVar[str] = ""
    reads_named: ClassVar[bool] = False  # whether it reads by a network that the user named
    keeps_monotone: ClassVar[bool] = False  # whether the raw output of what it fits obeys `Sizes.monotone`, whatever is asked

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        """None if it can answer this task on such columns, else the reason in words."""
        ...

    def refusal(self, sizes: Sizes, task: Task) -> str | None:
        """Why it is left out of a plan: it cannot answer, or cannot keep the directions that the user asked for. None: it takes part."""
        reason = self.why_not(sizes, task)
        if reason is None and sizes.monotone and not self.keeps_monotone:
            reason = f"it cannot promise that answers go one way with {listed(list(sizes.monotone))}, as --monotone asks"
        return reason

    def inputs(self, sizes: Sizes) -> list[Node]:
        """Stateless nodes it reads: computed once over all rows, pretrained ones through the store."""
        return []

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """One fit at effort 0 (least that makes sense), 1, or 2 (what a specialist would do)."""
        ...

    def tuned(self, train: Examples, task: Task, work: Work, seed: int) -> Work:
        """The work with settings that suit these rows, found once for all folds; they are told apart by rows held out in there. Work
        that has been tuned stays as it is.
        """
        return work

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        """The nodes after `inputs`, ending in raw outputs (n, num_outputs): logits, or numbers. Equal bytes for equal arguments.

        Work that has not been tuned is tuned first.
        """
        ...
