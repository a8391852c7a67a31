"""What an artefact says of itself: the graph of parts, columns, classes, scores, and a hash for every file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from leadline.columns.recognise import Choice
from leadline.data.read import is_written
from leadline.data.table import forms_of
from leadline.errors import LeadlineError
from leadline.parts import COLUMN
from leadline.registry import COLUMNS, PARTS, TASKS
from leadline.tasks.contract import Task
from leadline.tasks.monotone import SIGNS, Direction

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 64 << 20  # bytes; a manifest is text about parts, not the parts


@dataclass(frozen=True)
class PartEntry:
    """One node of the graph: `arrays` and `files` are paths inside the artefact."""

    name: str
    kind: str
    inputs: list[str]
    config: dict[str, Any]
    arrays: str | None = None
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    name: str
    task: str
    target: str
    classes: list[str]
    columns: list[dict[str, Any]]  # name, type, and the type's settings where it has some; features only
    parts: list[PartEntry]
    learner: str
    metric: str
    metrics: dict[str, dict[str, float]]  # value, low, high, n
    baseline: dict[str, float]
    interval_half_width: float | None  # the same everywhere: what artefacts had before `spread`
    engine: str
    precision: str
    seed: int
    data: dict[str, Any]  # fingerprint, rows
    encoders: list[dict[str, Any]]  # cards of the pretrained encoders inside
    versions: dict[str, str]
    files: dict[str, dict[str, Any]]  # path -> sha256, bytes
    leadline: str
    format_version: int = FORMAT_VERSION
    beside: list[PartEntry] = field(default_factory=list)  # parts that tell familiarity; they read what the others read and make
    spread: dict[str, list[float]] | None = None  # half widths of intervals (90%) `at` answers
    decision: dict[str, Any] | None = None  # how the answer is decided: from which probability on, by which costs; None: the likeliest
    abstain: dict[str, float] | None = None  # promised: share of rows like those of training that is answered; below: familiarity
    monotone: dict[str, Direction] = field(default_factory=dict)  # which way answers go as a column grows, where that was asked

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def asked(self) -> Task:
        """The task, with answers decided as they were in training."""
        task: Task = TASKS.get(self.task)()
        return task.of_classes(tuple(self.classes)).deciding(self.decision, len(self.classes))

    @property
    def intervals(self) -> dict[str, list[float]] | None:
        """What `evaluate.spread.half_widths` takes; None where answers have no intervals."""
        if self.spread is None and self.interval_half_width is not None:
            return {"at": [0.0], "half": [float(self.interval_half_width)]}
        return self.spread

    @cached_property
    def types(self) -> dict[str, str]:
        return {column["name"]: column["type"] for column in self.columns}

    @cached_property
    def written(self) -> list[str]:
        """Columns that must not pass through numbers on the way: a lone 02 would arrive as 2, a lone 1.234 as little more than 1."""
        return [name for name, choice in self.choices.items() if is_written(choice.type) or choice.settings]

    @cached_property
    def choices(self) -> dict[str, Choice]:
        """How to read each column, as it was decided in training."""
        return {c["name"]: Choice(c["type"], "as in training", 0, settings=c.get("settings", {})) for c in self.columns}


def read_manifest(folder: Path) -> Manifest:
    """The manifest, checked before anything it names is opened. Raises LeadlineError saying what is wrong."""
    path = folder / MANIFEST
    if not path.is_file():
        raise LeadlineError(f"{folder} is not a model of ours: it has no {MANIFEST}", "a folder NAME.leadline written by leadline train")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise damaged(folder, f"{MANIFEST} is {path.stat().st_size:,} bytes long")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        version = value["format_version"]
        if not isinstance(version, int) or version > FORMAT_VERSION:
            raise LeadlineError(
                f"{folder} has format version {version}", f"at most {FORMAT_VERSION}, which this leadline knows", "install a newer leadline"
            )
        parts = {name: [PartEntry(**part) for part in value.get(name, [])] for name in ("parts", "beside")}
        manifest = Manifest(**{**value, **parts})
        _check(manifest)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(folder, f"{MANIFEST} does not have the expected form ({error})") from None
    return manifest


_FORMS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("name", "task", "target", "learner", "metric", "engine", "precision", "leadline"), lambda v: isinstance(v, str)),
    **dict.fromkeys(("metrics", "baseline", "data", "versions", "files"), lambda v: isinstance(v, dict)),
    "classes": lambda v: _all(v, str) and len(set(v)) == len(v),
    "columns": lambda v: _all(v, dict) and all(_all([c.get("name"), c.get("type")], str) for c in v),
    "spread": lambda v: v is None or _is_spread(v),
    "decision": lambda v: v is None or isinstance(v, dict),
    "abstain": lambda v: v is None or (isinstance(v, dict) and set(v) == {"promised", "below"} and all(map(_is_share, v.values()))),
    "monotone": lambda v: isinstance(v, dict) and set(v.values()) <= set(SIGNS),
    "interval_half_width": lambda v: v is None or (isinstance(v, int | float) and not isinstance(v, bool)),
}
_PART_FORMS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("name", "kind"), lambda v: isinstance(v, str)),
    "inputs": lambda v: _all(v, str),
    "config": lambda v: isinstance(v, dict),
    "arrays": lambda v: v is None or isinstance(v, str),
    "files": lambda v: isinstance(v, dict) and _all(list(v.values()), str),
}


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_spread(value: Any) -> bool:
    """Widths, one at each of answers that rise."""
    if not (isinstance(value, dict) and set(value) == {"at", "half"} and all(isinstance(numbers, list) for numbers in value.values())):
        return False
    numbers = [*value["at"], *value["half"]]
    if not numbers or not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
        return False
    return len(value["at"]) == len(value["half"]) and value["at"] == sorted(value["at"]) and min(value["half"]) >= 0


def _all(values: Any, kind: type) -> bool:
    return isinstance(values, list) and all(isinstance(value, kind) for value in values)


def _check_forms(thing: Any, forms: Mapping[str, Callable[[Any], bool]]) -> None:
    for name, fits in forms.items():
        if not fits(getattr(thing, name)):
            raise ValueError(f'"{name}" does not have the form it should')


def _check(manifest: Manifest) -> None:
    """A consistent file may still be hostile: names stay inside the folder, kinds are known, every input exists."""
    _check_forms(manifest, _FORMS)
    for part in (*manifest.parts, *manifest.beside):
        _check_forms(part, _PART_FORMS)
    if manifest.task not in TASKS or manifest.metric not in manifest.asked().metrics or not set(manifest.types.values()) <= set(COLUMNS):
        raise ValueError("it names a task, a metric or a column type that we do not have")
    if manifest.intervals is not None and not TASKS.get(manifest.task).has_intervals:
        raise ValueError(f"it has intervals, and the answers to {manifest.task} have none")
    for choice in manifest.choices.values():
        choice.kind()  # raises where its settings are not such as the type has
    if TASKS.get(manifest.task)().num_outputs(len(manifest.classes)) < 1:
        raise ValueError("it has no classes to answer with")
    known = {COLUMN + name for name in forms_of(manifest.types)}
    for part in (*manifest.parts, *manifest.beside):
        if part.kind not in PARTS:
            raise ValueError(f'unknown kind of part "{part.kind}"')
        if not set(part.inputs) <= known:
            raise ValueError(f'part "{part.name}" reads {sorted(set(part.inputs) - known)}, which nothing makes')
        for name in [*part.files.values(), *([part.arrays] if part.arrays else [])]:
            if name not in manifest.files:
                raise ValueError(f"file {name} is not listed")
        known.add(part.name)
    for name, facts in manifest.files.items():
        if not (isinstance(facts, dict) and isinstance(facts.get("bytes"), int) and isinstance(facts.get("sha256"), str)):
            raise ValueError(f"of file {name} size and SHA-256 are not given")
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name:
            raise ValueError(f"file name {name} leads out of the folder")
    if not manifest.parts:
        raise ValueError("it has no parts")
    if manifest.abstain is not None and not manifest.beside:
        raise ValueError("it refuses what is not familiar, and nothing tells what is")


def damaged(folder: Path, what: str) -> LeadlineError:
    """The error for an artefact that is not what train wrote."""
    return LeadlineError(f"{folder} is damaged: {what}", "the folder as leadline train wrote it", "copy it again or train again")
