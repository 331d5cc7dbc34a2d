"""weft get --push: answers that come before they are asked for, and servers that push too much."""

import json
import subprocess

import pytest
from bad_server import OK_HEAD, BadServer, frame, start_http2
from conftest import PROGRAM, cases

RESET, CANCEL, REFUSED = 3, b"\0\0\0\x08", b"\0\0\0\x07"


def promise(server, stream, promised, path, fields=b""):
    authority = f"127.0.0.1:{server.port}".encode()
    block = b"\x82\x86\x01" + bytes([len(authority)]) + authority + b"\x04" + bytes([len(path)]) + path + fields
    return frame(5, 4, stream, promised.to_bytes(4, "big") + block)


def redirect(stream, path):
    return frame(1, 5, stream, b"\x08\x03302" + b"\x0f\x1f" + bytes([len(path)]) + path)  # :status, location


def answer(stream, content):
    return frame(1, 4, stream, OK_HEAD) + frame(0, 1, stream, content)


@pytest.fixture
def push():
    """Starts a server that sends what `say(server)` gives behind the first request (where not `early`, the last piece of it only
    behind another one), and runs weft get against it. Gives the summary, the whole run, and all that the client sent."""
    started = []

    def run(say, *options, early=True):
        heard = bytearray()

        def talk(connection, _):
            heard.extend(start_http2(connection))
            pieces = [*say(server)]
            for piece in pieces if early else pieces[:-1]:
                connection.sendall(piece)
            while not early and requests(heard) < 2:
                heard.extend(connection.recv(65536))
            if not early:
                connection.sendall(pieces[-1])
            while more := connection.recv(65536):
                heard.extend(more)

        server = BadServer(talk)
        started.append(server)
        done = subprocess.run(
            [str(PROGRAM), "get", "--push", "--http2-prior-knowledge", "--json", "--stats", *options, server.url()],
            capture_output=True,
            timeout=60,
        )
        server.close()
        started.pop()
        return json.loads(done.stdout), done, bytes(heard)

    yield run
    for server in started:
        server.close()


def frames(heard):
    """Type, stream and payload of the frames that a client has sent."""
    at = 24  # behind the preface
    while at + 9 <= len(heard):
        size = int.from_bytes(heard[at : at + 3], "big")
        yield heard[at + 3], int.from_bytes(heard[at + 5 : at + 9], "big"), bytes(heard[at + 9 : at + 9 + size])
        at += 9 + size


def resets(heard):
    return {stream: payload for kind, stream, payload in frames(heard) if kind == RESET}


def pushed(summary):
    """The answers that no request took."""
    return [it for it in summary["requests"] if it.get("unasked")]


def requests(heard):
    return sum(kind == 1 for kind, _, _ in frames(heard))


@pytest.mark.parametrize("order", cases(("whole before it is asked for", "first"), ("still on its way", "last")))
def test_a_request_takes_the_answer_that_was_promised_for_it(push, order):
    def say(server):
        pushed, reply = [answer(2, b"pushed")], [redirect(1, b"/b")]
        yield promise(server, 1, 2, b"/b")
        yield from pushed + reply if order == "first" else reply + pushed

    summary, done, heard = push(say, "-L")
    first, second = summary["requests"]
    assert done.returncode == 0, done.stderr
    assert (first["status"], second["status"], second["stream"], second["content"]) == (302, 200, 2, 6)
    assert second["unasked"] is None and second["promised_ms"] <= second["asked_ms"]
    assert len(summary["requests"]) == 2 and summary["connections"][0]["requests"] == 1
    assert b"1, of which 1 were asked for; wasted: 0 bytes" in done.stderr and not resets(heard)


def test_what_nobody_asked_for_is_told(push):
    summary, done, _ = push(lambda s: [promise(s, 1, 2, b"/x"), answer(2, b"12345"), answer(1, b"page")])
    page, extra = summary["requests"]
    assert page["status"] == 200 and "promised_ms" not in page
    assert extra["url"].endswith("/x") and extra["content"] == 5 and extra["unasked"] == "nobody asked for it"
    assert b"1, of which 0 were asked for; wasted: 5 bytes" in done.stderr


def test_a_promise_for_somebody_with_a_cookie_is_not_taken(push):
    cookie = b"\x00\x06cookie\x03a=b"
    say = lambda server: [promise(server, 1, 2, b"/b", cookie), answer(2, b"theirs"), redirect(1, b"/b"), answer(3, b"ours")]
    summary, done, _ = push(say, "-L", early=False)
    assert [(it["stream"], it["content"]) for it in summary["requests"]] == [(1, 0), (3, 4), (2, 6)], done.stderr


def test_a_promise_that_crosses_the_request_is_cancelled(push):
    summary, done, heard = push(lambda server: [promise(server, 1, 2, b"/"), answer(1, b"page")])
    assert resets(heard) == {2: CANCEL} and done.returncode == 0
    assert [it["unasked"] for it in pushed(summary)] == ["it was asked for already"]


def test_a_promise_that_the_server_breaks_is_asked_for_anew(push):
    say = lambda server: [promise(server, 1, 2, b"/b") + redirect(1, b"/b"), frame(RESET, 0, 2, REFUSED), answer(3, b"asked")]
    summary, done, _ = push(say, "-L", early=False)
    last = summary["requests"][-1]
    assert (done.returncode, last["stream"], last["content"], last["error"]) == (0, 3, 5, None), summary


def test_floods_of_promises_are_refused(push):
    say = lambda server: [b"".join(promise(server, 1, 2 * n, b"/%d" % n) for n in range(1, 101)), answer(1, b"page")]
    summary, done, heard = push(say)
    assert done.returncode == 0 and len(resets(heard)) == 100 - 16, done.stderr  # promised_count
    assert [it["content"] for it in summary["requests"] if it not in pushed(summary)] == [4]


def test_pushed_content_is_kept_up_to_its_limit(push):
    """The client opens its window as it reads, so only push_memory holds a server back."""

    def say(server):
        yield promise(server, 1, 2, b"/large") + frame(1, 4, 2, OK_HEAD)
        yield from [frame(0, 0, 2, bytes(16384))] * 700
        yield answer(1, b"page")

    summary, done, heard = push(say)
    (extra,) = pushed(summary)
    assert done.returncode == 0 and extra["unasked"].endswith("push_memory") and extra["content"] <= 8 << 20, extra
    assert resets(heard) == {2: CANCEL}


def test_our_own_server_pushes_to_it(serve, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "index.html").write_text("<!doctype html><link rel=stylesheet href=a.css>")
    (root / "a.css").write_text("p{}")
    manifest = tmp_path / "m.yaml"
    manifest.write_text("version: 1\npages:\n  /:\n    - {path: /a.css, as: style, size: 3, depth: 1}\n")
    server = serve(root, "--manifest", str(manifest))
    done = subprocess.run(
        [str(PROGRAM), "get", "-k", "--push", "--json", server.url("/")], capture_output=True, timeout=30
    )
    requests = json.loads(done.stdout)["requests"]
    assert [it["status"] for it in requests] == [200, 200] and requests[1]["unasked"] == "nobody asked for it"
