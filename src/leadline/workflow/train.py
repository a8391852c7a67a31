"""`train`, top to bottom: read, split, plan, encode, fit and choose, refit, save, score once through the saved model, report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import leadline
from leadline.artifact.manifest import Manifest
from leadline.data.read import read
from leadline.data.table import Data, together
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.evaluate.abstain import promised_share
from leadline.evaluate.intervals import Interval
from leadline.files import write_json
from leadline.machine import cache_refused, num_threads, peak_memory_mb, processor, seconds_since_start, versions
from leadline.parts import Node
from leadline.plan.budget import parse_budget
from leadline.plan.plan import Plan, read_plan
from leadline.progress import Progress
from leadline.registry import LEARNERS
from leadline.tasks.costs import Costs, read_costs
from leadline.tasks.monotone import directions_in_words, read_directions
from leadline.workflow.blending import title_of
from leadline.workflow.failing import nothing_learned
from leadline.workflow.judging import Judged, save_and_judge
from leadline.workflow.leaderboard import leaderboard
from leadline.workflow.learning import Learned, learn
from leadline.workflow.looking import CloseLook
from leadline.workflow.naming import find_networks, made_ready, readers
from leadline.workflow.planning import make_plan, replayed_inputs
from leadline.workflow.read import class_counts
from leadline.workflow.runs import new_run, places, publish
from leadline.workflow.sentences import sentences_of
from leadline.workflow.setup import Setup, set_up
from leadline.workflow.texts import text_remarks
from leadline.workflow.training_report import Row, TrainReport

NEAR_SHARE = 0.25  # of the budget may go into looking for near duplicates


def train(
    source: Any,
    *,
    target: str | None = None,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    exclude: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    table: str | None = None,
    query: str | None = None,
    metric: str | None = None,
    positive: str | None = None,
    cost: str | Mapping[str, float] | None = None,
    abstain: str | float | None = None,
    monotone: Mapping[str, str] | None = None,
    learners: Sequence[str] | None = None,
    encoder: str | Path | None = None,
    budget: str = "2m",
    seed: int = 0,
    plan: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    whole_command: bool = False,
    afterwards: float = 0.0,
) -> TrainReport:
    """From labelled examples to a saved, scored model. `budget` is a ceiling on the wall clock of the whole call.

    `metric` is what learners are chosen by; where it looks at decisions (f1, f1_macro, balanced_accuracy, and of classes
    that are whole numbers in order quadratic_kappa, mae) they are made for it.
    `cost` says what mistakes about two classes cost ("fp=1,fn=20"): decisions then cost as little as they can.
    `abstain` is the share of rows like these that the model promises to answer ("95%", 0.95); it refuses what is too unlike them.
    `monotone` says of number columns that the answer, or the chance of the positive class, may never fall ("up") or never rise ("down") as
    they grow and all else stays: {"rooms": "up"}. Learners that cannot promise it are left out.
    `learners` are the only ones to try beside the trivial baseline.
    `encoder` names a network that joins them: the folder of a Hugging Face model, or its name on the hub, which fetches it once.
    `plan` replays a plan.json, its reading options included, instead of making one.
    `whole_command` counts from the start of the process; so many seconds of the budget are kept for what is done `afterwards`.
    Raises LeadlineError.
    """
    progress = progress or Progress()
    began = perf_counter() - (seconds_since_start() if whole_command else 0.0)
    budget_seconds = parse_budget(budget)
    for name in learners or ():
        LEARNERS.get(name)  # says at once what there is, should it not be one
    asked = learners if learners is None or encoder is None else [*learners, *readers()]
    promised = None if abstain is None else promised_share(abstain)
    costs = None if cost is None else read_costs(cost)
    directions = read_directions(monotone or {})
    progress.say("reading")
    if refused := cache_refused():
        progress.say(refused)
    store = Store()
    if plan is None:
        networks = find_networks([] if encoder is None else [str(encoder)], progress)
        data = read(source, target=target, types=types, exclude=exclude, group=group, time=time, table=table, query=query)
        networks = made_ready(networks, data, progress)
        near_seconds = NEAR_SHARE * budget_seconds
        setup = set_up(data, task, metric, positive, seed, store, progress, near_seconds, costs=costs, monotone=directions)
        setup = replace(setup, abstain=promised, networks=networks)
        artifact, runs = places(setup.data.name, out)
        left = budget_seconds - (perf_counter() - began) - afterwards
        planned = make_plan(setup, budget_seconds, left, store, progress, asked)
        written, nodes, room = planned.plan, planned.nodes, planned.room
    else:
        written, room = read_plan(Path(plan)), None
        setup, nodes = _replay(source, written, table, query, store, progress)
        artifact, runs = places(setup.data.name, out)
    run = new_run(runs)
    write_json(run / "plan.json", written.to_json())
    write_json(run / "environment.json", {"processor": processor(), "versions": versions(), "leadline": leadline.__version__})
    write_json(run / "holdout.json", {"why": setup.partition.why, "sha256": setup.data.row_hashes(setup.partition.test)})
    learned = learn(setup, written, nodes, store, progress, room)
    write_json(run / "plan.json", learned.plan.to_json())
    progress.say("saving and scoring")
    judged, manifest = save_and_judge(run / "artifact", learned, store, progress)
    publish(run / "artifact", artifact)
    board = leaderboard(learned.setup, learned.examples, learned.contest, nodes)
    report = _report(learned, judged, manifest, board, artifact, run, perf_counter() - began, _example(setup, table, query))
    write_json(run / "report.json", report.to_json())
    return report


def _replay(
    source: Any, plan: Plan, table: str | None, query: str | None, store: Store, progress: Progress
) -> tuple[Setup, dict[str, Node]]:
    """Reads as the plan says, whatever other options were given; says where this machine differs from the plan's."""
    asked = plan.data
    source = source.table if isinstance(source, Data) else source  # how it was read before does not matter, the plan says how
    try:
        data = read(
            source, target=asked["target"], types=asked["types"], exclude=asked["exclude"], group=asked["group"], time=asked.get("time"),
            table=table, query=query,
        )  # fmt: skip
    except LeadlineError as error:
        raise _other_data(plan, str(error.saw)) from error
    needed = any(fitting.learner in readers() for fitting in plan.fittings)
    networks = made_ready(find_networks(asked.get("networks", {}).values() if needed else (), progress), data, progress)
    near_seconds = math.inf if asked.get("near_duplicates", True) else 0.0
    setup = set_up(
        data, plan.task, plan.metric, asked["positive"], plan.seed, store, progress, near_seconds, costs=_costs(asked),
        monotone=read_directions(asked.get("monotone", {})),
    )  # fmt: skip
    setup = replace(setup, abstain=asked.get("abstain"), networks=networks)
    if setup.fingerprint != asked["fingerprint"]:
        raise _other_data(plan, f"these are {len(data):,} rows with other values")
    for what, then, now in (
        ("threads", plan.threads, num_threads()),
        ("versions", plan.versions, versions()),
        ("processor", plan.processor, processor()),
    ):
        if then != now:
            progress.say(f"the plan was made with other {what}; what is learned may differ in the last digits")
    return setup, replayed_inputs(setup, plan)


