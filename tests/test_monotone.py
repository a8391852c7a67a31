"""Answers that may go one way only as a column grows: kept by every model that is served, said, and refused where it makes no sense."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.cli.options import parse_directions
from leadline.data.examples import Examples
from leadline.errors import LeadlineError, UsageError
from leadline.learners.blend import Weights, together
from leadline.learners.linear import Linear
from leadline.learners.trees import Trees
from leadline.parts import COLUMN
from leadline.reports import to_html
from leadline.sklearn import Regressor
from leadline.tasks.classify import Classify
from leadline.tasks.monotone import directions_in_words, read_directions
from leadline.values import take_rows
from leadline.workflow.fit import fit
from leadline.workflow.setup import set_up
from tests.journeys.test_cli import leadline

ROOMS, AGE = "rooms", "age"
MONOTONE = {ROOMS: "up", AGE: "down"}
ROUNDING = 1e-12  # of the exponential that makes a chance of log odds


def houses(rows: int = 400, seed: int = 0) -> pl.DataFrame:
    """Prices that by themselves fall again with many rooms, and go up and down with age; some cells are missing."""
    rng = np.random.default_rng(seed)
    rooms, age = rng.integers(1, 12, rows).astype(np.float64), rng.uniform(0, 90, rows).round(1)
    town = rng.choice(["rome", "oslo", "lima"], rows)
    price = 30 * rooms - 2.5 * rooms**2 + 15 * np.sin(age / 9) - 0.5 * age + 40 * (town == "oslo") + rng.normal(0, 8, rows)
    rooms[rng.random(rows) < 0.05] = np.nan
    frame = pl.DataFrame({ROOMS: rooms, AGE: age, "town": town, "size": rng.lognormal(4, 1, rows).round(2), "price": price.round(2)})
    return frame.with_columns(pl.col(ROOMS).fill_nan(None), sold=pl.Series(np.where(price > np.median(price), "yes", "no")))


def trained(folder: Path, learners: list[str], target: str, seed: int = 0) -> ll.Model:
    """Saved and loaded, without the time that judging few rows takes."""
    data = ll.read(houses(300, seed).drop({"price", "sold"} - {target}), target=target, types={ROOMS: "number"})
    task = "classify" if target == "sold" else "regress"
    fitted = fit(data, folder / "model", task=task, learners=learners, monotone=MONOTONE, budget="5m")
    assert {*learners} <= {*fitted.scores} and fitted.model.manifest.learner != "baseline"
    return ll.load(folder / "model")


def answers(model: ll.Model, frame: pl.DataFrame) -> np.ndarray:
    predictions = model.predict(frame).to_table()
    return predictions["value" if "value" in predictions.columns else "p(yes)"].to_numpy()


@pytest.fixture(scope="module", params=[("linear", "price"), ("linear", "sold"), ("trees", "price"), ("trees", "sold")], ids="-".join)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ll.Model:
    learner, target = request.param
    return trained(tmp_path_factory.mktemp("models"), [learner], target)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), size=st.sampled_from([1e-9, 0.3, 5.0, 1e6]))
def test_no_step_in_the_column_moves_an_answer_the_wrong_way(model: ll.Model, seed: int, size: float) -> None:
    asked, rng = houses(60, seed), np.random.default_rng(seed)
    before = answers(model, asked)
    for column, sign in ((ROOMS, 1), (AGE, -1)):
        moved = asked.with_columns(pl.col(column) + sign * size * pl.Series(rng.random(len(asked))))
        assert (answers(model, moved) >= before - ROUNDING * (1 + np.abs(before))).all(), column


def test_a_blend_keeps_it_too() -> None:
    """Of a linear model and trees, each of which keeps it, whatever their weights."""
    data = ll.read(houses(300).drop("sold"), target="price", types={ROOMS: "number"})
    setup = set_up(data, "regress", None, None, 0, judged=False, monotone=read_directions(MONOTONE))
    values = {COLUMN + name: data.feature(name) for name in data.forms}
    train, sizes = Examples(values, data.forms, setup.target.values), setup.sizes()
    made = {one.name: one.fit(train, setup.task, one.work(sizes, setup.task, 1), 0) for one in (Linear(), Trees())}
    blended = together(made, Weights({"linear": 0.3, "trees": 0.6}, 1.0))
    for column, order in ((ROOMS, 1), (AGE, -1)):
        row = {name: take_rows(one, np.zeros(300, np.int64)) for name, one in values.items()}
        raw = blended.run({**row, COLUMN + column: np.linspace(-5, 120, 300)})[:, 0]
        assert (np.diff(order * raw) >= -1e-9).all() and np.ptp(raw) > 0


@pytest.mark.parametrize("metric", ["r2", "mae"])
def test_it_is_kept_in_another_scale_and_by_middles(metric: str, tmp_path: Path) -> None:
    tails = houses(400).drop("sold").with_columns((pl.col("price") / 60).exp())
    data = ll.read(tails, target="price", types={ROOMS: "number"})
    fitted = fit(data, tmp_path / "model", task="regress", metric=metric, learners=["linear"], monotone=MONOTONE, budget="5m")
    assert "numbers" in {part.kind for part in fitted.model.manifest.parts}
    for row in houses(5, 3).drop("price", "sold").to_dicts():
        for column, order in ((ROOMS, 1), (AGE, -1)):
            grid = pl.DataFrame([row] * 300).with_columns(pl.Series(column, np.linspace(-5, 120, 300)))
            found = order * answers(fitted.model, grid)
            assert (np.diff(found) >= -1e-9 * np.abs(found[1:])).all()


def test_it_still_learns(model: ll.Model) -> None:
    """Of what goes the way that was asked for, and of the other columns."""
    asked = houses(300, 7)
    assert np.corrcoef(answers(model, asked), asked["price"])[0, 1] > 0.7


def test_what_was_asked_is_said_and_replayed(tmp_path: Path) -> None:
    frame = houses().drop("sold")
    asked = {"target": "price", "learners": ["linear"], "budget": "5m", "types": {ROOMS: "number"}}
    report = ll.train(frame, monotone=MONOTONE, out=tmp_path / "first", **asked)
    assert "The answer never falls as rooms grows: asked for." in str(report)
    assert "The answer never rises as age grows: asked for." in to_html(report, "houses")
    assert report.to_json()["monotone"] == MONOTONE == report.model.manifest.monotone
    assert "never falls as rooms grows" in (report.artifact / "card.md").read_text()
    assert json.loads((report.run / "plan.json").read_text())["data"]["monotone"] == MONOTONE
    again = ll.train(frame, plan=report.run / "plan.json", out=tmp_path / "second")
    first, second = ({path.name: path.read_bytes() for path in one.artifact.rglob("*") if path.is_file()} for one in (report, again))
    assert first.pop("manifest.json") and second.pop("manifest.json") and first == second
    assert again.model.manifest.monotone == MONOTONE


def test_who_cannot_promise_it_is_left_out_and_said(tmp_path: Path) -> None:
    report = ll.train(
        houses().drop("sold"),
        target="price",
        learners=["linear", "rules", "mlp"],
        monotone={ROOMS: "up"},
        budget="5m",
        out=tmp_path / "model",
    )
    out = {one.learner: one.why for one in report.skipped}
    assert set(out) == {"rules", "mlp"} and all("cannot promise" in why and ROOMS in why for why in out.values())
    assert {row.learner for row in report.leaderboard} == {"baseline", "linear"}


def test_words_beside_the_column_do_not_break_it(tmp_path: Path) -> None:
    """More columns of features than rows: the solver keeps every weight of its own."""
    rng = np.random.default_rng(0)
    rooms = rng.uniform(1, 9, 100)
    places = rng.choice(["with a garden", "by the sea"], 100)
    says = [f"house {number} {place} near station {number % 90}" for number, place in zip(rng.integers(0, 1000, 100), places, strict=True)]
    frame = pl.DataFrame({ROOMS: rooms, "says": says, "price": 100 - 3 * rooms + 50 * (places == "by the sea")})
    model = fit(ll.read(frame, target="price"), tmp_path / "model", task="regress", learners=["linear"], monotone={ROOMS: "up"}).model
    assert model.manifest.types["says"] == "text" and model.manifest.learner == "linear"
    assert (answers(model, frame.with_columns(pl.col(ROOMS) + 2)) >= answers(model, frame)).all()


REFUSED = {
    "unknown": ({"room": "up"}, "price", 'no column "room"(.|\n)*did you mean "rooms"'),
    "category": ({"town": "up"}, "price", "only a number can grow(.|\n)*column of numbers"),
    "target": ({"price": "up"}, "price", "the target itself"),
    "excluded": ({"size": "up"}, "price", "was left out"),
    "word": ({ROOMS: "more"}, "price", '"more" is no direction for rooms'),
    "classes": ({ROOMS: "up"}, "town", "classify among 3"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_one_clear_error(tmp_path: Path, name: str) -> None:
    monotone, target, said = REFUSED[name]
    with pytest.raises(LeadlineError, match=said):
        ll.train(houses(), target=target, monotone=monotone, exclude=["size"], out=tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_two_directions_for_one_column_are_refused_and_names_may_hold_signs() -> None:
    assert parse_directions(["rooms=up", "a=b=down", "rooms=up"]) == {"rooms": "up", "a=b": "down"}
    with pytest.raises(UsageError, match="two directions"):
        parse_directions(["rooms=up", "rooms=down"])
    with pytest.raises(UsageError, match="does not say which way"):
        parse_directions(["rooms"])


@given(st.text())
def test_a_word_is_a_direction_or_an_error(word: str) -> None:
    if word in ("up", "down"):
        assert read_directions({"x": word}) == {"x": word}
    else:
        with pytest.raises(UsageError):
            read_directions({"x": word})


def test_of_two_classes_the_chance_of_the_positive_one_is_named() -> None:
    assert directions_in_words({"age": "down"}, Classify(), ("no", "yes")) == ["The chance of yes never rises as age grows: asked for."]
    assert Classify().what_rises(("a", "b", "c")) is None


def test_the_command_line_takes_it_several_times(tmp_path: Path) -> None:
    houses().write_csv(tmp_path / "houses.csv")
    words = ["train", "houses.csv", "--target", "price", "--learners", "baseline", "--monotone", "rooms=up", "--monotone"]
    done = leadline(*words, "age=down", cwd=tmp_path)
    assert "never falls as rooms grows" in done.stdout and "never rises as age grows" in done.stdout, done.stderr
    refused = leadline(*words, "rooms=down", cwd=tmp_path)
    assert refused.returncode == 2 and "two directions" in refused.stderr


def test_a_manifest_with_other_words_is_damaged(tmp_path: Path) -> None:
    fit(ll.read(houses(100), target="price"), tmp_path / "model", task="regress", learners=["baseline"], monotone={AGE: "down"})
    path = tmp_path / "model" / "manifest.json"
    manifest = json.loads(path.read_text())
    for wrong in ({AGE: "sideways"}, [AGE], {AGE: ["up"]}):
        path.write_text(json.dumps({**manifest, "monotone": wrong}))
        with pytest.raises(LeadlineError, match="damaged"):
            ll.load(tmp_path / "model")


def test_estimators_of_scikit_learn_take_it() -> None:
    rng = np.random.default_rng(0)
    table = rng.uniform(0, 9, (80, 2))
    fitted = Regressor(learners=["linear"], budget="5m", monotone={"x0": "up"}).fit(table, 3 * table[:, 1] - table[:, 0])
    assert (fitted.predict(table + np.array([2.0, 0.0])) >= fitted.predict(table)).all()
    with pytest.raises(ValueError, match="no direction"):
        Regressor(monotone={"x0": "sideways"}).fit(table, table[:, 0])
