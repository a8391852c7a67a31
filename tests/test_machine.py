"""What is known of the machine, and work shared among its cores."""

from __future__ import annotations

import threading

import pytest

from leadline import machine


@pytest.mark.parametrize("number", [0, 1, 2, 9])
def test_work_done_at_once_comes_back_in_order(number: int) -> None:
    assert machine.at_once(lambda piece: piece * piece, iter(range(number))) == [piece * piece for piece in range(number)]


def test_a_lone_piece_is_done_without_starting_a_thread() -> None:
    assert machine.at_once(lambda _: threading.current_thread(), [0]) == [threading.current_thread()]


def test_what_goes_wrong_in_a_piece_is_told() -> None:
    for pieces in ([0], [1, 0]):
        with pytest.raises(ZeroDivisionError):
            machine.at_once(lambda piece: 1 / piece, pieces)
