import asyncio

from etascope.studio.cancellation import Wanted


def talk(app, incoming, leave=None):
    """Let an application answer what comes in, until `leave` is set; return what it sent and whether it was stopped."""
    sent, stopped = [], []

    async def go():
        left, coming = asyncio.Event(), iter(incoming)

        async def receive():
            for message in coming:
                return message
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        async def watched(scope, receive, send):
            try:
                await app(scope, receive, send)
            except asyncio.CancelledError:
                stopped.append(True)
                raise

        if leave is not None:
            asyncio.get_running_loop().call_later(leave, left.set)
        await asyncio.wait_for(Wanted(watched)({"type": "http"}, receive, send), 20)

    asyncio.run(go())
    return sent, bool(stopped)


def body(*parts):
    return [{"type": "http.request", "body": part, "more_body": i < len(parts) - 1} for i, part in enumerate(parts)]


async def echo(scope, receive, send):
    more = True
    while more:
        message = await receive()
        more = message["more_body"]
        await send({"type": "http.response.body", "body": message["body"], "more_body": more})


async def forever(scope, receive, send):
    await receive()
    await asyncio.Event().wait()


def test_who_waits_is_answered():
    sent, stopped = talk(echo, body(b"a", b"b", b"c"))
    assert [message["body"] for message in sent] == [b"a", b"b", b"c"]
    assert not stopped


def test_who_goes_takes_the_work_along():
    assert talk(forever, body(b""), leave=0.05) == ([], True)


def test_who_has_the_whole_answer_takes_nothing_along():
    closed = []

    async def answer(scope, receive, send):
        await receive()
        try:
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"all of it"})
            # A server says that the other side has gone as soon as it has all.
            await asyncio.sleep(0.2)
        finally:
            closed.append(asyncio.current_task().cancelling())

    sent, stopped = talk(answer, body(b""), leave=0.05)
    assert (len(sent), stopped, closed) == (2, False, [0])


def test_who_goes_in_the_middle_of_an_answer_takes_the_work_along():
    async def stream(scope, receive, send):
        await receive()
        while True:
            await send({"type": "http.response.body", "body": b"more", "more_body": True})
            await asyncio.sleep(0.01)

    sent, stopped = talk(stream, body(b""), leave=0.05)
    assert sent
    assert stopped


def test_what_an_answer_raises_arrives():
    async def fail(scope, receive, send):
        raise ZeroDivisionError

    try:
        talk(fail, body(b""))
    except ZeroDivisionError:
        return
    raise AssertionError("it was swallowed")