def _costs(asked: Mapping[str, Any]) -> Costs | None:
    costs = (asked.get("decision") or {}).get("costs")
    return None if costs is None else read_costs(costs)


def _other_data(plan: Plan, what: str) -> LeadlineError:
    saw = f"the plan was made for other data ({plan.data['rows']:,} rows, target {plan.data['target']}): {what}"
    return LeadlineError(saw, "the data that the plan was made for", "name the same DATA, or train without --plan")


def _report(
    learned: Learned, judged: Judged, manifest: Manifest, board: list[Row], artifact: Path, run: Path, seconds: float, example: list[str]
) -> TrainReport:
    setup, skipped = learned.setup, [*learned.plan.skipped, *learned.contest.failed]
    look = CloseLook(
        judged.task, judged.task.metrics[setup.metric.name], setup.target.classes, setup.data.take(judged.rows), judged.answers,
        judged.truth, learned.task,
    )  # fmt: skip
    told = (*setup.data.remarks, *learned.rules.remarks(), *together(text_remarks(setup.data, setup.networks)), *look.advice())
    return TrainReport(
        name=setup.data.table.origin, task=setup.task.name, task_why=setup.task_why, target=setup.data.require_target(),
        target_why=setup.data.target_why,
        columns=[(name, choice.type, choice.why) for name, choice in setup.data.columns.items()],
        remarks=told, metric=setup.metric.name, score=Interval(**manifest.metrics[setup.metric.name]),  # type: ignore[arg-type]
        baseline=manifest.baseline["value"], learner=manifest.learner, learner_title=title_of(learned.contest.winner.fitting),
        choice_why=learned.contest.choice.why, judged=judged.how, leaderboard=board,
        skipped=skipped, findings=(*setup.data.findings, *judged.findings, *nothing_learned([row.learner for row in board], skipped)),
        splits=setup.partition.sizes(), artifact=artifact, run=run, seconds=seconds, peak_memory_mb=peak_memory_mb(),
        promises=directions_in_words(setup.monotone, setup.task, setup.target.classes), monotone=setup.monotone,
        example=example, abstain=setup.abstain, refused=judged.refused, classes=class_counts(setup), look=look,
        sentences=sentences_of(learned),
    )  # fmt: skip


def _example(setup: Setup, table: str | None, query: str | None) -> list[str]:
    """What to predict next: a file of the data where rows are files, else the table itself, asked for as it was here."""
    source = setup.data.source(int(setup.partition.test[0]) if len(setup.partition.test) else 0)
    if Path(source).is_file():
        return [source]
    asked = [(f"--{name}", value) for name, value in (("table", table), ("query", query)) if value is not None]
    return [setup.data.table.origin, *(word for option in asked for word in option)]
