import asyncio
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from etascope import InputError
from etascope.studio import worker_pool as module
from etascope.studio.bounds import Limit
from etascope.studio.failure import Failed
from etascope.studio.worker_pool import WorkerPool


def whose(page, log):
    with open(log, "a") as file:
        file.write(f"{page}\n")
    time.sleep(0.05)
    return page


def die(flag):
    """End the process at once the first time, like one that the system killed."""
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def always_die(log):
    """End the process at once, whenever it is asked."""
    with open(log, "a") as file:
        file.write(f"{os.getpid()}\n")
    os.kill(os.getpid(), signal.SIGKILL)


class Stubborn(Exception):
    """Cannot be made anew from what it was given, as many exceptions of other libraries cannot."""

    def __init__(self, one, two):
        super().__init__(f"{one} {two}")
        self.held = lambda: None


class BadInput(InputError):
    """Loses an argument when it is made anew."""

    def __init__(self, name, reason):
        super().__init__(f"{name} is bad: {reason}.", "Try --other.")


def leave(how):
    """Leave in a way that an ordinary `except` does not see, or with what cannot be sent."""
    if how == "exit":
        sys.exit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "input":
        raise BadInput("x", "y")
    if how == "memory":
        raise MemoryError
    if how == "result":
        return lambda: None
    raise Stubborn("a", "b")


def forever(log):
    Path(log).write_text(str(os.getpid()))
    while True:
        time.sleep(0.01)


async def ended(pid):
    """Wait until a process is no more."""
    for _ in range(400):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        await asyncio.sleep(0.05)
    return False


def fail():
    raise InputError("no. Try yes.")


def with_pool(work, workers=1):
    async def go():
        pool = WorkerPool(workers)
        try:
            return await asyncio.wait_for(work(pool), 60)
        finally:
            pool.close()

    return asyncio.run(go())


def test_pages_take_turns_however_much_one_of_them_asks(tmp_path):
    log = tmp_path / "log"

    async def work(pool):
        many = [pool.run("greedy", whose, "greedy", log) for _ in range(8)]
        few = [pool.run("modest", whose, "modest", log) for _ in range(2)]
        assert await asyncio.gather(*many, *few) == ["greedy"] * 8 + ["modest"] * 2

    with_pool(work)
    order = log.read_text().split()
    assert len(order) == 10
    assert order.index("modest") <= 2
    assert max(i for i, page in enumerate(order) if page == "modest") <= 4


def test_what_nobody_waits_for_any_more_is_not_done(tmp_path):
    log = tmp_path / "log"

    async def work(pool):
        tasks = [asyncio.ensure_future(pool.run("page", whose, f"{i}", log)) for i in range(10)]
        await tasks[0]
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await pool.run("page", whose, "last", log) == "last"

    with_pool(work)
    done = log.read_text().split()
    assert done[0] == "0"
    assert done[-1] == "last"
    assert len(done) <= 4


def test_a_worker_that_dies_is_replaced_and_its_work_done_again(tmp_path):
    assert with_pool(lambda pool: pool.run("page", die, str(tmp_path / "died"))) == "done"


def test_all_work_that_a_worker_took_with_it_is_done_by_the_next_ones(tmp_path):
    # Other tests may have pools of their own.
    others = set(multiprocessing.active_children())

    async def work(pool):
        results = await asyncio.gather(
            pool.run("a", die, str(tmp_path / "died")), *(pool.run("b", whose, "b", tmp_path / "log") for _ in range(5))
        )
        assert results == ["done", *["b"] * 5]
        return len(set(multiprocessing.active_children()) - others)

    assert with_pool(work, workers=2) <= 2


def test_what_a_worker_raises_arrives():
    with pytest.raises(InputError, match="Try yes"):
        with_pool(lambda pool: pool.run("page", fail))


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ("raise", Failed, "the studio failed with Stubborn: a b. Try again; if it stays, report it."),
        ("exit", Failed, "the studio failed with SystemExit: 3. Try again; if it stays, report it."),
        ("interrupt", Failed, "the process that worked on this was told to stop. Try again."),
        ("input", InputError, "x is bad: y. Try --other."),
        ("memory", InputError, "this takes more memory than there is."),
        ("result", Failed, "the studio failed with"),
    ],
)
def test_whatever_a_worker_raises_arrives_as_a_sentence_and_the_worker_goes_on(how, kind, said):
    async def work(pool):
        before = await pool.run("page", os.getpid)
        with pytest.raises(kind) as caught:
            await pool.run("page", leave, how)
        assert await pool.run("page", os.getpid) == before
        return str(caught.value)

    assert said in with_pool(work)


