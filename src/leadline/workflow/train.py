"""`train`, top to bottom: read, split, plan, encode, fit and choose, refit, save, score once through the saved model, report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import leadline
from leadline.artifact.manifest import Manifest
from leadline.data.edits import Edit, apply_edits, read_edits
from leadline.data.read import read
from leadline.data.table import Data, together
from leadline.encoders.hub_folder import Network
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
from leadline.tasks.monotone import Direction, directions_in_words, read_directions
from leadline.workflow.blending import title_of
from leadline.workflow.failing import nothing_learned
from leadline.workflow.fewer_rows import plan_within
from leadline.workflow.judging import Judged, save_and_judge
from leadline.workflow.leaderboard import leaderboard, price_of
from leadline.workflow.learning import Learned, learn
from leadline.workflow.looking import CloseLook
from leadline.workflow.naming import find_networks, made_ready, readers
from leadline.workflow.planning import Planned, replayed_inputs
from leadline.workflow.runs import new_run, places, publish
from leadline.workflow.sentences import sentences_of
from leadline.workflow.setup import Setup, set_up
from leadline.workflow.sureness import with_familiarity
from leadline.workflow.texts import text_remarks
from leadline.workflow.training_report import LeaderboardRow, Price, TrainReport

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
    edits: str | Path | None = None,
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
    `plan` replays a plan.json, its reading options and edits included, instead of making one.
    `edits` is an edit list, as `check` writes one: the data are changed by it before anything else; the files stay as they are.
    `whole_command` counts from the start of the process; so many seconds of the budget are kept for what is done `afterwards`.
    Raises LeadlineError.
    """
    progress = progress or Progress()
    began = perf_counter() - (seconds_since_start() if whole_command else 0.0)
    budget_seconds = parse_budget(budget)
    only = _only(learners, encoder)
    asked = _Asked(
        task, metric, positive, seed, NEAR_SHARE * budget_seconds, None if cost is None else read_costs(cost),
        None if abstain is None else promised_share(abstain), read_directions(monotone or {}),
    )  # fmt: skip
    progress.say("reading")
    if refused := cache_refused():
        progress.say(refused)
    store, written = Store(), None if plan is None else read_plan(Path(plan))
    if written is None:
        networks = find_networks([] if encoder is None else [str(encoder)], progress)
        data = read(source, target=target, types=types, exclude=exclude, group=group, time=time, table=table, query=query)
        data = data if edits is None else apply_edits(data, read_edits(Path(edits)))
        setup = _set_up(data, networks, asked, store, progress)
    else:
        setup = _set_up_again(source, written, table, query, store, progress)
    artifact, runs = places(setup.data.name, out)
    if written is None:
        left = budget_seconds - (perf_counter() - began) - afterwards
        setup, planned = plan_within(setup, budget_seconds, left, store, progress, only)
    else:
        planned = Planned(written, replayed_inputs(setup, written), None)
    run = _begin_run(runs, setup, planned.plan)
    learned = learn(setup, planned.plan, planned.nodes, store, progress, planned.room)
    write_json(run / "plan.json", learned.plan.to_json())
    return _finished(learned, planned.nodes, artifact, run, began, _example(setup, table, query), store, progress)


@dataclass(frozen=True)
class _Asked:
    """What is asked of the data once they are read, by the user or by a plan."""

    task: str | None
    metric: str | None
    positive: str | None
    seed: int
    near_seconds: float  # that may go into looking for near duplicates
    costs: Costs | None
    abstain: float | None
    monotone: Mapping[str, Direction]


def _only(learners: Sequence[str] | None, encoder: str | Path | None) -> Sequence[str] | None:
    """The only learners to try, with those that read by the network that was named; None: all. Raises LeadlineError where one is none."""
    for name in learners or ():
        LEARNERS.get(name)
    return learners if learners is None or encoder is None else [*learners, *readers()]


def _set_up(data: Data, networks: dict[str, Network], asked: _Asked, store: Store, progress: Progress) -> Setup:
    ready = made_ready(networks, data, progress)
    setup = set_up(
        data, asked.task, asked.metric, asked.positive, asked.seed, store, progress, asked.near_seconds, costs=asked.costs,
        monotone=asked.monotone,
    )  # fmt: skip
    return replace(setup, abstain=asked.abstain, networks=ready)


def _begin_run(runs: Path, setup: Setup, plan: Plan) -> Path:
    """A new folder with what is known before anything is learned."""
    run = new_run(runs)
    write_json(run / "plan.json", plan.to_json())
    write_json(run / "environment.json", {"processor": processor(), "versions": versions(), "leadline": leadline.__version__})
    write_json(run / "holdout.json", {"why": setup.partition.why, "sha256": setup.data.row_hashes(setup.partition.test)})
    return run


