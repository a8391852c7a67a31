"""Speeds of a machine: measured once, and again where others kept it busy."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.learners.baseline import Baseline
from leadline.learners.contract import Sizes
from leadline.plan import calibration
from leadline.plan.calibration import Calibration, Rate, UnknownSpeedError
from leadline.tasks.classify import Classify


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """What measuring will say next, one after another, in a cache of its own."""
    monkeypatch.setenv("LEADLINE_CACHE", str(tmp_path))
    coming: list[float] = []
    monkeypatch.setattr(calibration, "_time_learner", lambda *_: Rate(0.0, 0.0, coming.pop(0)))
    return coming


def others_take(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration.OthersCPU, "share", lambda self: share)


def rate(seconds: float = 60.0, again: bool = True) -> float:
    return Calibration(seconds=seconds, again=again).learner(Baseline(), Classify(), Sizes(100, {"c": "number"})).per_unit


def test_a_quiet_machine_is_measured_once(measured: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    others_take(0.1, monkeypatch)
    measured += [1.0, 2.0]
    assert [rate(), rate()] == [1.0, 1.0] and measured == [2.0]


def test_a_busy_machine_is_measured_again_until_it_is_quiet(measured: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    others_take(0.9, monkeypatch)
    measured += [5.0, 1.5, 9.0]
    assert rate() == 5.0
    others_take(0.0, monkeypatch)
    assert [rate(), rate()] == [1.5, 1.5] and measured == [9.0]


def test_where_it_is_always_busy_the_fastest_of_three_counts(measured: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    others_take(0.9, monkeypatch)
    measured += [5.0, 4.0, 7.0, 1.0]
    assert [rate(), rate(), rate(), rate()] == [5.0, 4.0, 4.0, 4.0] and measured == [1.0]


def test_without_time_what_a_busy_machine_said_is_used(measured: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    others_take(0.9, monkeypatch)
    with pytest.raises(UnknownSpeedError):
        rate(0.0)
    measured += [5.0, 1.0]
    assert [rate(), rate(0.0)] == [5.0, 5.0] and measured == [1.0]


def test_who_wants_an_answer_now_gets_it_by_what_a_busy_machine_said(measured: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    others_take(0.9, monkeypatch)
    measured += [5.0, 1.0]
    assert [rate(again=False), rate(again=False)] == [5.0, 5.0] and measured == [1.0]
