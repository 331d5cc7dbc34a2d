"""Who is slow is waited for, but not for ever: every limit in time, each with a server whose limit is short."""

import socket
import ssl
import time

import pytest
from conftest import LARGE, open_sockets
from h1_client import answers, receive
from h2_client import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, LARGE_BIN,
                       NO_ERROR, PING, POST, PREFACE, RST_STREAM, SETTINGS, SETTINGS_TIMEOUT, WINDOW_UPDATE, Raw, frame, head,
                       setting)  # fmt: skip

GET = b"GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
SHORT = 0.5  # seconds, the limit under test
LATEST = 4.0  # by then it must have acted, on a slow machine too


@pytest.fixture
def limited(serve, root):
    def start(*limits):
        return serve(root, *[word for limit in limits for word in ("--limit", limit)])

    return start


def drip(connection, piece, every=0.1, most=10.0):
    """Sends a piece again and again until the peer ends the connection; returns what came and how long it took."""
    started, raw = time.monotonic(), b""
    connection.settimeout(every)
    while time.monotonic() - started < most:
        try:
            connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            break
        try:
            came = connection.recv(65536)
        except TimeoutError:
            continue
        except ConnectionResetError:
            break
        if not came:
            break
        raw += came
    return raw, time.monotonic() - started


def ended_in_time(seconds):
    assert SHORT * 0.6 < seconds < LATEST, f"ended after {seconds:.1f} s"


