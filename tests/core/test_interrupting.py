import os
import signal
import threading
import time
from contextlib import suppress

import pytest

from etascope.core import interrupting
from etascope.core.interrupting import SIGNALS, Interrupted, held_back, raise_again, signals_taken


def send(number=signal.SIGTERM):
    os.kill(os.getpid(), number)


@pytest.fixture(autouse=True)
def _as_before():
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert interrupting._taken == interrupting._Taken()


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr(interrupting, "ONE_WISH", -1)


@pytest.mark.parametrize("number", SIGNALS)
def test_what_ends_a_process_is_a_keyboard_interrupt_that_says_which_it_was(number):
    with pytest.raises(KeyboardInterrupt) as raised, signals_taken():
        send(number)
    assert (type(raised.value), raised.value.number) == (Interrupted, number)


@pytest.mark.parametrize("outer", [False, True])
def test_one_that_is_held_back_comes_after_the_block(outer):
    done = []

    def interrupted():
        with held_back():
            with held_back():
                send()
                done.append("the inner block")
            done.append("the whole block")
        done.append("after it")

    def all_of_it():
        if outer:
            with signals_taken():
                interrupted()
        else:
            interrupted()

    with pytest.raises(Interrupted):
        all_of_it()
    assert done == ["the inner block", "the whole block"] or not outer
    assert "the whole block" in done
    assert "after it" not in done
    with held_back():
        pass


def test_an_error_of_the_block_comes_before_a_signal_that_was_held_back():
    @held_back()
    def work():
        send()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_taken():
            send(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_several_within_a_moment_are_one_wish():
    hurried = []

    @signals_taken(hurried.append)
    def work():
        with suppress(KeyboardInterrupt):
            send()
        send(signal.SIGHUP)
        send()
        raise_again()

    with pytest.raises(Interrupted) as raised:
        work()
    assert raised.value.number == signal.SIGTERM
    assert hurried == []


def test_a_second_one_later_hurries_the_inner_block_first(patient):
    hurried = []

    @signals_taken(lambda number: hurried.append(("outer", number)))
    @signals_taken(lambda number: hurried.append(("inner", number)))
    def work():
        with suppress(KeyboardInterrupt):
            send(signal.SIGINT)
        assert hurried == []
        time.sleep(0.001)
        send(signal.SIGTERM)

    with pytest.raises(Interrupted):
        work()
    assert hurried == [("inner", signal.SIGTERM), ("outer", signal.SIGTERM)]


def test_a_second_one_hurries_also_where_signals_are_held_back(patient):
    hurried, done = [], []

    def work():
        with signals_taken(hurried.append), held_back():
            send()
            time.sleep(0.001)
            send()
            done.append(True)

    with pytest.raises(Interrupted):
        work()
    assert (hurried, done) == ([signal.SIGTERM], [True])


def test_one_that_was_dropped_is_raised_again():
    @signals_taken()
    def work():
        with suppress(KeyboardInterrupt):
            send()
        raise_again()

    raise_again()
    with pytest.raises(Interrupted):
        work()
    raise_again()


def test_after_the_last_block_a_signal_that_came_is_not_heard_again():
    before = signal.getsignal(signal.SIGTERM)
    with signals_taken(last=True):
        pass
    assert signal.getsignal(signal.SIGTERM) == before
    saved = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        with pytest.raises(Interrupted), signals_taken(last=True):
            send()
        send()
        send(signal.SIGINT)
    finally:
        for number, handler in saved.items():
            signal.signal(number, handler)


def test_outside_the_main_thread_nothing_is_taken_over():
    before, said = signal.getsignal(signal.SIGTERM), []

    def work():
        with signals_taken(), held_back():
            said.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert said == [before]
