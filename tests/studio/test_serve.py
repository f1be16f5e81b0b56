import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from etascope import InputError
from etascope.cli.dialect import command_line
from etascope.studio.serve import serve
from tests.studio.served import studio


def fetch(address, path="/api/studio", **headers):
    """Return the status and the body of a request to the address, whatever Host is said."""
    at = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", at.port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_it_listens_on_loopback_alone_and_answers_its_own_name_alone(tmp_path):
    with studio(tmp_path / "runs.sqlite") as address:
        assert urlsplit(address).hostname == "127.0.0.1"
        assert fetch(address)[0] == 200
        assert fetch(address, Host="evil.example")[0] == 421
        assert fetch(address, Origin="https://evil.example")[0] == 403


def test_another_address_needs_the_token_of_the_link(tmp_path):
    with studio(tmp_path / "runs.sqlite", "--host", "0.0.0.0") as link:
        token = parse_qs(urlsplit(link).query)["token"][0]
        assert len(token) >= 32
        assert fetch(link)[0] == 401
        assert fetch(link, "/")[0] == 401
        assert fetch(link, f"/api/studio?token={token}")[0] == 200
        assert fetch(link, Cookie=f"etascope_token={token}")[0] == 200


def test_an_address_that_cannot_be_had_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match=r"cannot be had: ") as caught:
            serve(None, port=taken.getsockname()[1], show=False)
        assert caught.value.written(command_line).endswith("Leave --port out.")
    with pytest.raises(InputError, match="cannot be had"):
        serve(None, "203.0.113.7", show=False)


@pytest.mark.parametrize(
    "host",
    ["", " ", "\t", "nohost9", "999.1.1.1", "8.8.8.8", "<broadcast>", "*", "127.0.0.1:80", "http://127.0.0.1", "[::1]",
     "-", "a b", "." * 300, "\u00e4" * 100, "a\0b"],
)  # fmt: skip
def test_an_address_that_is_none_of_this_machine_is_told_with_what_to_do(host):
    for port in (0, 8000):
        with pytest.raises(InputError, match=r"Leave host out .* 0\.0\.0\.0 for all") as caught:
            serve(None, host, port, show=False)
        assert "Leave --host out" in caught.value.written(command_line)
        assert "--port" not in caught.value.written(command_line)


def test_a_name_of_this_machine_is_listened_at_and_known(tmp_path):
    own = socket.gethostname()
    with studio(tmp_path / "runs.sqlite", "--host", "0.0.0.0") as link:
        question = urlsplit(link).query
        port = urlsplit(link).port
        for name in (own, own.upper(), f"{own.partition('.')[0]}.local", socket.getfqdn(), f"{own}.", "192.168.1.5"):
            assert fetch(link, f"/api/studio?{question}", Host=f"{name}:{port}")[0] == 200, name
        status, said = fetch(link, f"/api/studio?{question}", Host="evil.example")
        assert (status, f"{own.partition('.')[0].lower()}.local" in said) == (421, True)
    with studio(tmp_path / "runs.sqlite", "--host", "LocalHost") as link:
        assert fetch(link, f"/api/studio?{urlsplit(link).query}")[0] == 200


