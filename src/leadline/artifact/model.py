"""A trained model as the user holds it: loaded from its folder, asked for predictions."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadline.artifact.inputs import read_batches_for
from leadline.artifact.load import load_graph
from leadline.artifact.manifest import Manifest
from leadline.artifact.predictions import Answers, Batch, Predictions, Summary
from leadline.artifact.tables import rows_to_file
from leadline.data.table import Data, forms_of
from leadline.encoders.contract import StoredEncoder
from leadline.errors import LeadlineError
from leadline.parts import COLUMN, Graph, Node
from leadline.progress import Progress
from leadline.tasks.contract import Task
from leadline.values import take_rows

_BYTES_IN_FLIGHT = 64 << 20
# What a value may grow to on its way through the graph: a number to its bins, a text to its n-grams, a picture file is itself.
_BYTES_EACH = {"number": 128, "category": 128, "tags": 1 << 10, "text": 8 << 10, "image": 128 << 10}
_BYTES_A_CLASS = 32  # probabilities, and the columns and texts that are made of them
_MOST_ROWS = 1 << 16
_ENCODED_ROWS = 512  # with a network in the graph these take seconds, after which a person wants to see how far it is


class BrokenModelError(LeadlineError):
    """The model itself is at fault, not a row."""


class Model:
    """A source is a path, an address, `-` (standard input), a table, a dictionary (one row) or a list of them."""

    def __init__(self, manifest: Manifest, graph: Graph) -> None:
        self.manifest, self.graph = manifest, graph
        self.task: Task = manifest.asked()

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.manifest.classes)

    @property
    def rows_at_once(self) -> int:
        """Rows in flight: enough that a call's overhead does not show, few enough that memory stays small."""
        most = _ENCODED_ROWS if self._encoders else _MOST_ROWS
        return max(1, min(most, _BYTES_IN_FLIGHT // self._bytes_a_row))

    @cached_property
    def _bytes_a_row(self) -> int:
        forms = forms_of(self.manifest.types).values()
        return sum(_BYTES_EACH.get(form, _BYTES_EACH["image"]) for form in forms) + _BYTES_A_CLASS * len(self.classes)

    def predict(self, source: Any, progress: Progress | None = None, *, table: str | None = None, query: str | None = None) -> Predictions:
        """One prediction a row, in reading order; rows that cannot be read carry an error instead of an answer.

        `table` names one of several in a source (a workbook's sheet), `query` asks a database.
        """
        return Predictions(list(self.answered(source, progress, table=table, query=query)))

    def predict_batches(self, source: Any, *, table: str | None = None, query: str | None = None) -> Iterator[pl.DataFrame]:
        """The same as tables of some thousand rows, as they come: memory does not grow with the source."""
        return (batch.to_table() for batch in self.answered(source, table=table, query=query))

    def predict_into(
        self, out: str | Path, source: Any, progress: Progress | None = None, *, table: str | None = None, query: str | None = None
    ) -> Summary:
        """The same into a file (.csv, .parquet, .jsonl), which appears whole or not at all."""
        summary = Summary(Path(out))
        with rows_to_file(Path(out)) as write:
            for batch in self.answered(source, progress, table=table, query=query):
                write(batch.to_table())
                summary.add(batch)
        return summary

    def answered(
        self, source: Any, progress: Progress | None = None, *, table: str | None = None, query: str | None = None
    ) -> Iterator[Batch]:
        """Batches as they are read and answered; at least one, which may have no rows."""
        batches = read_batches_for(self.manifest, source, self.rows_at_once, table, query)
        ahead = deque(islice(batches, 2))
        shown = progress if progress and len(ahead) > 1 else Progress()
        with shown.track("answering", "rows") as advance:
            while ahead:
                data, began = ahead.popleft(), time.perf_counter()
                answers = self.answer(data)
                yield Batch(self.manifest, data, answers, time.perf_counter() - began)
                advance(data.table.first_row + len(data), data.table.of)
                ahead.extend(islice(batches, 1))

    def answer(
        self,
        data: Data,
        known: Mapping[str, Any] | None = None,
        unreadable: Mapping[int, LeadlineError] | None = None,
        progress: Progress | None = None,
    ) -> Answers:
        """`known` may hold what encoders of the same engine made of these rows before, `unreadable` the rows that they could not read."""
        columns, bad = self._decode(data) if len(data) else ({}, {})
        values, bad = {**columns, **(known or {})}, {**(unreadable or {}), **bad}
        answers = Answers(np.repeat(self._unknown, len(data), axis=0), bad, np.full(len(data), np.nan) if self.graph.beside else None)
        step = self.rows_at_once
        shown = progress if progress and len(data) > step else Progress()
        with shown.track("answering", "rows") as advance:
            for start in range(0, len(data), step):
                rows = np.arange(start, min(start + step, len(data)))
                self._answer_rows(values, rows, answers)
                advance(int(rows[-1]) + 1, len(data))
        return answers

    def _decode(self, data: Data) -> tuple[dict[str, Any], dict[int, LeadlineError]]:
        features, bad = data.all_features()
        return {COLUMN + name: values for name, values in features.items()}, bad | dict(data.table.broken)

    @cached_property
    def _unknown(self) -> np.ndarray:
        """The answer (1, ...) to a row that could not be read."""
        return self.task.answers(np.full((1, self.task.num_outputs(len(self.classes))), np.nan))

    def _answer_rows(self, values: Mapping[str, Any], rows: np.ndarray, answers: Answers) -> None:
        """Puts the answers of `rows` in their places, all but those of bad rows; rows that an encoder cannot read become bad ones."""
        bad = answers.bad
        rows = _without(rows, bad)
        everything = len(rows) == len(answers.values)
        taken = dict(values) if everything else {name: take_rows(column, rows) for name, column in values.items()}
        for node, encoder in self._encoders:
            if node.name not in taken and len(rows):
                with self._at_fault():
                    encoded = encoder.encode(taken[node.inputs[0]])
                taken[node.name] = encoded.vectors
                bad.update({int(rows[place]): error for place, error in encoded.bad.items()})
        good = _without(rows, bad)
        if len(good) < len(rows):
            places = np.searchsorted(rows, good)
            taken = {name: take_rows(column, places) for name, column in taken.items()}
        if len(good):
            raw, familiarity = self._raw(taken, len(good))
            answers.values[good] = self.task.answers(raw)
            if answers.familiarity is not None:
                answers.familiarity[good] = familiarity

    @cached_property
    def _encoders(self) -> list[tuple[Node, StoredEncoder]]:
        """The parts that take their time, and name the rows that they cannot read."""
        return [(node, node.part) for node in self.graph.nodes if isinstance(node.part, StoredEncoder)]

    def _raw(self, values: Mapping[str, Any], num_rows: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Raw outputs of the graph, and familiarity where it tells it."""
        with self._at_fault():
            raw, familiarity = self.graph.run_both(values)
            expected = (num_rows, self.task.num_outputs(len(self.classes)))
            if raw.shape != expected:
                raise ValueError(f"it answers in the shape {raw.shape} instead of {expected}")
            if not np.isfinite(raw).all():
                raise ValueError("it answers with values that are no numbers")
            if familiarity is not None and not (familiarity.shape == (num_rows,) and ((familiarity >= 0) & (familiarity <= 1)).all()):
                raise ValueError("it answers with familiarities that are no shares")
        return raw, familiarity

    @contextmanager
    def _at_fault(self) -> Iterator[None]:
        """A graph that hangs together on paper may still not run: the loader trusts no file."""
        try:
            yield
        except LeadlineError:
            raise
        except Exception as error:  # ONNX Runtime's and polars' exceptions share no other base
            saw = f"the parts of the model {self.manifest.name} do not fit together ({type(error).__name__}: {error})"
            raise BrokenModelError(saw, "a model as leadline train wrote it", "train again") from error


def _without(rows: np.ndarray, bad: Mapping[int, LeadlineError]) -> np.ndarray:
    """`rows` in their order, those that are not bad."""
    return rows if not bad else rows[~np.isin(rows, np.fromiter(bad, np.int64, len(bad)))]


def load(folder: str | Path) -> Model:
    """Opens `NAME.leadline`. Raises LeadlineError if it is missing, damaged or of a newer format."""
    path = Path(folder)
    if not path.is_dir():
        raise LeadlineError(f"{path} is not there", "a folder NAME.leadline written by leadline train")
    return Model(*load_graph(path))
