import asyncio

import pytest

from etascope.studio.guard import Guard


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"secret"})


def asked(guard, host=b"127.0.0.1:8000", query=b"", path="/", **headers):
    """Return status, headers and body of a request."""
    sent = []

    async def send(message):
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "headers": [(b"host", host), *named], "query_string": query}
    asyncio.run(guard(scope, None, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.parametrize("host", [b"127.0.0.1:8000", b"localhost", b"LOCALHOST:80", b"[::1]:8000", b"127.8.8.8:1"])
def test_this_machine_is_known_by_its_own_addresses(host):
    status, headers, body = asked(Guard(app), host)
    assert (status, body) == (200, b"secret")
    assert b"script-src 'self'" in headers[b"content-security-policy"]
    assert b"unsafe-eval" not in headers[b"content-security-policy"]
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "host", [b"evil.example", b"127.0.0.1.evil.example:8000", b"", b"192.168.1.5:8000", b"[::2]:80"]
)
def test_another_name_for_this_machine_is_refused(host):
    status, headers, body = asked(Guard(app), host)
    assert status == 421
    assert b"secret" not in body
    assert b'{"error": "' in body
    assert b"content-security-policy" in headers


def test_pages_from_elsewhere_are_refused():
    for origin in (b"https://evil.example", b"null", b"http://127.0.0.1:9999"):
        assert asked(Guard(app), origin=origin)[0] == 403
    assert asked(Guard(app), origin=b"http://127.0.0.1:8000")[0] == 200


def test_another_address_needs_the_token():
    guard = Guard(app, frozenset({"teacher.example"}), "s3cret-t0ken")
    host = b"teacher.example:8000"
    assert asked(guard, host)[0] == 401
    assert asked(guard, host, b"token=wrong")[0] == 401
    assert asked(guard, host, b"token=")[0] == 401
    assert asked(guard, host, cookie=b"etascope_token=wrong")[0] == 401
    status, headers, _ = asked(guard, host, b"way=why&token=s3cret-t0ken")
    assert status == 200
    assert b"HttpOnly; SameSite=Strict" in headers[b"set-cookie"]
    assert asked(guard, host, cookie=headers[b"set-cookie"].split(b";")[0])[0] == 200
    assert asked(guard, b"evil.example", b"token=s3cret-t0ken")[0] == 421


def test_with_a_token_the_machine_is_known_by_its_addresses_in_the_network_too():
    guard = Guard(app, token="s3cret-t0ken")
    assert asked(guard, b"192.168.1.5:8000", b"token=s3cret-t0ken")[0] == 200
    assert asked(guard, b"192.168.1.5:8000")[0] == 401
    assert asked(guard, b"rebound.example:8000", b"token=s3cret-t0ken")[0] == 421


def test_bodies_are_small_but_for_uploads():
    guard = Guard(app)
    assert asked(guard, content_length=b"65536")[0] == 200
    for large in ({"content_length": b"65537"}, {"content_length": b"-1"}, {"transfer_encoding": b"chunked"}):
        assert asked(guard, **large)[0] == 413
        assert asked(guard, path="/api/uploads", **large)[0] == 200


def test_what_is_no_request_passes():
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Guard(inner)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]


def test_pictures_and_scripts_of_other_sites_ask_for_nothing_but_links_lead_here():
    elsewhere = {"sec_fetch_site": b"cross-site"}
    assert asked(Guard(app), **elsewhere, sec_fetch_mode=b"no-cors")[0] == 403
    assert asked(Guard(app), **elsewhere, sec_fetch_mode=b"navigate")[0] == 200
    assert asked(Guard(app), sec_fetch_site=b"same-origin", sec_fetch_mode=b"cors")[0] == 200


@pytest.mark.parametrize("other", [b"a/b=1", b"a:b=1", b"x[y]=1", b'{"a": 1}', b"no value"])
def test_cookies_of_other_servers_of_this_machine_do_no_harm(other):
    guard = Guard(app, frozenset({"teacher.example"}), "s3cret-t0ken")
    host = b"teacher.example:8000"
    assert asked(guard, host, cookie=other + b"; etascope_token=s3cret-t0ken")[0] == 200
    assert asked(guard, host, cookie=other)[0] == 401
    assert asked(Guard(app), cookie=other)[0] == 200
