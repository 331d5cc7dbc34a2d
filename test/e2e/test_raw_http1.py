"""HTTP/1 byte by byte: framing, pipelines, persistence, and what must be refused (RFC 9112)."""

import re
import socket
import time

import pytest
from conftest import LARGE, cases
from h1_client import answers, ask, exchange, head, receive

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"
LAST = b"GET /hello.txt HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST
GET = b"GET / HTTP/1.1\r\n" + HOST


@pytest.mark.parametrize("sent, expected", cases(
    ("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("two hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("bad host", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("bad port", b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
    ("user in host", b"GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400),
    ("list of hosts", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    ("space before colon", GET + b"X : y\r\n\r\n", 400),
    ("space before the colon of a length", POST + b"Content-Length : 5\r\n\r\nhello", 400),
    ("folded line", GET + b"X: y\r\n z\r\n\r\n", 400),
    ("space before the first field", b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
    ("tab before the first field", b"GET / HTTP/1.1\r\n\tX: y\r\n" + HOST + b"\r\n", 400),
    ("no colon", GET + b"nonsense\r\n\r\n", 400),
    ("empty name", GET + b": y\r\n\r\n", 400),
    ("NUL in value", GET + b"X: a\0b\r\n\r\n", 400),
    ("NUL in name", GET + b"X\0: a\r\n\r\n", 400),
    ("bare CR in value", GET + b"X: a\rb\r\n\r\n", 400),
    ("bare CR as end of line", GET + b"X: a\rY: b\r\n\r\n", 400),
    ("high bytes in name", GET + b"X\xff: a\r\n\r\n", 400),
    ("bare LF", b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
    ("both lengths", POST + b"Content-Length: 5\r\n" + CHUNKED + b"0\r\n\r\n", 400),
    ("both lengths, the other order", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    ("differing lengths", POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    ("differing lengths in a list", POST + b"Content-Length: 5, 6\r\n\r\nhello", 400),
    ("signed length", POST + b"Content-Length: +5\r\n\r\nhello", 400),
    ("negative length", POST + b"Content-Length: -5\r\n\r\nhello", 400),
    ("hexadecimal length", POST + b"Content-Length: 0x5\r\n\r\nhello", 400),
    ("length with a space inside", POST + b"Content-Length: 5 5\r\n\r\nhello", 400),
    ("empty length", POST + b"Content-Length:\r\n\r\n", 400),
    ("length overflow", POST + b"Content-Length: 99999999999999999999\r\n\r\n", 400),
    ("length of 2^64+5", POST + b"Content-Length: 18446744073709551621\r\n\r\nhello", 400),
    ("length on GET that lies", GET + b"Content-Length: x\r\n\r\n", 400),
    ("chunked not last", POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n", (400, 501)),
    ("chunked twice", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("chunked twice in two lines", POST + b"Transfer-Encoding: chunked\r\n" + CHUNKED + b"0\r\n\r\n", (400, 501)),
    ("chunked with a vertical tab", POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
    ("chunked with a parameter", POST + b"Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", (400, 501)),
    ("quoted chunked", POST + b"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", (400, 501)),
    ("an unknown coding", POST + b"Transfer-Encoding: tea, chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("identity", POST + b"Transfer-Encoding: identity\r\n\r\n", (400, 501)),
    ("empty coding", POST + b"Transfer-Encoding:\r\n\r\n", 400),
    ("chunked in 1.0", b"POST / HTTP/1.0\r\n" + CHUNKED + b"0\r\n\r\n", 400),
    ("unknown expectation", GET + b"Expect: tea\r\n\r\n", 417),
    ("version 2", b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", (400, 505)),
    ("version 3.1", b"GET / HTTP/3.1\r\n" + HOST + b"\r\n", (400, 505)),
    ("version without dot", b"GET / HTTP/11\r\n" + HOST + b"\r\n", 400),
    ("version of two digits", b"GET / HTTP/1.10\r\n" + HOST + b"\r\n", 400),
    ("lower-case version", b"GET / http/1.1\r\n" + HOST + b"\r\n", 400),
    ("no version", b"GET /\r\n\r\n", 400),
    ("not HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("two spaces", b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("space in target", b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("tab for a space", b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("space behind the version", b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n", 400),
    ("method that is no token", b"G@T / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("control byte in target", b"GET /\x01 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("fragment in target", b"GET /#a HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("target without slash", b"GET hello.txt HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("asterisk on GET", b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("authority on GET", b"GET localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("user in absolute form", b"GET http://me@localhost/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("long target", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    ("long method", b"G" * 20000 + b" / HTTP/1.1\r\n" + HOST + b"\r\n", (400, 414, 501)),
    ("long field", GET + b"X: " + b"a" * 40000 + b"\r\n\r\n", 431),
    ("long name", GET + b"X" * 40000 + b": a\r\n\r\n", (400, 431)),
    ("many fields", GET + b"".join(b"X%d: y\r\n" % i for i in range(200)) + b"\r\n", 431),
    ("many bytes of fields", GET + b"".join(b"X%d: %s\r\n" % (i, b"y" * 1000) for i in range(50)) + b"\r\n", 431),
))  # fmt: skip
def test_what_must_be_refused_is_refused_and_the_connection_closed(server, sent, expected):
    """RFC 9112 §2.2, §3, §5, §6, §11.2; RFC 9110 §7.2, §10.1.1. The one answer is the refusal: what is behind a broken
    message is never a request."""
    raw = exchange(server, sent + LAST)
    seen = [answer.status for answer in answers(raw)]
    assert len(seen) == 1 and seen[0] in (expected if isinstance(expected, tuple) else (expected,)), raw[:300]


@pytest.mark.parametrize("body", cases(
    ("size with sign", b"+5\r\nhello\r\n0\r\n\r\n"),
    ("size 0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
    ("empty size", b"\r\nhello\r\n0\r\n\r\n"),
    ("size with a space before", b" 5\r\nhello\r\n0\r\n\r\n"),
    ("size of 17 digits", b"00000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("size overflow", b"ffffffffffffffff1\r\nhello\r\n0\r\n\r\n"),
    ("size of 2^64-1", b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    ("bare LF behind the size", b"5\nhello\r\n0\r\n\r\n"),
    ("bare CR behind the size", b"5\rhello\r\n0\r\n\r\n"),
    ("bare LF in an extension", b"5;x\nyy\r\nhello\r\n0\r\n\r\n"),
    ("bare LF behind the data", b"5\r\nhello\n0\r\n\r\n"),
    ("data that is too long", b"5\r\nhello!\r\n0\r\n\r\n"),
    ("long extension", b"5;x=" + b"a" * 10000 + b"\r\nhello\r\n0\r\n\r\n"),
    ("NUL in a trailer", b"0\r\nX: \0\r\n\r\n"),
    ("trailer without colon", b"0\r\nnonsense\r\n\r\n"),
    ("many trailers", b"0\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
))  # fmt: skip
def test_a_broken_chunked_body_ends_the_connection(server, body):
    """RFC 9112 §7.1. It may be answered before it is found to be broken; then the connection ends behind that answer."""
    raw = exchange(server, POST + CHUNKED + body + LAST)
    seen = [answer.status for answer in answers(raw)]
    assert len(seen) == 1 and seen[0] in (400, 405, 431), raw[:300]


@pytest.mark.parametrize("body", cases(
    ("one chunk", b"5\r\nhello\r\n0\r\n\r\n"),
    ("no chunk", b"0\r\n\r\n"),
    ("upper and lower case", b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
    ("leading zeroes", b"0005\r\nhello\r\n000\r\n\r\n"),
    ("extensions", b'5;a=b;c="d;e"\r\nhello\r\n0;last\r\n\r\n'),
    ("trailers", b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nHost: other\r\nContent-Length: 9\r\n\r\n"),
))  # fmt: skip
def test_a_chunked_body_that_is_not_wanted_is_read_or_closed_behind(server, body):
    """RFC 9112 §7.1, §9.3: the next request is found behind the last chunk, or nothing is read any more."""
    seen = answers(exchange(server, POST + CHUNKED + body + LAST))
    assert seen[0].status == 405
    assert seen[1:] == [] or (len(seen) == 2 and seen[1].body == b"hello, world\n")
    assert len(seen) == 2 or seen[0].fields.get("connection") == "close"


def test_a_body_that_is_not_wanted_does_not_become_a_request(server):
    inner = b"GET /alphabet.txt HTTP/1.1\r\nHost: x\r\n\r\n"
    raw = exchange(server, POST + b"Content-Length: %d\r\n\r\n" % len(inner) + inner + LAST)
    assert answers(raw)[0].status == 405 and b"abcdefghijklm" not in raw
    raw = exchange(server, GET + b"Content-Length: %d\r\n\r\n" % len(inner) + inner + LAST)
    assert answers(raw)[0].status == 200 and b"abcdefghijklm" not in raw


def test_equal_lengths_are_one_or_refused(server):
    """RFC 9112 §6.3."""
    for lines in (b"Content-Length: 5\r\nContent-Length: 5\r\n", b"Content-Length: 5, 5\r\n"):
        seen = [answer.status for answer in answers(exchange(server, POST + lines + b"\r\nhello" + LAST))]
        assert seen in ([400], [405], [405, 200]), seen


def test_a_pipeline_is_answered_in_order(server, root):
    names = ["hello.txt", "alphabet.txt", "docs/", "empty.txt"] * 50
    sent = b"".join(f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for name in names) + LAST
    seen = answers(exchange(server, sent))
    files = [root / name / "index.html" if name.endswith("/") else root / name for name in [*names, "hello.txt"]]
    assert [answer.body for answer in seen] == [file.read_bytes() for file in files]


def test_a_large_answer_in_a_pipeline_keeps_its_place(server, root):
    sent = b"".join(b"GET /%s HTTP/1.1\r\n" % name + HOST + b"\r\n" for name in (b"large.bin", b"hello.txt", b"large.bin")) + LAST
    seen = answers(exchange(server, sent))
    large, small = (root / "large.bin").read_bytes(), b"hello, world\n"
    assert [answer.body for answer in seen] == [large, small, large, small]


def test_head_and_304_have_no_content_between_pipelined_answers(server):
    sent = b"HEAD /alphabet.txt HTTP/1.1\r\n" + HOST + b"\r\nGET /hello.txt HTTP/1.1\r\n" + HOST + b"If-None-Match: *\r\n\r\n" + LAST
    seen = answers(exchange(server, sent), ["HEAD"])
    assert [(answer.status, answer.body) for answer in seen] == [(200, b""), (304, b""), (200, b"hello, world\n")]
    assert seen[0].fields["content-length"] == "26"


def test_a_request_may_come_byte_by_byte(server):
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(LAST)):
            connection.sendall(LAST[i : i + 1])
            time.sleep(0.001)
        assert [answer.status for answer in answers(receive(connection))] == [200]


def test_a_client_that_has_sent_all_may_half_close(server):
    with server.connect() as connection:
        connection.sendall(GET + b"\r\nGET /large.bin HTTP/1.1\r\n" + HOST + b"\r\n")
        connection.shutdown(socket.SHUT_WR)
        seen = answers(receive(connection))
    assert [answer.status for answer in seen] == [200, 200] and len(seen[1].body) == LARGE


def test_version_1_1_is_kept_alive_and_ends_with_close(server):
    """RFC 9112 §9.3."""
    with server.connect() as connection:
        for _ in range(3):
            connection.sendall(b"GET /hello.txt HTTP/1.1\r\n" + HOST + b"\r\n")
            raw = connection.recv(65536)
            while not raw.endswith(b"hello, world\n"):
                raw += connection.recv(65536)
            assert "close" not in answers(raw)[0].fields.get("connection", "")
        connection.sendall(LAST)
        last = answers(receive(connection))
        assert len(last) == 1 and last[0].fields["connection"] == "close"


@pytest.mark.parametrize("value", ["close", "Close", "foo, close", "keep-alive, close"])
def test_close_wins(server, value):
    seen = answers(exchange(server, b"GET /hello.txt HTTP/1.1\r\n" + HOST + b"Connection: %s\r\n\r\n" % value.encode() + LAST))
    assert len(seen) == 1


def test_version_1_0_closes_unless_asked_to_keep(server):
    """RFC 9112 §9.3, and no Host is needed."""
    request = b"GET /hello.txt HTTP/1.0\r\n"
    seen = answers(exchange(server, request + b"\r\n" + LAST))
    assert [answer.body for answer in seen] == [b"hello, world\n"]
    seen = answers(exchange(server, request + b"Connection: keep-alive\r\n\r\n" + request + b"\r\n"))
    assert [answer.body for answer in seen] == [b"hello, world\n"] * 2
    assert "keep-alive" in seen[0].fields["connection"].lower()


def test_version_1_0_gets_no_chunks_and_no_interim_answer(server, root):
    """RFC 9112 §6.1, RFC 9110 §15.2."""
    raw = exchange(server, b"POST /hello.txt HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
    assert [answer.status for answer in answers(raw)] == [405]
    seen = answers(exchange(server, b"GET /large.bin HTTP/1.0\r\n\r\n"))
    assert "transfer-encoding" not in seen[0].fields and seen[0].body == (root / "large.bin").read_bytes()


def test_a_later_minor_version_is_1_1(server):
    """RFC 9110 §2.5, RFC 9112 §2.3."""
    seen = answers(exchange(server, LAST.replace(b"HTTP/1.1", b"HTTP/1.9")))
    assert [(answer.version, answer.status) for answer in seen] == [("1.1", 200)]


def test_absolute_form_is_taken_and_wins_over_host(server):
    """RFC 9112 §3.2.2."""
    for target in (b"http://localhost/hello.txt", b"HTTP://LOCALHOST:80/hello.txt"):
        seen = answers(exchange(server, b"GET " + target + b" HTTP/1.1\r\nHost: other\r\n" + CLOSE + b"\r\n"))
        assert seen[0].body == b"hello, world\n", target
    seen = answers(exchange(server, b"GET http://localhost HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"))
    assert seen[0].status == 200 and b"home" in seen[0].body


def test_connect_is_refused(server):
    """RFC 9110 §9.3.6: an origin that is no proxy; nothing behind it is taken for a request inside a tunnel."""
    seen = answers(exchange(server, b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"))
    assert len(seen) == 1 and seen[0].status in (400, 405, 501)


def test_upgrades_are_not_taken(server):
    """RFC 9110 §7.8, RFC 9113 §3.1: h2c by Upgrade is gone, and Upgrade may be ignored."""
    for protocol in (b"h2c", b"websocket", b"TLS/1.0"):
        lines = b"Connection: upgrade, close, HTTP2-Settings\r\nUpgrade: " + protocol + b"\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
        seen = answers(exchange(server, GET + lines))
        assert [answer.status for answer in seen] == [200], protocol


def test_an_empty_line_before_a_request_is_ignored(server):
    """RFC 9112 §2.2."""
    assert answers(exchange(server, b"\r\n" + LAST))[0].status == 200
    seen = answers(exchange(server, b"GET /hello.txt HTTP/1.1\r\n" + HOST + b"\r\n\r\n" + LAST))
    assert [answer.status for answer in seen] == [200, 200]


def test_a_request_line_of_8000_octets_is_taken(server):
    """RFC 9112 §3."""
    target = b"/hello.txt?" + b"a" * (8000 - len(b"GET /hello.txt? HTTP/1.1"))
    assert answers(exchange(server, b"GET " + target + b" HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"))[0].status == 200


def test_space_around_a_value_is_no_part_of_it(server):
    """RFC 9112 §5.1."""
    assert ask(server, "/hello.txt", "If-None-Match:\t  * \t ")[0] == 304
    assert ask(server, "/hello.txt", "If-None-Match:*")[0] == 304


def test_expect_gets_100_or_the_final_status_at_once(server):
    """RFC 9110 §10.1.1."""
    with server.connect() as connection:
        connection.sendall(b"POST /hello.txt HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nExpect: 100-Continue\r\n\r\n")
        first = connection.recv(1000)
    assert re.match(rb"HTTP/1\.1 (100|405) ", first), first


def test_a_refusal_reaches_a_client_that_is_still_sending(server):
    """RFC 9112 §9.6: the server goes on reading for a while, or a TCP reset would take its answer away."""
    with server.connect() as connection:
        connection.sendall(POST + b"Content-Length: 3000000\r\n\r\n")
        try:
            for _ in range(30):
                connection.sendall(bytes(100_000))
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert head(receive(connection))[1] == 405


def test_tls_ends_with_a_closure_alert(server):
    """RFC 9112 §9.8: without it the client could not tell an end from a cut."""
    with server.connect("https") as connection:
        connection.sendall(LAST)
        connection.suppress_ragged_eofs = False
        assert answers(receive(connection))[0].status == 200