def test_two_workers_that_die_over_a_piece_are_a_sentence(tmp_path):
    log = tmp_path / "log"

    async def work(pool):
        with pytest.raises(Failed, match=r"ended two processes over this, .* Take fewer") as caught:
            await pool.run("page", always_die, log)
        assert caught.value.status == 503
        assert await pool.run("page", whose, "next", tmp_path / "next") == "next"

    with_pool(work)
    assert len(set(log.read_text().split())) == 2


def test_a_worker_that_died_with_nothing_to_do_costs_no_piece_its_second_try(tmp_path):
    async def work(pool):
        for turn in range(3):
            idle = await pool.run("page", os.getpid)
            os.kill(idle, signal.SIGKILL)
            assert await ended(idle)
            assert await pool.run("page", die, str(tmp_path / f"died{turn}")) == "done"

    with_pool(work)


def test_no_more_waits_than_may(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MOST_WAITING", 3)

    async def work(pool):
        tasks = [asyncio.ensure_future(pool.run("page", whose, "x", tmp_path / "log")) for _ in range(9)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        refused = [one for one in results if isinstance(one, InputError)]
        assert len(refused) == 5
        assert "Try again" in str(refused[0])
        assert await pool.run("page", whose, "y", tmp_path / "log") == "y"

    with_pool(work)


def test_closing_ends_the_processes():
    async def work(pool):
        pid = await pool.run("page", os.getpid)
        pool.close()
        return await ended(pid)

    assert with_pool(work)


def test_what_takes_longer_than_it_may_is_ended_and_its_process_replaced(tmp_path):
    log = tmp_path / "log"

    async def work(pool):
        await pool.run("page", os.getpid)
        with pytest.raises(InputError, match=r"a race may take 0\.5 s of work here, .* Take fewer epochs"):
            await pool.run("page", forever, log, limit=Limit("a race", 0.5))
        gone = int(log.read_text())
        assert await pool.run("page", os.getpid) != gone
        assert await ended(gone)

    with_pool(work)


def test_the_pieces_of_a_job_have_their_time_together_and_others_go_on(tmp_path):
    limit = Limit("a landscape", 1.0)

    async def work(pool):
        await asyncio.gather(*(pool.run("page", whose, i, tmp_path / "log") for i in range(4)))
        pieces = [pool.run("page", forever, tmp_path / f"{i}", limit=limit) for i in range(6)]
        other = pool.run("other", whose, "other", tmp_path / "log")
        *results, said = await asyncio.gather(*pieces, other, return_exceptions=True)
        assert all("a landscape may take 1 s" in str(one) for one in results)
        assert said == "other"
        # Those that waited when the time was used up never began.
        assert len(list(tmp_path.glob("[0-5]"))) <= 2
        assert await pool.run("page", whose, "again", tmp_path / "log") == "again"

    with_pool(work, workers=2)


def test_waiting_for_others_does_not_count(tmp_path):
    async def work(pool):
        await pool.run("page", os.getpid)
        limits = [Limit("a race", 30.0) for _ in range(10)]
        await asyncio.gather(*(pool.run(f"{i}", whose, i, tmp_path / "log", limit=one) for i, one in enumerate(limits)))
        # Ten pieces of 0.05 s after each other, of which each counts its own.
        return [30.0 - one.left() for one in limits[1:]]

    spent = with_pool(work)
    assert all(seconds >= 0.04 for seconds in spent)
    assert sorted(spent)[len(spent) // 2] < 0.25


def test_what_nobody_wants_any_more_does_not_hold_its_process(tmp_path):
    log = tmp_path / "log"

    async def work(pool):
        task = asyncio.ensure_future(pool.run("page", forever, log))
        while not log.exists() or not log.read_text():
            await asyncio.sleep(0.02)
        task.cancel()
        assert await pool.run("page", whose, "next", tmp_path / "next") == "next"
        assert await ended(int(log.read_text()))

    with_pool(work)