def _set_up_again(source: Any, plan: Plan, table: str | None, query: str | None, store: Store, progress: Progress) -> Setup:
    """Reads as the plan says, whatever other options were given; says where this machine differs from the plan's."""
    read_as = plan.data
    source = source.table if isinstance(source, Data) else source  # how it was read before does not matter, the plan says how
    try:
        data = read(
            source, target=read_as["target"], types=read_as["types"], exclude=read_as["exclude"], group=read_as["group"],
            time=read_as.get("time"), table=table, query=query,
        )  # fmt: skip
        data = apply_edits(data, [Edit.from_json(edit) for edit in read_as.get("edits", ())])
    except LeadlineError as error:
        raise _other_data(plan, str(error.saw)) from error
    needed = any(fitting.learner in readers() for fitting in plan.fittings)
    networks = find_networks(read_as.get("networks", {}).values() if needed else (), progress)
    near_seconds = math.inf if read_as.get("near_duplicates", True) else 0.0
    asked = _Asked(
        plan.task, plan.metric, read_as["positive"], plan.seed, near_seconds, _costs(read_as), read_as.get("abstain"),
        read_directions(read_as.get("monotone", {})),
    )  # fmt: skip
    setup = replace(_set_up(data, networks, asked, store, progress), part=read_as.get("part", 1))
    if setup.fingerprint != read_as["fingerprint"]:
        raise _other_data(plan, f"these are {len(data):,} rows with other values")
    for what, then, now in (
        ("threads", plan.threads, num_threads()),
        ("versions", plan.versions, versions()),
        ("processor", plan.processor, processor()),
    ):
        if then != now:
            progress.say(f"the plan was made with other {what}; what is learned may differ in the last digits")
    return setup


def _costs(read_as: Mapping[str, Any]) -> Costs | None:
    costs = (read_as.get("decision") or {}).get("costs")
    return None if costs is None else read_costs(costs)


def _other_data(plan: Plan, what: str) -> LeadlineError:
    saw = f"the plan was made for other data ({plan.data['rows']:,} rows, target {plan.data['target']}): {what}"
    return LeadlineError(saw, "the data that the plan was made for", "name the same DATA, or train without --plan")


def _finished(
    learned: Learned, nodes: Mapping[str, Node], artifact: Path, run: Path, began: float, example: list[str], store: Store,
    progress: Progress,
) -> TrainReport:  # fmt: skip
    """Saves and judges what was learned, says how it went, and at last puts the artefact in the place of an older one."""
    progress.say("saving and scoring")
    whole = with_familiarity(learned)
    judged, manifest = save_and_judge(run / "artifact", learned, whole, store, progress)
    board, price = leaderboard(learned.setup, learned.examples, learned.contest, nodes), price_of(whole, learned.examples)
    report = _report(learned, judged, manifest, board, price, artifact, run, perf_counter() - began, example)
    write_json(run / "report.json", report.to_json())
    publish(run / "artifact", artifact)
    return report


def _report(
    learned: Learned, judged: Judged, manifest: Manifest, board: list[LeaderboardRow], price: Price, artifact: Path, run: Path,
    seconds: float, example: list[str],
) -> TrainReport:  # fmt: skip
    setup, skipped = learned.setup, [*learned.plan.skipped, *learned.contest.failed]
    look = CloseLook(
        judged.task, judged.task.metrics[setup.metric.name], setup.target.classes, setup.data.take(judged.rows), judged.answers,
        judged.truth, learned.task,
    )  # fmt: skip
    texts = together(text_remarks(setup.data, setup.networks))
    told = (*setup.data.remarks, *setup.remarks, *learned.rules.remarks(), *texts, *look.advice())
    return TrainReport(
        name=setup.data.table.origin, task=setup.task.name, task_why=setup.task_why, target=setup.data.require_target(),
        target_why=setup.data.target_why,
        columns=[(name, choice.type, choice.why) for name, choice in setup.data.columns.items()],
        remarks=told, metric=setup.metric.name, score=Interval(**manifest.metrics[setup.metric.name]),  # type: ignore[arg-type]
        baseline=manifest.baseline["value"], learner=manifest.learner, learner_title=title_of(learned.contest.winner.fitting),
        choice_why=learned.contest.choice.why, judged=judged.how, leaderboard=board, price=price,
        skipped=skipped, findings=(*setup.data.findings, *judged.findings, *nothing_learned([row.learner for row in board], skipped)),
        splits=setup.split_sizes, artifact=artifact, run=run, seconds=seconds, peak_memory_mb=peak_memory_mb(),
        promises=directions_in_words(setup.monotone, setup.task, setup.target.classes), monotone=setup.monotone,
        example=example, abstain=setup.abstain, refused=judged.refused, classes=setup.class_counts(), look=look,
        sentences=sentences_of(learned),
    )  # fmt: skip


def _example(setup: Setup, table: str | None, query: str | None) -> list[str]:
    """What to predict next: a file of the data where rows are files, else the table itself, asked for as it was here."""
    source = setup.data.source(int(setup.partition.test[0]) if len(setup.partition.test) else 0)
    if Path(source).is_file():
        return [source]
    asked = [(f"--{name}", value) for name, value in (("table", table), ("query", query)) if value is not None]
    return [setup.data.table.origin, *(word for option in asked for word in option)]
