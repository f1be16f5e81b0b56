import asyncio

import pytest

from etascope.studio.middleware import CancelOnDisconnect, Guard


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"secret"})


def request_through(guard, host=b"127.0.0.1:8000", query=b"", path="/", method="GET", **headers):
    """Return status, headers and body of a request."""
    sent = []

    async def send(message):
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(b"host", host), *named],
        "query_string": query,
    }
    asyncio.run(guard(scope, None, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.parametrize("host", [b"127.0.0.1:8000", b"localhost", b"LOCALHOST:80", b"[::1]:8000", b"127.8.8.8:1"])
def test_this_machine_is_known_by_its_own_addresses(host):
    status, headers, body = request_through(Guard(app), host)
    assert (status, body) == (200, b"secret")
    assert b"script-src 'self'" in headers[b"content-security-policy"]
    assert b"unsafe-eval" not in headers[b"content-security-policy"]
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "host", [b"evil.example", b"127.0.0.1.evil.example:8000", b"", b"192.168.1.5:8000", b"[::2]:80"]
)
def test_another_name_for_this_machine_is_refused(host):
    status, headers, body = request_through(Guard(app), host)
    assert status == 421
    assert b"secret" not in body
    assert b'{"error": "' in body
    assert b"content-security-policy" in headers


def test_pages_from_elsewhere_are_refused():
    for origin in (b"https://evil.example", b"null", b"http://127.0.0.1:9999"):
        assert request_through(Guard(app), origin=origin)[0] == 403
    assert request_through(Guard(app), origin=b"http://127.0.0.1:8000")[0] == 200


def test_another_address_needs_the_token():
    guard = Guard(app, frozenset({"teacher.example"}), "s3cret-t0ken")
    host = b"teacher.example:8000"
    assert request_through(guard, host)[0] == 401
    assert request_through(guard, host, b"token=wrong")[0] == 401
    assert request_through(guard, host, b"token=")[0] == 401
    assert request_through(guard, host, cookie=b"etascope_token=wrong")[0] == 401
    status, headers, _ = request_through(guard, host, b"way=why&token=s3cret-t0ken")
    assert status == 200
    assert b"HttpOnly; SameSite=Strict" in headers[b"set-cookie"]
    assert request_through(guard, host, cookie=headers[b"set-cookie"].split(b";")[0])[0] == 200
    assert request_through(guard, b"evil.example", b"token=s3cret-t0ken")[0] == 421


def test_with_a_token_the_machine_is_known_by_its_addresses_in_the_network_too():
    guard = Guard(app, token="s3cret-t0ken")
    assert request_through(guard, b"192.168.1.5:8000", b"token=s3cret-t0ken")[0] == 200
    assert request_through(guard, b"192.168.1.5:8000")[0] == 401
    assert request_through(guard, b"rebound.example:8000", b"token=s3cret-t0ken")[0] == 421


def test_the_names_of_the_machine_are_told_to_who_asks_by_another():
    guard = Guard(app, frozenset({"lab", "lab.local"}), "s3cret-t0ken")
    for host in (b"lab.local:8000", b"LAB", b"lab.local.:8000"):
        assert request_through(guard, host, b"token=s3cret-t0ken")[0] == 200
    status, _, body = request_through(guard, b"rebound.example", b"token=s3cret-t0ken")
    assert (status, b"address or as lab, lab.local; found" in body) == (421, True)
    assert b" or as " not in request_through(Guard(app), b"rebound.example")[2]


def test_bodies_are_small_but_for_uploads():
    guard = Guard(app)
    assert request_through(guard, content_length=b"65536")[0] == 200
    for large in ({"content_length": b"65537"}, {"content_length": b"-1"}, {"transfer_encoding": b"chunked"}):
        assert request_through(guard, **large)[0] == 413
        assert request_through(guard, path="/api/uploads", **large)[0] == 200


def test_what_is_no_request_passes():
    types = []

    async def inner(scope, receive, send):
        types.append(scope["type"])

    asyncio.run(Guard(inner)({"type": "lifespan"}, None, None))
    assert types == ["lifespan"]


#: Requests as browsers make them: from where, in which mode, for what, and which of the page, its parts and its API
#: they may reach.
ALL, PAGE, NONE = (200, 200, 200), (200, 403, 403), (403, 403, 403)
REQUESTS = [
    (None, None, None, ALL),  # curl, and browsers of before 2020
    ("none", "navigate", "document", ALL),  # an address that was typed
    ("same-origin", "cors", "empty", ALL),  # fetch, EventSource
    ("same-origin", "navigate", "document", ALL),  # a link to a report
    ("same-origin", "no-cors", "script", ALL),
    ("same-origin", "no-cors", "image", ALL),
    ("cross-site", "navigate", "document", PAGE),
    ("cross-site", "navigate", None, PAGE),
    ("same-site", "navigate", "document", PAGE),  # another port of this machine
    *((site, "navigate", frame, NONE)
      for site in ("cross-site", "same-site") for frame in ("iframe", "frame", "object", "embed", "fencedframe")),
    *((site, mode, dest, NONE)
      for site in ("cross-site", "same-site")
      for mode in ("no-cors", "cors", "same-origin", "websocket", None)
      for dest in ("image", "script", "style", "audio", "empty", "report", "document", None)),
    ("same-origin, cross-site", "navigate", "document", PAGE),
    ("", "navigate", "document", PAGE),
    ("CROSS-SITE", "no-cors", "image", NONE),
    (" same-origin ", "cors", "empty", ALL),
]  # fmt: skip


@pytest.mark.parametrize(("site", "mode", "dest", "may"), REQUESTS)
def test_other_pages_start_nothing_and_their_links_lead_to_the_page_alone(site, mode, dest, may):
    given = {"sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": dest}
    sent = {name: value.encode() for name, value in given.items() if value is not None}
    for paths, status in zip((("/", "/index.html"), ("/page.js", "/vega.js"), APIS), may, strict=True):
        assert [request_through(Guard(app), path=path, **sent)[0] for path in paths] == [status] * len(paths)


APIS = ("/api/race", "/api/studio", "/api/openapi.json", "//api/race", "/api/../", "/API/race", "/index.html/api")


def test_a_form_of_another_page_sends_nothing_even_to_the_page():
    sent = {"sec_fetch_site": b"cross-site", "sec_fetch_mode": b"navigate", "sec_fetch_dest": b"document"}
    assert request_through(Guard(app), method="HEAD", **sent)[0] == 200
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert request_through(Guard(app), method=method, **sent)[0] == 403


@pytest.mark.parametrize("other", [b"a/b=1", b"a:b=1", b"x[y]=1", b'{"a": 1}', b"no value"])
def test_cookies_of_other_servers_of_this_machine_do_no_harm(other):
    guard = Guard(app, frozenset({"teacher.example"}), "s3cret-t0ken")
    host = b"teacher.example:8000"
    assert request_through(guard, host, cookie=other + b"; etascope_token=s3cret-t0ken")[0] == 200
    assert request_through(guard, host, cookie=other)[0] == 401
    assert request_through(Guard(app), cookie=other)[0] == 200


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
        await asyncio.wait_for(CancelOnDisconnect(watched)({"type": "http"}, receive, send), 20)

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
