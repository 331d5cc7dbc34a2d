"""HTTP/1 byte by byte: framing, pipelines, persistence, and what must be refused (RFC 9112)."""

import re
import time

import pytest


def exchange(server, sent, scheme="http", pause=None, timeout=10):
    """Sends bytes and reads until the server closes."""
    with server.connect(scheme, timeout=timeout) as connection:
        if pause is None:
            connection.sendall(sent)
        else:
            for i in range(len(sent)):
                connection.sendall(sent[i : i + 1])
                time.sleep(pause)
        raw = b""
        try:
            while piece := connection.recv(65536):
                raw += piece
        except (ConnectionResetError, TimeoutError):
            pass
    return raw


def statuses(raw):
    return [int(code) for code in re.findall(rb"^HTTP/1\.[01] (\d{3}) ", raw, re.M)]


HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"
LAST = b"GET /hello.txt HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"


@pytest.mark.parametrize("name, request_bytes, expected", [
    ("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("two hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("bad host", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("user in host", b"GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400),
    ("space before colon", b"GET / HTTP/1.1\r\n" + HOST + b"X : y\r\n\r\n", 400),
    ("folded line", b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n z\r\n\r\n", 400),
    ("space before the first field", b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
    ("no colon", b"GET / HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n", 400),
    ("NUL in value", b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n", 400),
    ("bare CR in value", b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n", 400),
    ("both lengths", b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("differing lengths", b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    ("signed length", b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\nhello", 400),
    ("length overflow", b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n", 400),
    ("chunked not last", b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, gzip\r\n\r\n", 400),
    ("chunked with a twist", b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
    ("chunked in 1.0", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("chunk size with sign", b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n", 400),
    ("chunk size 0x", b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400),
    ("bare LF behind a chunk", b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400),
    ("unknown expectation", b"GET / HTTP/1.1\r\n" + HOST + b"Expect: tea\r\n\r\n", 417),
    ("version 2", b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    ("no version", b"GET /\r\n\r\n", 400),
    ("not HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("long target", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    ("long field", b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 40000 + b"\r\n\r\n", 431),
    ("many fields", b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: y\r\n" % i for i in range(200)) + b"\r\n", 431),
    ("connect", b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", None),
])  # fmt: skip
def test_what_must_be_refused_is_refused_and_the_connection_closed(server, name, request_bytes, expected):
    raw = exchange(server, request_bytes + LAST)
    seen = statuses(raw)
    if expected is None:
        assert seen and 400 <= seen[0] < 600, raw[:300]
    else:
        assert seen == [expected], raw[:300]


def test_a_pipeline_is_answered_in_order(server, root):
    names = ["hello.txt", "alphabet.txt", "docs/", "empty.txt"] * 50
    sent = b"".join(f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for name in names) + LAST
    raw = exchange(server, sent)
    assert statuses(raw) == [200] * (len(names) + 1)
    position = 0
    for name in names:
        position = raw.index(b"\r\n\r\n", position) + 4
        path = root / name
        body = (path / "index.html" if name.endswith("/") else path).read_bytes()
        assert raw[position : position + len(body)] == body
        position += len(body)


def test_a_request_may_come_byte_by_byte(server):
    assert statuses(exchange(server, LAST, pause=0.001)) == [200]


def test_version_1_0_closes_unless_asked_to_keep(server):
    raw = exchange(server, b"GET /hello.txt HTTP/1.0\r\n\r\n")
    assert statuses(raw) == [200] and raw.endswith(b"hello, world\n")
    raw = exchange(server, b"GET /hello.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /hello.txt HTTP/1.0\r\n\r\n")
    assert statuses(raw) == [200, 200]
    assert b"keep-alive" in raw.split(b"\r\n\r\n")[0].lower()


def test_absolute_form_is_taken(server):
    raw = exchange(server, b"GET http://localhost/hello.txt HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
    assert statuses(raw) == [200] and raw.endswith(b"hello, world\n")


def test_an_empty_line_before_a_request_is_ignored(server):
    assert statuses(exchange(server, b"\r\n" + LAST)) == [200]


def test_a_body_that_is_not_wanted_does_not_become_a_request(server):
    inner = b"GET /alphabet.txt HTTP/1.1\r\nHost: x\r\n\r\n"
    raw = exchange(server, b"POST /hello.txt HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(inner) + inner + LAST)
    assert statuses(raw)[0] == 405 and b"abcdefghijklm" not in raw


def test_expect_gets_100_or_the_final_status_at_once(server):
    with server.connect() as connection:
        connection.sendall(b"POST /hello.txt HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        first = connection.recv(1000)
    assert re.match(rb"HTTP/1\.1 (100|405) ", first), first


def test_head_and_304_have_no_content_between_pipelined_answers(server):
    sent = b"HEAD /alphabet.txt HTTP/1.1\r\n" + HOST + b"\r\nGET /hello.txt HTTP/1.1\r\n" + HOST + b"If-None-Match: *\r\n\r\n" + LAST
    raw = exchange(server, sent)
    assert statuses(raw) == [200, 304, 200] and raw.count(b"hello, world") == 1 and b"abc" not in raw


def test_plain_text_on_the_tls_port_harms_nothing(server, curl):
    with server.connect("http") as connection:
        connection.close()
    import socket

    with socket.create_connection(("127.0.0.1", server.https), 5) as connection:
        connection.sendall(LAST)
        connection.settimeout(5)
        try:
            connection.recv(1000)
        except ConnectionResetError:
            pass
    assert curl(server.url("/hello.txt")) == "hello, world\n"