@pytest.mark.parametrize("start", [b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "], ids=["request line", "fields"])
def test_a_head_has_a_time_in_all_however_it_drips(limited, start):
    """Slowloris: each byte comes in time, the head never."""
    with limited("header_timeout_ms=500").connect() as connection:
        connection.sendall(start)
        raw, seconds = drip(connection, b"a")
    ended_in_time(seconds)
    assert raw == b"" or answers(raw)[0].status == 408


def test_empty_lines_before_a_request_are_no_way_around_it(limited):
    with limited("header_timeout_ms=500", "idle_timeout_ms=600").connect() as connection:
        raw, seconds = drip(connection, b"\r\n")
    assert seconds < LATEST


def test_a_second_head_has_its_own_time(limited):
    with limited("header_timeout_ms=500").connect() as connection:
        connection.sendall(GET)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        time.sleep(0.7)  # idle is not slow
        connection.sendall(GET)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        _, seconds = drip(connection, b"a")
    ended_in_time(seconds)


@pytest.mark.parametrize("scheme, alpn", [("http", ()), ("https", ("http/1.1",))])
@pytest.mark.parametrize("asked", [False, True], ids=["new", "used"])
def test_an_idle_connection_is_closed(limited, scheme, alpn, asked):
    with limited("idle_timeout_ms=500", "header_timeout_ms=500").connect(scheme, alpn) as connection:
        if asked:
            connection.sendall(GET)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
        rest = receive(connection)
        ended_in_time(time.monotonic() - started)
        assert rest in (b"", b"hello, world\n") or rest.startswith(b"HTTP/1.1 408")


def test_an_idle_http2_connection_is_told_so(limited):
    with Raw(limited("idle_timeout_ms=500")) as raw:
        raw.send(frame(SETTINGS, ACK, 0) + head(1))
        raw.until(DATA, 1)
        started = time.monotonic()
        code, _ = raw.last_words()
        ended_in_time(time.monotonic() - started)
        assert code == NO_ERROR


def test_pings_do_not_keep_an_idle_connection(limited):
    """What asks for nothing is idle, though it speaks."""
    with Raw(limited("idle_timeout_ms=500")) as raw:
        raw.send(frame(SETTINGS, ACK, 0) + head(1))
        raw.until(DATA, 1)
        _, seconds = drip(raw.socket, frame(PING, 0, 0, bytes(8)), every=0.2, most=6)
    assert seconds < LATEST


@pytest.mark.parametrize("start", [
    PREFACE[:10], PREFACE, PREFACE + frame(SETTINGS, 0, 0)[:8], PREFACE + frame(SETTINGS, 0, 0) + head(1, END_STREAM, b"\x82"),
], ids=["preface", "no settings", "frame head", "field block"])  # fmt: skip
def test_an_unfinished_start_of_http2_is_ended(limited, start):
    with limited("header_timeout_ms=500", "settings_timeout_ms=2000", "idle_timeout_ms=1500").connect() as connection:
        connection.sendall(start)
        started = time.monotonic()
        receive(connection)
        assert time.monotonic() - started < LATEST


def test_continuations_that_drip_are_ended(limited):
    with Raw(limited("header_timeout_ms=500", "continuation_count=1000")) as raw:
        raw.send(frame(SETTINGS, ACK, 0) + head(1, END_STREAM, b"\x82"))
        _, seconds = drip(raw.socket, frame(CONTINUATION, 0, 1, b"\x90"))
    ended_in_time(seconds)


def test_settings_want_their_acknowledgement(limited):
    """RFC 9113 §6.5.3."""
    with Raw(limited("settings_timeout_ms=500")) as raw:
        started = time.monotonic()
        assert raw.error() == SETTINGS_TIMEOUT
        ended_in_time(time.monotonic() - started)


def test_a_body_that_does_not_come_is_not_awaited(limited):
    """R.U.D.Y.: whatever the answer, the connection ends."""
    with limited("body_timeout_ms=500").connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx")
        started = time.monotonic()
        receive(connection)
        assert time.monotonic() - started < LATEST


def test_a_body_of_http2_that_does_not_come_is_not_awaited(limited):
    with Raw(limited("body_timeout_ms=500", "idle_timeout_ms=700")) as raw:
        raw.send(frame(SETTINGS, ACK, 0) + head(1, END_HEADERS, POST))
        started = time.monotonic()
        raw.last_words()
        assert time.monotonic() - started < LATEST


@pytest.fixture
def huge(root):
    """More than all buffers between two processes hold."""
    with open(root / "huge.bin", "wb") as file:
        file.truncate(64 << 20)
    return b"/huge.bin"


def slow_reader(server, sent, scheme):
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", getattr(server, scheme)))
    if scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2" if sent.startswith(PREFACE) else "http/1.1"])
        raw = context.wrap_socket(raw)
    raw.sendall(sent)
    return raw


OVER_HTTP2 = (PREFACE + frame(SETTINGS, 0, 0, setting((INITIAL_WINDOW_SIZE, 2**31 - 1))) + frame(SETTINGS, ACK, 0)
              + frame(WINDOW_UPDATE, 0, 0, b"\x7f\0\0\0") + head(1, block=b"\x82\x86\x04\x09/huge.bin\x01\x09localhost"))  # fmt: skip
OVER_HTTP1 = b"GET /huge.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("sent", [OVER_HTTP1, OVER_HTTP2], ids=["http1", "http2"])
def test_who_takes_nothing_of_an_answer_is_dropped(limited, huge, scheme, sent):
    """Slow read: no byte is taken, so the connection and its memory go."""
    server = limited("write_timeout_ms=500")
    before = open_sockets(server)
    reader = slow_reader(server, sent, scheme)
    try:
        deadline = time.monotonic() + 1
        while open_sockets(server) <= before:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        started = time.monotonic()
        while open_sockets(server) > before:
            assert time.monotonic() - started < LATEST, "the server still holds the connection"
            time.sleep(0.05)
    finally:
        reader.close()


def test_who_reads_slowly_but_steadily_is_served(limited, huge):
    with slow_reader(limited("write_timeout_ms=500"), OVER_HTTP1, "http") as reader:
        size = 0
        for _ in range(15):
            time.sleep(0.1)
            size += len(reader.recv(65536))
        while size < 1 << 20:
            piece = reader.recv(1 << 20)
            assert piece
            size += len(piece)


@pytest.mark.parametrize("keeping", [b"", frame(PING, 0, 0, bytes(8)), frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01")],
                         ids=["silent", "with pings", "with the connection's window"])  # fmt: skip
def test_a_stream_without_a_window_is_given_up(limited, keeping):
    """CVE-2026-49975's other half: what is blocked by a zero window is not kept alive by other frames."""
    server = limited("write_timeout_ms=500", "ping_burst=1000")
    with Raw(server, settings=setting((INITIAL_WINDOW_SIZE, 0))) as raw:
        raw.send(frame(SETTINGS, ACK, 0) + head(1, block=LARGE_BIN))
        assert raw.until(HEADERS, 1)
        started = time.monotonic()
        raw.socket.settimeout(0.1)
        while True:
            try:
                seen = raw.frame()
                assert seen is None or seen[0] != DATA
                if seen is None or seen[0] in (RST_STREAM, GOAWAY):
                    break
            except TimeoutError:
                raw.send(keeping)
            assert time.monotonic() - started < LATEST, "the stream is still kept"
        ended_in_time(time.monotonic() - started)


def test_an_http1_connection_ends_after_so_many_requests(limited):
    with limited("requests_per_connection=3").connect() as connection:
        connection.sendall(GET * 5)
        seen = answers(receive(connection))
    assert [answer.status for answer in seen] == [200] * 3
    assert [answer.fields.get("connection") for answer in seen] == [None, None, "close"]


def test_an_http2_connection_ends_after_so_many_requests(limited):
    with Raw(limited("requests_per_connection=3", "drain_ms=100")) as raw:
        raw.send(frame(SETTINGS, ACK, 0) + head(1) + head(3) + head(5))
        seen = set()
        while (got := raw.frame()) is not None:
            if got[0] == HEADERS:
                seen.add(got[2])
            if got[0] == GOAWAY:
                assert int.from_bytes(got[3][4:8], "big") == NO_ERROR
                seen.add("goaway")
    assert seen == {1, 3, 5, "goaway"}


def test_an_old_connection_is_drained(limited):
    with Raw(limited("connection_age_ms=500", "drain_ms=100")) as raw:
        raw.send(frame(SETTINGS, ACK, 0) + head(1))
        started = time.monotonic()
        code, _ = raw.last_words()
        assert code == NO_ERROR and time.monotonic() - started < LATEST


def test_a_whole_answer_survives_the_short_limits_of_others(limited, root):
    """No limit but its own ends a request that goes on."""
    server = limited("header_timeout_ms=300", "idle_timeout_ms=300", "body_timeout_ms=300")
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        raw = b""
        while len(raw) < LARGE:
            time.sleep(0.02)
            piece = connection.recv(32768)
            assert piece, f"cut at {len(raw)}"
            raw += piece
        raw += receive(connection)
    assert answers(raw)[0].body == (root / "large.bin").read_bytes()


@pytest.mark.parametrize("scheme, said", [("https", b""), ("http", b"GET / HT"), ("http", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")])
def test_the_end_does_not_wait_for_who_has_asked_for_nothing(serve, root, scheme, said):
    server = serve(root)
    with socket.create_connection(("127.0.0.1", server.ports[scheme]), 5) as connection:
        connection.sendall(said)
        time.sleep(0.2)
        before = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - before < 5
