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


def test_one_thread_alone_is_the_one_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "num_threads", lambda: 1)
    assert set(machine.at_once(lambda _: threading.current_thread(), range(5))) == {threading.current_thread()}


def test_what_has_not_begun_when_something_goes_wrong_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "num_threads", lambda: 2)
    begun, held_up, over = list[int](), threading.Event(), threading.Event()

    def work(piece: int) -> None:
        begun.append(piece)
        if piece == 0:
            held_up.wait(60)
            raise ZeroDivisionError
        held_up.set()
        over.wait(60)

    threading.Timer(1.0, over.set).start()  # by when the error has been told
    with pytest.raises(ZeroDivisionError):
        machine.at_once(work, range(1_000))
    assert len(begun) < 1_000


def test_what_goes_wrong_in_a_piece_is_told() -> None:
    for pieces in ([0], [1, 0]):
        with pytest.raises(ZeroDivisionError):
            machine.at_once(lambda piece: 1 / piece, pieces)
