"""The training loop: batches, AdamW (Loshchilov and Hutter 2019), a one-cycle rate (Smith and Topin 2017), early stopping.

Everything random comes from the generator handed in, so that equal arguments give equal weights and nobody else's random numbers change.
Several loops may run side by side, a thread each; then torch has to stay on one thread within each, see `single_threaded`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from leadline.errors import LeadlineError

if TYPE_CHECKING:
    import torch

_WARM_UP = 0.1  # of all steps, in which the rate rises from nothing

_T = TypeVar("_T")


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: `patience` epochs without a better held-out loss end the work, 0 being never."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    patience: int = 0

    def rate(self, step: int, num_steps: int) -> float:
        """A short rise, then half a cosine down to nothing."""
        warm = max(1.0, _WARM_UP * num_steps)
        if step < warm:
            return self.learning_rate * (step + 1) / (warm + 1)
        return self.learning_rate * (1 + math.cos(math.pi * (step - warm) / max(1.0, num_steps - warm))) / 2


@dataclass(frozen=True)
class Rows:
    """What a network is given and what it should answer, row by row."""

    inputs: torch.Tensor
    target: torch.Tensor

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class Learned:
    """What came of a loop: mean losses by epoch, and the epoch whose weights were kept (0-based)."""

    train_losses: tuple[float, ...]
    valid_losses: tuple[float, ...]
    best_epoch: int


LossOfBatch = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]  # outputs and target -> mean loss


def learn(
    network: torch.nn.Module,
    loss: LossOfBatch,
    train: Rows,
    valid: Rows | None,
    schedule: Schedule,
    generator: torch.Generator,
    given_up: Event | None = None,
) -> Learned:
    """Changes the network's weights; with rows held out they are those of the epoch with the least held-out loss.

    `given_up` ends it at the next step. Raises CancelledError then, and LeadlineError where the loss is no longer a number.
    """
    import torch

    steps_per_epoch = max(1, len(train) // schedule.batch_size)
    optimizer = torch.optim.AdamW(network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True)
    cycle = _Cycle(optimizer, schedule, steps_per_epoch * schedule.epochs)
    best = _Best(network)
    train_losses = list[float]()
    for _ in range(schedule.epochs):
        network.train()
        order = torch.randperm(len(train), generator=generator)
        total = 0.0
        for batch in order[: steps_per_epoch * schedule.batch_size].split(schedule.batch_size):
            if given_up is not None and given_up.is_set():
                raise CancelledError
            total += _step(network, loss, train.inputs[batch], train.target[batch], cycle)
        train_losses.append(_finite(total / steps_per_epoch, len(train_losses)))
        if valid is not None:
            best.look(_finite(held_out_loss(network, loss, valid), len(train_losses)))
            if schedule.patience and best.waited >= schedule.patience:
                break
    best.restore()
    return Learned(tuple(train_losses), tuple(best.losses), best.epoch if valid is not None else len(train_losses) - 1)


def held_out_loss(network: torch.nn.Module, loss: LossOfBatch, rows: Rows) -> float:
    """The mean loss as the network would answer: nothing dropped, nothing learned."""
    import torch

    network.eval()
    with torch.no_grad():
        return float(loss(network(rows.inputs), rows.target))


def _step(network: torch.nn.Module, loss: LossOfBatch, inputs: torch.Tensor, target: torch.Tensor, cycle: _Cycle) -> float:
    cycle.optimizer.zero_grad()
    value = loss(network(inputs), target)
    value.backward()
    cycle.step()
    return float(value.detach())


def _finite(value: float, epoch: int) -> float:
    if math.isfinite(value):
        return value
    raise LeadlineError(
        f"the network's loss is {value} in epoch {epoch}", "a number", "numbers of a more ordinary size, or leave the other columns out"
    )


class _Cycle:
    """The optimizer with a rate that follows the schedule."""

    def __init__(self, optimizer: torch.optim.Optimizer, schedule: Schedule, num_steps: int) -> None:
        self.optimizer, self.schedule, self.num_steps, self.done = optimizer, schedule, num_steps, 0

    def step(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate(self.done, self.num_steps)
        self.optimizer.step()
        self.done += 1


class _Best:
    """The weights with the least held-out loss so far."""

    def __init__(self, network: torch.nn.Module) -> None:
        self.network = network
        self.losses: list[float] = []
        self.epoch = 0
        self._weights: dict[str, torch.Tensor] = {}

    @property
    def waited(self) -> int:
        """Epochs since the best one."""
        return len(self.losses) - 1 - self.epoch

    def look(self, loss: float) -> None:
        self.losses.append(loss)
        if len(self.losses) == 1 or loss < self.losses[self.epoch]:
            self.epoch = len(self.losses) - 1
            self._weights = {name: values.clone() for name, values in self.network.state_dict().items()}

    def restore(self) -> None:
        if self._weights:
            self.network.load_state_dict(self._weights)


def side_by_side(loops: Sequence[Callable[[Event], _T]], num_threads: int) -> list[_T]:
    """Results of loops that each take an event to give up on, on so many threads with torch on one thread in each.

    What is learned then does not depend on the number of threads. Ctrl-C, or a loop that fails, ends the others at their next step.
    """
    given_up = Event()
    with single_threaded(), ThreadPoolExecutor(max(1, min(num_threads, len(loops)))) as workers:
        try:
            return list(workers.map(lambda loop: loop(given_up), loops))
        except BaseException:  # who leaves this block waits for the loops
            given_up.set()
            raise


@contextmanager
def single_threaded() -> Iterator[None]:
    """torch on one thread for every operation: the small ones of a small network only wait for each other on more."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
