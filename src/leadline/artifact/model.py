"""A trained model as the user holds it: loaded from its folder, asked for predictions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from leadline.artifact.inputs import read_for
from leadline.artifact.load import load_graph
from leadline.artifact.manifest import Manifest
from leadline.data.table import Data
from leadline.errors import LeadlineError
from leadline.parts import COLUMN, Graph
from leadline.progress import Progress
from leadline.registry import TASKS
from leadline.reports import Block, Grid, Paragraph
from leadline.tasks.contract import Task
from leadline.values import take_rows

_CHUNK = 512  # rows in flight; pictures are opened in the encoder's own smaller batches
_ROWS_SHOWN = 20


@dataclass(frozen=True)
class Answers:
    """Answers (n, num_classes) or (n,) for rows in reading order; rows in `bad` could not be read and hold NaN."""

    values: np.ndarray
    bad: dict[int, LeadlineError]


class BrokenModelError(LeadlineError):
    """The model itself is at fault, not a row."""


class Model:
    """`predict` takes a path, a table, a dictionary (one row) or a list of them."""

    def __init__(self, manifest: Manifest, graph: Graph) -> None:
        self.manifest, self.graph = manifest, graph
        self.task: Task = TASKS.get(manifest.task)()

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.manifest.classes)

    def predict(self, source: Any, progress: Progress | None = None) -> Predictions:
        """One prediction a row, in reading order; rows that cannot be read carry an error instead of an answer."""
        data = read_for(self.manifest, source)
        began = time.perf_counter()
        answers = self.answer(data, progress=progress)
        return Predictions(self, data, answers, time.perf_counter() - began)

    def answer(self, data: Data, known: Mapping[str, Any] | None = None, progress: Progress | None = None) -> Answers:
        """`known` may hold outputs of encoders for these rows, computed before by the same engine."""
        columns, bad = self._decode(data)
        values = {**columns, **(known or {})}
        parts, failed = list[np.ndarray](), dict[int, LeadlineError]()
        chunks = list(_chunks(len(data)))
        shown = progress if progress and len(chunks) > 1 else Progress()
        with shown.track("answering", "rows") as advance:
            for rows in chunks:
                parts.append(self._answer_rows(values, rows, failed))
                advance(int(rows[-1]) + 1, len(data))
        answers = np.concatenate(parts)
        bad = {**failed, **bad}
        if bad:
            answers[sorted(bad)] = np.nan
        return Answers(answers, bad)

    def _decode(self, data: Data) -> tuple[dict[str, Any], dict[int, LeadlineError]]:
        values, bad = dict[str, Any](), dict[int, LeadlineError]()
        for column in self.manifest.types:
            features, unreadable = data.features(column)
            values.update({COLUMN + name: made for name, made in features.items()})
            bad.update(unreadable)
        return values, bad | dict(data.table.broken)

    def _answer_rows(self, values: Mapping[str, Any], rows: np.ndarray, failed: dict[int, LeadlineError]) -> np.ndarray:
        """All rows at once; if one of them cannot be read, each by itself, so that only that one is lost."""
        try:
            return self.task.answers(self._raw({name: take_rows(column, rows) for name, column in values.items()}, len(rows)))
        except BrokenModelError:
            raise
        except LeadlineError as error:
            if len(rows) == 1:
                failed[int(rows[0])] = error
                return self.task.answers(np.full((1, self.task.num_outputs(len(self.classes))), np.nan))
            return np.concatenate([self._answer_rows(values, part, failed) for part in np.array_split(rows, 2)])

    def _raw(self, values: Mapping[str, Any], num_rows: int) -> np.ndarray:
        """Raw outputs of the graph. A graph that hangs together on paper may still not run: the loader trusts no file."""
        try:
            raw: np.ndarray = self.graph.run(values)
            expected = (num_rows, self.task.num_outputs(len(self.classes)))
            if raw.shape != expected:
                raise ValueError(f"it answers in the shape {raw.shape} instead of {expected}")
            if not np.isfinite(raw).all():
                raise ValueError("it answers with values that are no numbers")
            return raw
        except LeadlineError:
            raise
        except Exception as error:  # ONNX Runtime's and polars' exceptions share no other base
            saw = f"the parts of the model {self.manifest.name} do not fit together ({type(error).__name__}: {error})"
            raise BrokenModelError(saw, "a model as leadline train wrote it", "train again") from error


def _chunks(num_rows: int) -> Iterator[np.ndarray]:
    for start in range(0, num_rows, _CHUNK):
        yield np.arange(start, min(start + _CHUNK, num_rows))


def load(folder: str | Path) -> Model:
    """Opens `NAME.leadline`. Raises LeadlineError if it is missing, damaged or of a newer format."""
    path = Path(folder)
    if not path.is_dir():
        raise LeadlineError(f"{path} is not there", "a folder NAME.leadline written by leadline train")
    return Model(*load_graph(path))


class Predictions:
    """Predictions in reading order: a report, and a sequence of dictionaries."""

    def __init__(self, model: Model, data: Data, answers: Answers, seconds: float) -> None:
        self.model, self.data, self.answers = model, data, answers
        self.seconds_each = seconds / max(1, len(data))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, row: int) -> dict[str, Any]:
        row = range(len(self))[row]
        record: dict[str, Any] = {
            "source": self.data.source(row),
            "error": None,
            "refused": False,
            "familiarity": None,
            "low": None,
            "high": None,
        }
        if row in self.answers.bad:
            return {**record, "label": None, "value": None, "error": str(self.answers.bad[row]), "seconds": self.seconds_each}
        answer = self.answers.values[row]
        record |= self.model.task.to_json(answer, self.model.classes)
        if self.model.manifest.interval_half_width is not None:
            record |= {
                "low": float(answer) - self.model.manifest.interval_half_width,
                "high": float(answer) + self.model.manifest.interval_half_width,
            }
        return {**record, "seconds": self.seconds_each}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[row] for row in range(len(self)))

    def to_json(self) -> dict[str, Any]:
        return {"predictions": list(self), "num_rows": len(self), "num_bad": len(self.answers.bad)}

    def to_table(self) -> Any:
        """A polars table: source, answer, error, and a probability column per class."""
        import polars as pl

        rows = [
            {k: v for k, v in record.items() if k != "probabilities"} | {f"p({c})": p for c, p in record.get("probabilities", {}).items()}
            for record in self
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def blocks(self) -> list[Block]:
        rows = [self._shown(self[row]) for row in range(min(len(self), _ROWS_SHOWN))]
        blocks: list[Block] = [Grid(("source", "answer", "how sure"), rows)]
        if len(self) > _ROWS_SHOWN:
            blocks.append(Paragraph(f"and {len(self) - _ROWS_SHOWN:,} more; write all to a file with -o predictions.csv", "quiet"))
        if self.answers.bad:
            blocks.append(Paragraph(f"{len(self.answers.bad):,} of {len(self):,} could not be read and have no answer", "warning"))
        return blocks

    def _shown(self, record: dict[str, Any]) -> tuple[str, str, str]:
        if record["error"]:
            return record["source"], "could not be read", record["error"].splitlines()[0]
        return record["source"], *self.model.task.in_words(record)
