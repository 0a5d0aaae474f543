"""Work in other threads: in order, with its errors, and over when the block is left."""

from __future__ import annotations

import threading
import time

import pytest

from avaffect.ahead import ahead, alongside, go_on


def workers():
    return [thread for thread in threading.enumerate() if thread.name == "avaffect"]


@pytest.mark.parametrize("together", [1, 3, 100, 1000])
def test_items_come_in_order_from_another_thread(together):
    makers = []

    def items():
        for k in range(100):
            makers.append(threading.current_thread())
            yield k

    with ahead(items(), room=3, together=together) as coming:
        assert list(coming) == list(range(100))
    assert threading.current_thread() not in makers
    assert not workers()


def test_no_more_items_are_made_than_there_is_room_for():
    made = []

    def items():
        for k in range(100):
            made.append(k)
            yield k

    with ahead(items(), room=4) as coming:
        next(coming)
        time.sleep(0.2)
        assert len(made) <= 1 + 4 + 1  # asked for, waiting, and the one that finds no room
    assert len(made) < 20


@pytest.mark.parametrize("together", [1, 2, 3, 8])
def test_an_error_comes_where_its_item_would_have_come(together):
    def items():
        yield from range(3)
        raise ValueError("the fourth")

    with ahead(items(), room=8, together=together) as coming:
        assert [next(coming) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="the fourth"):
            next(coming)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_when_the_block_ends_early_the_source_is_closed_and_the_thread_over(error):
    closed = []

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.append(threading.current_thread())

    def use():
        with ahead(items(), room=2) as coming:
            next(coming)
            raise error

    with pytest.raises(error):
        use()
    assert len(closed) == 1
    assert not workers()


def test_a_result_or_its_error_comes_when_it_is_asked_for():
    with alongside(lambda: threading.current_thread().name) as name:
        assert name() == "avaffect"
    with alongside(lambda: 1 / 0) as share, pytest.raises(ZeroDivisionError):
        share()
    assert not workers()


def test_work_for_which_nobody_waits_ends_at_its_next_stop():
    steps = []

    def work():
        while True:
            go_on()
            steps.append(0)
            time.sleep(0.01)

    with alongside(work):
        time.sleep(0.05)
    assert steps
    assert not workers()


def test_outside_of_such_a_thread_nothing_ends():
    go_on()
