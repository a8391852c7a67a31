"""What models say of rows that they did not learn from: a chance for every row, none of it by heart."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.data.table import Data
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.progress import Progress
from leadline.registry import LEARNERS
from leadline.workflow import fitting, out_of_fold
from leadline.workflow.out_of_fold import OutOfFoldModels
from leadline.workflow.setup import set_up


def models(data: Data) -> OutOfFoldModels:
    return OutOfFoldModels(data, set_up(data, None, None, None, 0), 300.0, 0, Store(), Progress())


def test_every_row_has_chances_and_they_are_good(people: pl.DataFrame) -> None:
    data = ll.read(people, target="answer")
    answers = models(data).answers()
    assert answers.values.shape == (400, 2)
    np.testing.assert_allclose(answers.values.sum(axis=1), 1, atol=1e-6)
    truth = (people["answer"] == "yes").to_numpy().astype(int)
    assert (answers.values.argmax(axis=1) == truth).mean() > 0.85


def test_answers_that_mean_nothing_cannot_be_known_by_heart(people: pl.DataFrame) -> None:
    coin = np.random.default_rng(0).choice(["heads", "tails"], 400)
    answers = models(ll.read(people.drop("answer").with_columns(coin=pl.Series(coin)), target="coin")).answers()
    assert (answers.values.argmax(axis=1) == (coin == "tails")).mean() < 0.6


def test_numbers_are_answered_as_numbers(people: pl.DataFrame) -> None:
    answers = models(ll.read(people, target="height")).answers()
    assert answers.values.shape == (400,)
    assert np.corrcoef(answers.values, people["height"])[0, 1] > 0.9


def test_pictures_have_vectors_in_which_alike_ones_lie_together(stripes: Path) -> None:
    data = ll.read(stripes)
    vectors = models(data).vectors()
    assert len(vectors.values) == 240 and np.isfinite(vectors.values).all() and vectors.made_by
    labels = data.raw("label").to_numpy()
    near = ((vectors.values[:, None] - vectors.values[None]) ** 2).sum(axis=2)
    np.fill_diagonal(near, np.inf)
    assert (labels[near.argmin(axis=1)] == labels).mean() > 0.9


def test_without_the_time_to_learn_nobody_speaks_of_single_rows(people: pl.DataFrame) -> None:
    data = ll.read(people, target="answer")
    hasty = OutOfFoldModels(data, set_up(data, None, None, None, 0), 0.01, 0, Store(), Progress())
    with pytest.raises(LeadlineError, match="nobody has the time to learn"):
        hasty.answers()
    with pytest.raises(LeadlineError, match="nobody has the time to learn"):
        hasty.learn(np.arange(300), np.arange(300, 400))


def test_of_many_rows_each_is_judged_too_by_models_of_half_of_them(people: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out_of_fold, "_MANY_ROWS", 300)
    several = models(ll.read(people, target="answer"))
    assert np.isfinite(several.answers().values).all() and several._planned.plan.num_folds == 2


def test_a_learner_that_would_be_late_is_left_out(people: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count(0.0, 1000.0)
    monkeypatch.setattr(fitting, "time", SimpleNamespace(perf_counter=lambda: next(clock)))  # every fit takes long
    answers = models(ll.read(people, target="answer")).answers()
    (first, why), *_ = answers.left_out
    assert first in LEARNERS and why.startswith("it would take about") and answers.learner not in dict(answers.left_out)


def test_what_no_answers_are_known_of_has_vectors_too() -> None:
    texts = ["the harbour lay quiet under the moon", "eggs, flour and a pinch of salt", "the pump fails when the valve is shut"] * 20
    data = ll.read({"text": [f"{text}, page {page}" for page, text in enumerate(texts)]}, need_target=False)
    vectors = OutOfFoldModels(data, None, 60.0, 0, Store(), Progress()).vectors()
    assert len(vectors.values) == 60 and np.isfinite(vectors.values).all()


def test_what_cannot_be_had_is_said(people: pl.DataFrame) -> None:
    with pytest.raises(LeadlineError, match="no answers to learn from"):
        OutOfFoldModels(ll.read(people, need_target=False), None, 60.0, 0, Store(), Progress()).answers()
    with pytest.raises(LeadlineError, match="nothing makes vectors"):
        models(ll.read(people, target="answer")).vectors()
