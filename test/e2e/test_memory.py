"""What an attacker can make the server hold. Of the optimised program only: a sanitizer keeps what was freed."""

import itertools
import re
import socket
import struct
import threading
import time

import pytest
from conftest import cases, is_sanitized
from h1_client import receive
from h2_client import (ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, HEADERS, INITIAL_WINDOW_SIZE, LARGE_BIN, POST, PREFACE,
                       PRIORITY, REQUEST, RST_STREAM, SETTINGS, WINDOW_UPDATE, Raw, frame, head, setting, string)  # fmt: skip

pytestmark = pytest.mark.skipif(is_sanitized(), reason="a sanitizer keeps what was freed")

MIB = 1 << 20
BLOCKED = setting((INITIAL_WINDOW_SIZE, 0))


def resident(server, kind="VmRSS"):
    with open(f"/proc/{server.worker}/status") as file:
        return int(re.search(rf"{kind}:\s+(\d+) kB", file.read())[1]) * 1024


class Growth:
    """How much more than at its start the server held at the most."""

    def __init__(self, server):
        self.server = server
        for _ in range(20):  # what is needed once is there
            with server.connect() as connection:
                connection.sendall(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                receive(connection)
        with open(f"/proc/{server.worker}/clear_refs", "w") as file:
            file.write("5")  # the peak begins anew
        self.start = resident(server)

    def most(self):
        grown = resident(self.server, "VmHWM") - self.start
        print(f"{grown / MIB:.2f} MiB over {self.start / MIB:.2f} MiB")
        return grown


@pytest.fixture
def measured(serve, root):
    def start(*limits):
        server = serve(root, *[word for limit in limits for word in ("--limit", limit)])
        return server, Growth(server)

    return start


def each_stream(make, count):
    return (make(stream) for stream in range(1, 2 * count, 2))


@pytest.mark.parametrize("make", cases(
    ("rapid reset", lambda i: head(i, block=LARGE_BIN) + frame(RST_STREAM, 0, i, struct.pack(">I", CANCEL))),
    ("window of 0", lambda i: head(i, block=LARGE_BIN) + frame(WINDOW_UPDATE, 0, i, bytes(4))),
    ("window overflow", lambda i: head(i, block=LARGE_BIN) + frame(WINDOW_UPDATE, 0, i, b"\x7f\xff\xff\xff") * 2),
    ("data behind the end", lambda i: head(i, block=LARGE_BIN) + frame(DATA, 0, i, b"x")),
    ("fields behind the end", lambda i: head(i, block=LARGE_BIN) + head(i)),
    ("priority of 4 bytes", lambda i: head(i, block=LARGE_BIN) + frame(PRIORITY, 0, i, bytes(4))),
    ("self-dependency", lambda i: head(i, block=LARGE_BIN) + frame(PRIORITY, 0, i, struct.pack(">IB", i, 0))),
))  # fmt: skip
def test_resets_leave_nothing_behind(measured, make):
    """CVE-2023-44487 and the six ways of CVE-2025-8671, with all budgets open: 20,000 streams on one connection."""
    budgets = ("reset_burst", "glitch_burst", "priority_burst", "requests_per_connection", "control_queue_close", "streams_per_feed")
    server, growth = measured(*[f"{budget}=1000000000" for budget in budgets])
    with Raw(server, settings=BLOCKED) as raw:
        raw.send(frame(SETTINGS, ACK, 0))
        words, _ = raw.flood(each_stream(make, 20_000), seconds=60)
        assert words == (None, ""), "not all of it was taken"
        assert growth.most() < 6 * MIB, f"{growth.most() / MIB:.1f} MiB"


@pytest.mark.parametrize("pieces", cases(
    ("continuation", lambda: [head(1, 0, REQUEST), *itertools.repeat(frame(CONTINUATION, 0, 1, b"\x00\x01a" + string(b"b" * 15000)), 2000)]),
    ("rapid reset within limits", lambda: each_stream(lambda i: head(i) + frame(RST_STREAM, 0, i, bytes(4)), 20_000)),
    ("pings that are not read", lambda: itertools.repeat(frame(6, 0, 0, bytes(8)), 200_000)),
))  # fmt: skip
def test_floods_are_cut_before_they_are_held(measured, pieces):
    server, growth = measured()
    for _ in range(20):
        with Raw(server, settings=BLOCKED) as raw:
            raw.flood(pieces())
    assert growth.most() < 6 * MIB, f"{growth.most() / MIB:.1f} MiB"


def test_header_bombs_with_a_zero_window_are_bounded(measured):
    """CVE-2026-49975: 20 connections with 200 requests each, fields by one-byte references, no window: nothing is freed.
    A connection's memory is within its budget of 1 MiB."""
    server, growth = measured()
    block = b"\x82\x86\x04\x0a/large.bin\x01\x09localhost" + b"\x40\x01a" + string(b"b" * 4000) + b"\xbe" * 6
    again = b"\x82\x86\x04\x0a/large.bin\x01\x09localhost" + b"\xbe" * 7
    held = []
    try:
        for _ in range(20):
            raw = Raw(server, settings=BLOCKED)
            raw.send(frame(SETTINGS, ACK, 0))
            words, seen = raw.flood(itertools.chain([head(1, block=block)], (head(i, block=again) for i in range(3, 403, 2))))
            assert seen[HEADERS, None] > 10, (words, seen)  # requests as large as is allowed are answered
            held.append(raw)
        assert growth.most() < 20 * 1.5 * MIB, f"{growth.most() / MIB:.1f} MiB"
    finally:
        for raw in held:
            raw.socket.close()


def test_slow_readers_of_a_large_file_hold_little(measured, root):
    """200 connections that ask for 64 MiB and take nothing."""
    with open(root / "huge.bin", "wb") as file:
        file.truncate(64 * MIB)
    server, growth = measured()
    readers = []
    try:
        for i in range(200):
            reader = socket.socket()
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", server.http))
            if i % 2:
                reader.sendall(b"GET /huge.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
            else:
                reader.sendall(PREFACE + frame(SETTINGS, 0, 0, setting((INITIAL_WINDOW_SIZE, 2**31 - 1)))
                               + head(1, block=b"\x82\x86\x04\x09/huge.bin\x01\x09localhost"))  # fmt: skip
            readers.append(reader)
        for reader in readers:
            reader.recv(1)
        time.sleep(0.3)
        assert growth.most() < 200 * 0.25 * MIB, f"{growth.most() / MIB:.1f} MiB"
    finally:
        for reader in readers:
            reader.close()


def test_many_streams_of_a_large_file_hold_little(measured, root):
    """One connection, 256 streams of 64 MiB, windows wide open, nothing read."""
    with open(root / "huge.bin", "wb") as file:
        file.truncate(64 * MIB)
    server, growth = measured()
    with Raw(server, settings=setting((INITIAL_WINDOW_SIZE, 2**31 - 1))) as raw:
        raw.send(frame(WINDOW_UPDATE, 0, 0, b"\x7f\0\0\0") + frame(SETTINGS, ACK, 0))
        raw.send(b"".join(head(i, block=b"\x82\x86\x04\x09/huge.bin\x01\x09localhost") for i in range(1, 513, 2)))
        raw.until(HEADERS)
        time.sleep(0.5)
        assert growth.most() < 8 * MIB, f"{growth.most() / MIB:.1f} MiB"


def test_a_pipeline_of_100000_requests_is_answered_in_little_memory(measured):
    """All of them at once; the client reads only when it has sent what it can."""
    server, growth = measured("requests_per_connection=1000000")
    count = 100_000
    sent = b"GET /empty.txt HTTP/1.1\r\nHost: a\r\n\r\n" * count + b"GET /empty.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with server.connect(timeout=60) as connection:
        writer = threading.Thread(target=connection.sendall, args=(sent,))
        writer.start()
        time.sleep(0.3)
        raw = receive(connection)
        writer.join()
    assert raw.count(b"HTTP/1.1 200 ") == count + 1
    assert growth.most() < 6 * MIB, f"{growth.most() / MIB:.1f} MiB"


def test_bodies_that_nobody_wants_are_not_held(measured):
    """256 uploads on one connection, as much as the windows take."""
    server, growth = measured()
    for _ in range(4):
        with Raw(server) as raw:
            raw.send(frame(SETTINGS, ACK, 0))
            uploads = (head(i, END_HEADERS, POST) + frame(DATA, 0, i, bytes(16384)) * 4 for i in range(1, 33, 2))
            raw.flood(itertools.chain(uploads, [frame(DATA, 0, 31, bytes(16384))] * 4))
    assert growth.most() < 12 * MIB, f"{growth.most() / MIB:.1f} MiB"


def test_connections_that_come_and_go_leave_nothing(measured):
    server, growth = measured()
    for _ in range(30):
        some = [server.connect() for _ in range(50)]
        for i, connection in enumerate(some):
            connection.sendall((PREFACE + frame(SETTINGS, 0, 0) + head(1)) if i % 2 else b"GET / HTTP/1.1\r\nHo")
        for connection in some:
            connection.close()
    assert growth.most() < 12 * MIB, f"{growth.most() / MIB:.1f} MiB"


def test_a_thousand_idle_tls_connections_are_cheap(measured, root):
    """HTTP/2 over TLS, one request answered on each, and then nothing: what is kept for speed alone is given back."""
    server, growth = measured()
    most, held = 14_800, []
    try:
        for _ in range(1000):
            connection = server.connect("https", ("h2",))
            connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + head(1))
            connection.recv(1000)
            held.append(connection)
        deadline = time.monotonic() + 20
        while (each := (resident(server) - growth.start) / 1000) > most and time.monotonic() < deadline:
            time.sleep(0.2)
        print(f"{each:.0f} bytes a connection")
        assert each <= most
    finally:
        for connection in held:
            connection.close()


def test_a_thousand_idle_connections_are_cheap(measured):
    """Clear text, one request answered on each."""
    server, growth = measured()
    held = []
    try:
        for i in range(1000):
            connection = server.connect()
            connection.sendall((PREFACE + frame(SETTINGS, 0, 0) + head(1)) if i % 2 else b"GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.recv(1000)
            held.append(connection)
        assert growth.most() < 1000 * 32 * 1024, f"{growth.most() / 1000:.0f} bytes a connection"
    finally:
        for connection in held:
            connection.close()
