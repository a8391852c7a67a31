"""Learning without judging: for callers that judge by themselves, such as scikit-learn's cross-validation. All rows teach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from leadline.artifact.model import Model, load
from leadline.artifact.save import save
from leadline.data.table import Data
from leadline.encoders.store import Store
from leadline.findings import Finding
from leadline.plan.budget import parse_budget
from leadline.plan.plan import Skipped
from leadline.progress import Progress
from leadline.tasks.monotone import read_directions
from leadline.workflow.failing import nothing_learned
from leadline.workflow.judging import manifest_of
from leadline.workflow.learning import Learned, learn
from leadline.workflow.planning import make_plan
from leadline.workflow.setup import set_up
from leadline.workflow.sureness import with_familiarity
from leadline.workflow.train import NEAR_SHARE


@dataclass(frozen=True)
class Unjudged:
    """A saved model, what each learner scored out of fold where one was chosen, who was left out and why, and what was noticed.

    These scores chose the model, so the best of them promises a little too much.
    """

    model: Model
    scores: dict[str, float]
    skipped: tuple[Skipped, ...]
    findings: tuple[Finding, ...]


def fit(
    data: Data,
    folder: Path,
    *,
    task: str,
    metric: str | None = None,
    budget: str = "2m",
    seed: int = 0,
    learners: Sequence[str] | None = None,
    positive: str | None = None,
    classes: Sequence[str] | None = None,
    monotone: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Unjudged:
    """Writes the artefact into `folder` and nothing elsewhere. `learners` are the only ones to try beside the trivial one.

    `positive` is the class whose finding counts, where there are two; `classes` are other names for the classes, in the order of those in
    the target. `monotone` is as in `train`. Raises LeadlineError.
    """
    progress, store, began, seconds = progress or Progress(), Store(), perf_counter(), parse_budget(budget)
    directions, near_seconds = read_directions(monotone or {}), NEAR_SHARE * seconds
    setup = set_up(
        data, task, metric, positive, seed, store, progress, near_seconds, judged=False, monotone=directions, renamed=classes
    )  # fmt: skip
    # Rounded to tenths, so that the milliseconds that reading small data takes do not change what is learned.
    left = seconds * (1 - round((perf_counter() - began) / seconds, 1))
    planned = make_plan(setup, seconds, left, store, progress, learners)
    learned = learn(setup, planned.plan, planned.nodes, store, progress)  # without room: equal seeds, equal models
    save(folder, with_familiarity(learned), manifest_of(learned))
    skipped, scores = (*learned.plan.skipped, *learned.contest.failed), _scores(learned)
    return Unjudged(load(folder), scores, skipped, (*learned.setup.data.findings, *nothing_learned(list(scores), list(skipped))))


def _scores(learned: Learned) -> dict[str, float]:
    contest, setup = learned.contest, learned.setup
    return {one.learner: float(setup.metric.value(one.compared, contest.truth)) for one in contest.results}
