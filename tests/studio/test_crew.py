import asyncio
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from etascope import InputError
from etascope.studio import crew as module
from etascope.studio.crew import Crew


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


def fail():
    raise InputError("no. Try yes.")


def with_crew(work, workers=1):
    async def go():
        crew = Crew(workers)
        try:
            return await asyncio.wait_for(work(crew), 60)
        finally:
            crew.close()

    return asyncio.run(go())


def test_pages_take_turns_however_much_one_of_them_asks(tmp_path):
    log = tmp_path / "log"

    async def work(crew):
        many = [crew.run("greedy", whose, "greedy", log) for _ in range(8)]
        few = [crew.run("modest", whose, "modest", log) for _ in range(2)]
        assert await asyncio.gather(*many, *few) == ["greedy"] * 8 + ["modest"] * 2

    with_crew(work)
    order = log.read_text().split()
    assert len(order) == 10
    assert order.index("modest") <= 2
    assert max(i for i, page in enumerate(order) if page == "modest") <= 4


def test_what_nobody_waits_for_any_more_is_not_done(tmp_path):
    log = tmp_path / "log"

    async def work(crew):
        tasks = [asyncio.ensure_future(crew.run("page", whose, f"{i}", log)) for i in range(10)]
        await tasks[0]
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await crew.run("page", whose, "last", log) == "last"

    with_crew(work)
    done = log.read_text().split()
    assert done[0] == "0"
    assert done[-1] == "last"
    assert len(done) <= 4


def test_a_worker_that_dies_is_replaced_and_its_work_done_again(tmp_path):
    assert with_crew(lambda crew: crew.run("page", die, str(tmp_path / "died"))) == "done"


def test_all_work_that_a_worker_took_with_it_is_done_by_the_next_ones(tmp_path):
    # Other tests may have crews of their own.
    others = set(multiprocessing.active_children())

    async def work(crew):
        found = await asyncio.gather(
            crew.run("a", die, str(tmp_path / "died")), *(crew.run("b", whose, "b", tmp_path / "log") for _ in range(5))
        )
        assert found == ["done", *["b"] * 5]
        return len(set(multiprocessing.active_children()) - others)

    assert with_crew(work, workers=2) <= 2


def test_what_a_worker_raises_arrives():
    with pytest.raises(InputError, match="Try yes"):
        with_crew(lambda crew: crew.run("page", fail))


def test_no_more_waits_than_may(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MOST_WAITING", 3)

    async def work(crew):
        tasks = [asyncio.ensure_future(crew.run("page", whose, "x", tmp_path / "log")) for _ in range(9)]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        refused = [one for one in found if isinstance(one, InputError)]
        assert len(refused) == 5
        assert "Try again" in str(refused[0])
        assert await crew.run("page", whose, "y", tmp_path / "log") == "y"

    with_crew(work)


def test_closing_ends_the_processes():
    async def work(crew):
        pid = await crew.run("page", os.getpid)
        crew.close()
        for _ in range(100):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
            await asyncio.sleep(0.05)
        return False

    assert with_crew(work)