def test_it_serves_outside_the_main_thread_too():
    code = """
import os, sys, threading
from etascope.studio.serve import serve
told = {"show": False, "tell": lambda link: print(link, flush=True)}
threading.Thread(target=serve, args=(None,), kwargs=told, daemon=True).start()
sys.stdin.read()
os._exit(0)
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as server:
        try:
            assert fetch(server.stdout.readline().strip())[0] == 200
            server.stdin.close()
            assert server.wait(20) == 0
            assert "Error" not in server.stderr.read()
        finally:
            server.kill()


@pytest.mark.parametrize("between", [0.05, 0.4])
def test_a_second_ctrl_c_ends_it_soon_and_leaves_nothing(between, tmp_path):
    command = [sys.executable, "-m", "etascope", "studio", "--no-open", "--store", str(tmp_path / "runs.sqlite")]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            address = server.stdout.readline().split()[3]
            assert fetch(address, "/api/metrics?learning_rate=0.1&epochs=1&hidden=")[0] == 200
            sent = connected(address, b"POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx")
            long = b"GET /api/landscape?hidden=512,512&epochs=20&folds=5 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            waiting = connected(address, long)
            while not list(tmp_path.glob("etascope-studio-*")):
                time.sleep(0.05)
            time.sleep(0.5)
            began = time.monotonic()
            server.send_signal(signal.SIGINT)
            time.sleep(between)
            server.send_signal(signal.SIGINT)
            assert server.wait(30) == 0
            assert time.monotonic() - began < 5
            assert server.stderr.read() == ""
            sent.close()
            waiting.close()
        finally:
            server.kill()
    assert not list(tmp_path.glob("etascope-studio-*"))


def test_the_first_visitor_waits_for_the_server_and_is_not_turned_away(tmp_path):
    # `studio` goes on as soon as the link is there, before the server is.
    with studio(tmp_path / "runs.sqlite") as address:
        assert fetch(address)[0] == 200


@pytest.mark.parametrize("under_way", [False, True])
def test_ctrl_c_ends_it_quietly(under_way, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "etascope", "studio", "--no-open", "--store", str(tmp_path / "runs.sqlite")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        link = process.stdout.readline().split()[3]
        assert fetch(link)[0] == 200
        waiting = socket.create_connection(("127.0.0.1", urlsplit(link).port))
        if under_way:
            for path in ("landscape?", "metrics?learning_rate=0.1&"):
                waiting.sendall(f"GET /api/{path}epochs=20&hidden=512 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert waiting.recv(16).startswith(b"HTTP/1.1 200")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
        waiting.close()
    finally:
        process.kill()
        process.stdout.close()
        process.stderr.close()
        process.wait()


def connected(address, sent):
    opened = socket.create_connection(("127.0.0.1", urlsplit(address).port), timeout=40)
    opened.sendall(sent)
    return opened


def left_open(sockets, seconds):
    """Return how many connections the server has not closed after so many seconds."""
    until = time.monotonic() + seconds
    for one in sockets:
        one.settimeout(max(until - time.monotonic(), 0.01))
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while one.recv(65536):
                pass
            one.close()
    return sum(one.fileno() != -1 for one in sockets)


def test_requests_that_do_not_come_whole_are_closed_and_others_are_answered(tmp_path):
    half = b"GET /api/studio HTTP/1.1\r\nHost: localhost\r\n"
    body = b"POST /api/predictions?learning_rate=0.1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{"
    upload = b"POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nno zip"
    with studio(tmp_path / "runs.sqlite") as address:
        assert fetch(address)[0] == 200
        slow, sent = connected(address, upload), len(b"no zip")
        began = time.monotonic()
        stuck = [connected(address, half) for _ in range(300)]
        stuck += [connected(address, b"") for _ in range(10)]
        stuck += [connected(address, body) for _ in range(10)]
        stuck += [connected(address, half + b"\r\n" + half) for _ in range(10)]
        refused = upload.replace(b"localhost", b"elsewhere").replace(b": 1000", b": 999")
        stalled = [connected(address, upload) for _ in range(3)]
        trickle = [connected(address, refused) for _ in range(5)]
        trickle += [connected(address, b"GET / HTTP/1.1\r\n") for _ in range(5)]
        while time.monotonic() - began < 8:
            assert fetch(address)[0] == 200
            slow.sendall(b"x")
            sent += 1
            for one in trickle:
                with contextlib.suppress(ConnectionError):
                    one.sendall(b"X\r\n" if one in trickle[:5] else b"X: 1\r\n")
            time.sleep(0.5)
        # What was asked whole before is answered; the rest is closed.
        assert left_open(stuck + trickle, 20) == 0
        took = time.monotonic() - began
        assert took >= 9
        assert fetch(address)[0] == 200
        # An upload may take longer than other requests, as long as it goes on.
        slow.sendall(b"x" * (1000 - sent))
        assert slow.recv(65536).startswith(b"HTTP/1.1 400 Bad Request")
        slow.close()
        for one in stalled:
            # Closed by the server, too: a file comes to its end then.
            with one, one.makefile("rb") as said:
                assert b"nothing came for 10 s" in said.read()


def test_what_is_no_http_is_closed_without_a_word_at_the_terminal(tmp_path):
    chunked = b"POST /api/%s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = b"GET /api/studio HTTP/1.1\r\nHost: localhost\r\n\r\n"
    wrong = b"ZZZ\r\nabc"
    cases = [chunked % b"predictions" + wrong, chunked % b"uploads" + wrong, chunked % b"uploads" + b"3\r\nabcdef",
             wrong + b"\r\n\r\n", whole + wrong, whole + wrong + b"\r\n\r\n", b"\0" * 100]  # fmt: skip
    command = [sys.executable, "-m", "etascope", "studio", "--no-open", "--store", str(tmp_path / "runs.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[3]
            assert fetch(address)[0] == 200
            sockets = [connected(address, case) for case in cases]
            for case in cases:
                # The same in two pieces: an answer may have begun before what is wrong comes.
                sockets.append(connected(address, case[:-4]))
                time.sleep(0.1)
                with contextlib.suppress(ConnectionError):
                    sockets[-1].sendall(case[-4:])
            assert left_open(sockets, 20) == 0
            assert fetch(address)[0] == 200
            server.send_signal(signal.SIGINT)
            assert server.wait(20) == 0
            assert server.stderr.read() == ""
        finally:
            server.kill()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there are no terminals that hang up here")
def test_a_terminal_that_is_closed_leaves_nothing(tmp_path):
    command = [sys.executable, "-m", "etascope", "studio", "--no-open", "--store", str(tmp_path / "runs.sqlite")]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for loaded in (True, False):
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        ) as server:
            address = server.stdout.readline().split()[3]
            assert fetch(address)[0] == 200
            if loaded:
                assert fetch(address, "/api/metrics?learning_rate=0.1&epochs=1&hidden=")[0] == 200
            sent = connected(address, b"POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx")
            while not list(tmp_path.glob("etascope-studio-*")):
                time.sleep(0.05)
            workers = [path.parent for path in Path("/proc").glob("[0-9]*/stat") if _parent(path) == server.pid]
            assert len(workers) >= 1
            server.send_signal(signal.SIGHUP)
            assert server.wait(30) == 0
            assert server.stderr.read() == ""
            sent.close()
        until = time.monotonic() + 20
        while any(_lives(worker) for worker in workers):
            assert time.monotonic() < until, "a worker lives on"
            time.sleep(0.05)
        assert not list(tmp_path.glob("etascope-studio-*"))


def test_workers_end_with_a_server_that_was_killed(tmp_path):
    command = [sys.executable, "-m", "etascope", "studio", "--no-open", "--store", str(tmp_path / "runs.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        address = server.stdout.readline().split()[3]
        assert fetch(address, "/api/metrics?learning_rate=0.1&epochs=1&hidden=")[0] == 200
        workers = [path.parent for path in Path("/proc").glob("[0-9]*/stat") if _parent(path) == server.pid]
        assert len(workers) >= 1
        server.kill()
    for _ in range(200):
        if not any(_lives(worker) for worker in workers):
            return
        time.sleep(0.05)
    pytest.fail("a worker lives on without its server")


def _parent(stat):
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _lives(process):
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
