"""The plan: the written list of work that a budget buys, executed step for step and replayed byte for byte."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from leadline.errors import LeadlineError
from leadline.evaluate.target_scale import TargetScale
from leadline.learners.contract import Work

FORMAT = 2  # 1: settings without the rows a learner may take, and tuned in every fold


@dataclass(frozen=True)
class Encoding:
    """One pretrained encoder over one column: `examples` are those not in the store when the plan was made."""

    node: str
    encoder: str
    column: str
    settings: dict[str, Any]
    engine: str
    serving_engine: str
    examples: int
    seconds: float


@dataclass(frozen=True)
class Fitting:
    """A learner to fit `fits` times, each being `work`. It reads the nodes `inputs`; `cost`, seconds to answer and fit, decides ties."""

    learner: str
    effort: int
    work: Work
    fits: int
    seconds: float
    cost: float
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """A learner that was left out; `foreign` where it is not made for such data at all, whatever the time."""

    learner: str
    seconds: float
    why: str
    foreign: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything besides the data that decides what is learned, and what it was expected to take as it began.

    A plan grows while it is executed, on what its first fits take; the two expectations stay those of its beginning.
    """

    data: dict[str, Any]  # fingerprint, rows, and how they were read: target, types, exclude, group, positive
    task: str
    metric: str
    seed: int
    budget_seconds: float
    num_folds: int
    nested_folds: int  # outer folds of nested cross-validation; 0 where held-back rows judge
    encodings: tuple[Encoding, ...]
    fittings: tuple[Fitting, ...]
    skipped: tuple[Skipped, ...]
    threads: int
    expected_seconds: float  # of the plan as it began
    expected_peak_mb: float  # likewise
    scale_tried_by: str = ""  # the learner by which a scale for numbers is looked for; "": they are taught as they are
    target_scale: dict[str, float] | None = None  # that was found, {}: as they are; None: to be found
    processor: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    leadline: str = ""
    format: int = FORMAT

    def skipping(self, skipped: Skipped) -> Plan:
        """Without this learner, and why."""
        fittings = tuple(one for one in self.fittings if one.learner != skipped.learner)
        silent = self.silent_on(skipped.learner)
        return replace(silent, fittings=fittings, skipped=(*silent.skipped, skipped))

    def silent_on(self, learner: str) -> Plan:
        """Without a word on why it was left out."""
        return replace(self, skipped=tuple(one for one in self.skipped if one.learner != learner))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Plan:
        if scale := value.get("target_scale"):
            TargetScale(**scale)
        fittings = [Fitting(**{**f, "work": Work(**f["work"]), "inputs": tuple(f.get("inputs", ()))}) for f in value["fittings"]]
        return cls(
            **{
                **value,
                "encodings": tuple(Encoding(**e) for e in value["encodings"]),
                "fittings": tuple(fittings),
                "skipped": tuple(Skipped(**s) for s in value["skipped"]),
            }
        )


def read_plan(path: Path) -> Plan:
    """Raises LeadlineError when the file is not a plan of a format we know."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value.get("format") != FORMAT:
            raise LeadlineError(
                f"{path} is a plan of format {value.get('format')}", f"format {FORMAT}", "train without --plan to write a new one"
            )
        return Plan.from_json(value)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LeadlineError(f"{path} cannot be read as a plan: {error}", "the plan.json of a run") from None
