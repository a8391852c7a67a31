"""The benches' own arithmetic: a wrong ruler would make every figure wrong."""

import csv
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))  # the benches are scripts that import each other
reference, harness, paired = (import_module(name) for name in ("reference", "harness", "paired"))


@pytest.fixture
def quick_reference(monkeypatch):
    """Tests judge what is written down, not how fast this machine is."""
    monkeypatch.setattr(harness, "reference_seconds", lambda: 0.2)


def test_a_machine_twice_as_slow_is_given_half_the_seconds():
    assert reference.normalised(50, 2 * reference.REFERENCE_SECONDS) == 25


def test_the_reference_job_takes_time_and_its_numbers_stay_finite():
    assert 0.001 < reference.reference_seconds(repeats=1) < 60
    factor = np.random.default_rng(0).standard_normal((64, 64), dtype=np.float32) / np.float32(8)
    product = np.linalg.multi_dot([factor] * 11)
    assert 1e-3 < np.abs(product).max() < 1e3


def test_every_row_says_on_what_it_was_measured():
    known = reference.circumstances()
    assert {"date", "commit", "processor", "cores", "instructions", "memory_gb", "versions"} <= known.keys()
    assert "numpy" in known["versions"]


def test_rows_are_added_and_a_new_column_is_empty_in_older_rows(tmp_path):
    file = tmp_path / "results" / "bench.csv"
    reference.append_rows(file, [{"state": "cold", "seconds": 2}])
    reference.append_rows(file, [{"state": "kept", "seconds": 1, "learner": "a, b"}])
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows == [{"state": "cold", "seconds": "2", "learner": ""}, {"state": "kept", "seconds": "1", "learner": "a, b"}]


def test_a_trial_measures_time_memory_and_output(quick_reference):
    program = "import time; block = bytearray(200 << 20); time.sleep(0.3); print('{\"score\": 1}')"
    trial = harness.run([sys.executable, "-c", program])
    assert trial.json() == {"score": 1}
    assert trial.seconds >= 0.3
    assert 200 < trial.peak_memory_mb < 400
    assert 0 <= trial.others_cpu <= 1
    assert trial.row(seconds=0.4)["normalised_seconds"] == 0.26


def test_memory_of_children_counts(quick_reference):
    child = "import time; block = bytearray(100 << 20); time.sleep(0.6)"
    program = f"import subprocess, sys; [p.wait() for p in [subprocess.Popen([sys.executable, '-c', {child!r}]) for _ in range(2)]]"
    assert harness.run([sys.executable, "-c", program]).peak_memory_mb > 200


def test_a_failing_command_ends_the_bench_with_what_it_said(quick_reference):
    with pytest.raises(SystemExit, match="no such thing"):
        harness.run([sys.executable, "-c", "import sys; sys.exit('no such thing')"])


def test_a_trial_on_a_busy_machine_is_called_disturbed():
    def disturbed(after: float, others_cpu: float) -> str:
        return harness.Trial(1, 0.2, after, 100, others_cpu, "", "").row()["disturbed"]

    assert (disturbed(0.2, 0.01), disturbed(0.3, 0.01), disturbed(0.2, 0.3)) == ("no", "yes", "yes")


def test_verdicts_are_kept_and_decide_the_exit_code(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(harness, "RESULTS", tmp_path)
    bench = harness.Bench("example")
    for number, seconds in enumerate([3.0, 1.0, 2.0]):
        bench.record(state="cold", trial=number, seconds=seconds)
    bench.at_most("seconds", bench.median("seconds", "cold"), 2)
    assert bench.finish() == 0
    bench.at_least("accuracy", 0.98, 0.985)
    assert bench.finish() == 1
    assert "FAIL  accuracy: 0.98 (must: at least 0.985)" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"example.csv", "verdicts.csv"}


def test_area_under_the_curve_with_ties_and_weights():
    positive = np.array([True, False, True, False, True])
    probability = np.array([0.9, 0.9, 0.4, 0.1, 0.1])
    pairs = [(p, n) for p in np.flatnonzero(positive) for n in np.flatnonzero(~positive)]
    by_hand = np.mean([1.0 if probability[p] > probability[n] else 0.5 * (probability[p] == probability[n]) for p, n in pairs])
    area = paired.roc_auc(positive, probability)
    assert area(np.ones(5)) == pytest.approx(by_hand)
    twice = np.array([2.0, 1, 1, 3, 0])
    rows = np.repeat(np.arange(5), twice.astype(int))
    assert area(twice) == pytest.approx(paired.roc_auc(positive[rows], probability[rows])(np.ones(len(rows))))


def test_a_clear_difference_is_significant_and_none_is_not():
    random = np.random.default_rng(0)
    good, other, poor = random.random((3, 2000)) < np.array([[0.9], [0.9], [0.8]])
    above = paired.paired_difference([paired.accuracy(poor)], paired.accuracy(good), 2000)
    assert above.significantly_below and above.value == pytest.approx(poor.mean() - good.mean())
    same = paired.paired_difference([paired.accuracy(good), paired.accuracy(other)], paired.accuracy(other), 2000)
    assert not same.significantly_below and same.low < 0 < same.high
