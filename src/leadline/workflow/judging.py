"""Writing the artefact, and judging what was written: loaded back, on the engine that will serve, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import leadline
from leadline.artifact.card import model_card
from leadline.artifact.manifest import Manifest
from leadline.artifact.model import Model, load
from leadline.artifact.reference import reference_table
from leadline.artifact.save import rescored, save
from leadline.columns.recognise import Choice
from leadline.data.edits import summary
from leadline.data.table import forms_of
from leadline.encoders.contract import Carded
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.evaluate.abstain import refused, share_refused, some_answered, threshold
from leadline.evaluate.intervals import Interval, score_interval
from leadline.evaluate.spread import fit_spread
from leadline.findings import Finding, Severity
from leadline.machine import versions
from leadline.parts import Graph
from leadline.progress import Progress
from leadline.tasks.contract import Task
from leadline.workflow.encode import encode, left_out, readable
from leadline.workflow.learning import Learned


@dataclass(frozen=True)
class Judged:
    """Answers on the rows that judge, with the truth; `rows` are those rows of the data, `task` decides their answers."""

    task: Task
    rows: np.ndarray
    answers: np.ndarray
    truth: np.ndarray
    how: str
    findings: tuple[Finding, ...] = ()
    refused: Interval | None = None  # share of the rows that got no answer and are not among these; None where it never refuses


def save_and_judge(folder: Path, learned: Learned, graph: Graph, store: Store, progress: Progress) -> tuple[Judged, Manifest]:
    """Writes the artefact of `graph`, what was learned with what tells familiarity; loads it, scores what was loaded, and writes the
    scores into it.
    """
    extra: Mapping[str, bytes] = {"reference.parquet": reference_table(learned.setup.data, learned.rows)}
    manifest = save(folder, graph, replace(manifest_of(learned), abstain=_refusing(learned, graph)), extra)
    judged = _judge(load(folder), learned, store, progress)
    judged = replace(judged, findings=(*judged.findings, *_refusing_amiss(learned, manifest)))
    scores = {m.name: score_interval(m, judged.answers, judged.truth) for m in judged.task.fitting_metrics(learned.setup.num_classes)}
    if not scores[learned.setup.metric.name].defined:
        raise LeadlineError(
            f"{learned.setup.metric.name} cannot be told from the {len(judged.truth):,} rows that judge",
            "rows of both classes, or numbers that differ", "give more rows to judge by, or another --metric accuracy|log_loss|mae",
        )  # fmt: skip
    metrics = {name: score.to_json() for name, score in scores.items() if score.defined}
    manifest = replace(manifest, metrics=metrics, baseline={"value": _baseline(learned, judged)})
    return judged, rescored(
        folder, manifest, {**extra, "card.md": model_card(manifest, [*learned.setup.remarks, *learned.rules.remarks()]).encode()}
    )


def _judge(model: Model, learned: Learned, store: Store, progress: Progress) -> Judged:
    setup, test_rows = learned.setup, learned.setup.partition.test
    if learned.nested is not None:
        how = "nested cross-validation, each row answered by a model made alike that never saw it"
        return Judged(learned.nested.task, learned.rows, learned.nested.answers, learned.examples.target, how)
    test = setup.data.take(test_rows)
    nodes = [learned.nodes[name] for name in learned.encodings_used]
    encoded = encode(test, nodes, learned.encodings_used, store, progress, serving=True)
    answers = model.answer(test, {node.name: encoded.values[node.name] for node in nodes}, encoded.bad)
    bad = answers.bad
    good = readable(len(test), bad)
    findings = (left_out(test, bad, "test"),) if bad else ()
    unknown = refused(answers.familiarity, model.manifest.abstain, len(test))[good]
    some_answered(unknown, f"{setup.data.table.origin} that judge it")
    share = share_refused(unknown) if model.manifest.abstain is not None else None
    good = good[~unknown]
    return Judged(
        model.task, test_rows[good], answers.values[good], setup.target.values[test_rows][good], setup.partition.why, findings, share
    )


def _refusing(learned: Learned, graph: Graph) -> dict[str, float] | None:
    """From which familiarity on it answers, where that was asked for and parts of the graph tell it."""
    promised = learned.setup.abstain
    return None if promised is None or not graph.beside else threshold(promised)


def _refusing_amiss(learned: Learned, manifest: Manifest) -> Iterator[Finding]:
    """What a user who asked for refusals must know where they cannot be had, or were not measured."""
    if learned.setup.abstain is None:
        return
    if manifest.abstain is None:
        title = "the model cannot refuse any row, and answers all: nothing that it reads tells how familiar a row is"
        detail = (
            f"familiarity is told by the numbers, categories, texts and pictures of three rows or more, and {manifest.learner} reads none"
        )
        yield Finding("no-refusal", Severity.HIGH, title, detail, fix="another --learners, a larger --budget, or leave out --abstain")
    elif learned.nested is not None:
        title = (
            "how many rows the model refuses was not measured, as nested cross-validation judged it: scores are for answering everything"
        )
        yield Finding("refusal-not-measured", Severity.LOW, title, fix="leadline evaluate on further rows says the share that is refused")


def _baseline(learned: Learned, judged: Judged) -> float:
    """The score of answering without looking, by what the teaching rows hold."""
    setup = learned.setup
    return setup.task.trivial_score(setup.metric.name, learned.examples.target, judged.truth, setup.num_classes)


def manifest_of(learned: Learned) -> Manifest:
    """Without scores, parts, files and refusals, which are known when it has been saved and judged."""
    setup, winner = learned.setup, learned.contest.winner
    spread = fit_spread(setup.task.answers(winner.calibrated), learned.examples.target[winner.rows]) if setup.task.has_intervals else None
    used = set(learned.graph.columns())
    return Manifest(
        name=setup.data.name, task=setup.task.name, target=setup.data.require_target(), classes=list(setup.target.classes),
        columns=[_column(name, choice) for name, choice in setup.data.columns.items() if used & set(forms_of({name: choice.type}))],
        parts=[], learner=winner.learner, metric=setup.metric.name, metrics={}, baseline={}, interval_half_width=None, spread=spread,
        engine="onnxruntime", precision="float32", seed=learned.plan.seed,
        data={"fingerprint": learned.plan.data["fingerprint"], "rows": len(learned.examples), **summary(setup.data.edits)},
        encoders=[node.part.card.to_json() for node in learned.graph.nodes if isinstance(node.part, Carded)],
        versions=versions(), files={}, leadline=leadline.__version__,
        decision=learned.task.decision, monotone=dict(setup.monotone),
    )  # fmt: skip


def _column(name: str, choice: Choice) -> dict[str, Any]:
    settings = {"settings": dict(choice.settings)} if choice.settings else {}
    return {"name": name, "type": choice.type, **settings}
