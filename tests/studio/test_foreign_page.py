"""A page of another port of this machine, in Chromium: whatever it holds, nothing of it reaches the studio's API."""

import contextlib
import socket
import threading
import time

import pytest
import uvicorn

from etascope.studio.middleware import Guard

HOSTILE = """<!doctype html><meta charset="utf-8"><title>foreign</title>
<iframe src="{api}?by=iframe"></iframe><img src="{api}?by=img"><script src="{api}?by=script"></script>
<link rel="stylesheet" href="{api}?by=style"><link rel="prefetch" href="{api}?by=prefetch">
<object data="{api}?by=object"></object><embed src="{api}?by=embed"><video src="{api}?by=video"></video>
<iframe name="one"></iframe><iframe name="two"></iframe>
<form id="get" method="get" action="{api}" target="one"><input name="by" value="form"></form>
<form id="post" method="post" action="{api}?by=post" target="two"></form>
<iframe src="{page}?by=framed"></iframe>
<script>
fetch("{api}?by=fetch", {{mode: "no-cors"}}).catch(() => 0);
fetch("{api}?by=cors").catch(() => 0);
new EventSource("{api}?by=events");
navigator.sendBeacon("{api}?by=beacon", "x");
for (const form of document.forms) form.submit();
</script>"""


@contextlib.contextmanager
def serving(app):
    """Serve an application in a thread, and yield its port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


def answering(body, requests):
    async def app(scope, receive, send):
        requests.append(f"{scope['path']}?{scope['query_string'].decode()}")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": body()})

    return app


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_nothing_that_a_foreign_page_holds_reaches_the_studio(name, browser):
    reached, requests = [], []
    with serving(Guard(answering(lambda: b"<title>studio</title>", reached))) as port:
        studio = f"http://127.0.0.1:{port}"
        hostile = HOSTILE.format(api=f"{studio}/api/race", page=f"{studio}/").encode()
        with serving(answering(lambda: hostile, [])) as other:
            page = browser.new_page()
            page.on("request", lambda one: requests.append(one.url) if "by=" in one.url else None)
            page.goto(f"http://{name}:{other}/")
            began = time.monotonic()
            while len(requests) < 14 and time.monotonic() - began < 20:
                page.wait_for_timeout(100)
            page.wait_for_timeout(500)
            tried = {url.partition("by=")[2] for url in requests}
            assert {"iframe", "img", "script", "object", "form", "post", "fetch", "events", "beacon"} <= tried
            assert [path for path in reached if path != "/favicon.ico?"] == []
            # A link leads to the page, and not to what works.
            page.set_content(f"<a id='page' href='{studio}/?way=why'>x</a><a id='api' href='{studio}/api/race'>y</a>")
            page.click("#api")
            page.wait_for_url("**/api/race")
            assert "must come from the studio's own page" in page.content()
            page.goto(f"http://{name}:{other}/")
            page.set_content(f"<a id='page' href='{studio}/?way=why'>x</a>")
            page.click("#page")
            page.wait_for_url("**/?way=why")
            assert page.title() == "studio"
            assert "/api/race?" not in reached
            # The studio's own page does ask.
            page.evaluate("fetch('/api/race?by=own').then(answer => answer.text())")
            page.evaluate("document.body.innerHTML = `<a id='own' href='/api/race?by=link'>z</a>`")
            page.click("#own")
            page.wait_for_url("**/api/race?by=link")
            page.close()
    assert {"/api/race?by=own", "/api/race?by=link"} <= set(reached)
