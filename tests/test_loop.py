"""The training loop: it learns, keeps the best of what it learned, and ends when it should."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest
import torch

from leadline.errors import LeadlineError
from leadline.training.layers import Dropout, linear_layers, perceptron
from leadline.training.loop import Rows, Schedule, held_out_loss, learn, side_by_side, single_threaded

SCHEDULE = Schedule(epochs=12, batch_size=32, learning_rate=0.01, weight_decay=0.0, patience=4)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As `side_by_side` has it: two threads within one small product took ten times longer while other processes were busy."""
    with single_threaded():
        yield


def squared(outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.mse_loss(outputs[:, 0], target)


def rows(number: int = 256, seed: int = 0, noise: float = 0.0) -> Rows:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(number, 3, generator=generator)
    return Rows(inputs, inputs[:, 0] * inputs[:, 1] + noise * torch.randn(number, generator=generator))


def made(seed: int = 0, dropped: float = 0.0) -> tuple[torch.nn.Sequential, torch.Generator]:
    generator = torch.Generator().manual_seed(seed)
    return perceptron([3, 32], np.zeros(1), dropped, generator), generator


def weights_of(network: torch.nn.Sequential) -> bytes:
    return b"".join(values.tobytes() for layers in linear_layers(network) for values in layers)


def test_learns_what_a_linear_model_cannot() -> None:
    network, generator = made()
    before = held_out_loss(network, squared, rows(seed=1))
    learned = learn(network, squared, rows(1024), rows(seed=1), SCHEDULE, generator)
    assert held_out_loss(network, squared, rows(seed=1)) < 0.1 * before
    assert learned.train_losses[-1] < learned.train_losses[0]


def test_keeps_the_weights_of_the_best_epoch_and_stops_waiting_for_a_better_one() -> None:
    network, generator = made()
    valid = rows(64, seed=1, noise=2.0)
    schedule = Schedule(epochs=60, batch_size=8, learning_rate=0.02, weight_decay=0.0, patience=3)
    learned = learn(network, squared, rows(32, noise=2.0), valid, schedule, generator)
    assert learned.best_epoch == int(np.argmin(learned.valid_losses))
    assert held_out_loss(network, squared, valid) == pytest.approx(min(learned.valid_losses))
    assert len(learned.valid_losses) == learned.best_epoch + 1 + 3 < 60


def test_without_held_out_rows_it_runs_to_its_end() -> None:
    network, generator = made()
    assert learn(network, squared, rows(), None, SCHEDULE, generator).best_epoch == 11


def test_equal_arguments_give_equal_weights_whatever_else_draws_random_numbers() -> None:
    found = []
    for others in (0, 1):
        torch.manual_seed(others)
        network, generator = made(dropped=0.3)
        before = torch.get_rng_state()
        learn(network, squared, rows(), rows(seed=1), SCHEDULE, generator)
        assert torch.equal(before, torch.get_rng_state())
        found.append(weights_of(network))
    assert found[0] == found[1]


def test_what_is_learned_side_by_side_is_what_is_learned_alone() -> None:
    def one(seed: int, given_up: Event) -> bytes:
        network, generator = made(seed, dropped=0.2)
        learn(network, squared, rows(), rows(seed=1), SCHEDULE, generator, given_up)
        return weights_of(network)

    loops = [lambda given_up, seed=seed: one(seed, given_up) for seed in range(4)]
    before = torch.get_num_threads()
    assert side_by_side(loops, 3) == side_by_side(loops, 1)
    assert torch.get_num_threads() == before
    assert len(set(side_by_side(loops, 2))) == 4


def test_a_loop_that_fails_ends_the_others_at_once() -> None:
    begun = threading.Event()

    def endless(given_up: Event) -> None:
        network, generator = made(1)
        begun.set()
        learn(network, squared, rows(), None, Schedule(10**9, 32, 1e-3, 0.0), generator, given_up)

    def interrupted(given_up: Event) -> None:
        begun.wait(10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side([interrupted, endless], 2)


def test_a_loss_that_is_no_number_is_said() -> None:
    network, generator = made()
    broken = Rows(torch.full((64, 3), float("nan")), torch.zeros(64))
    with pytest.raises(LeadlineError, match="loss is nan in epoch 0"):
        learn(network, squared, broken, None, SCHEDULE, generator)


def test_the_rate_rises_and_falls_to_nothing() -> None:
    rates = [SCHEDULE.rate(step, 100) for step in range(100)]
    top = int(np.argmax(rates))
    assert 5 <= top <= 15
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[0] < max(rates) <= SCHEDULE.learning_rate
    assert rates[-1] < 0.01 * SCHEDULE.learning_rate


def test_dropping_happens_while_learning_only_and_keeps_the_mean() -> None:
    layer = Dropout(0.25, torch.Generator().manual_seed(0))
    ones = torch.ones(200, 200)
    assert torch.equal(layer.eval()(ones), ones)
    dropped = layer.train()(ones)
    assert (dropped == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert dropped.mean().item() == pytest.approx(1, abs=0.02)


def test_a_batch_larger_than_the_rows_is_all_of_them() -> None:
    network, generator = made()
    assert np.isfinite(learn(network, squared, rows(5), None, SCHEDULE, generator).train_losses).all()
