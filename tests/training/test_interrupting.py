import os
import signal
import threading

import pytest

from etascope.training.interrupting import Interrupts


@pytest.fixture
def interrupts():
    taken = Interrupts()
    taken.begin()
    yield taken
    taken.finish()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_ends_a_process_is_a_keyboard_interrupt(interrupts, number):
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_one_that_is_held_back_comes_after_the_block(interrupts):
    done = []

    def interrupted():
        with interrupts.held_back():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("the whole block")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == ["the whole block"]
    with interrupts.held_back():
        pass


def test_what_was_there_before_is_given_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    taken = Interrupts()
    taken.begin()
    assert signal.getsignal(signal.SIGTERM) != before[1]
    taken.finish()
    taken.finish()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        taken = Interrupts()
        taken.begin()
        os.kill(os.getpid(), signal.SIGHUP)
        taken.finish()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_nothing_is_taken_over():
    before, said = signal.getsignal(signal.SIGTERM), []

    def work():
        taken = Interrupts()
        taken.begin()
        said.append(signal.getsignal(signal.SIGTERM))
        taken.finish()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert said == [before]
