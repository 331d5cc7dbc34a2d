"""HTTP/2 by Python's h2 and by hand (RFC 9113)."""

import hashlib
import random
import struct
import time

import h2.errors
import pytest
from h2_client import (CONTINUATION, DATA, GOAWAY, HEADERS, PING, PREFACE, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS,
                       WINDOW_UPDATE, Client, Raw, frame)  # fmt: skip

# :method GET, :scheme http, :path /, :authority localhost, as indexed fields and a literal
REQUEST = b"\x82\x86\x84\x01\x09localhost"
END_STREAM, END_HEADERS, PADDED, WITH_PRIORITY = 1, 4, 8, 32
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = 0, 1, 2, 3
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 5, 6, 7, 8, 9, 11


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_many_requests_at_once(server, root, scheme):
    with Client(server, scheme) as client:
        streams = {client.get(f"/{name}"): name for name in ["hello.txt", "alphabet.txt", "large.bin", "index.html"] * 5}
        client.wait(*streams)
        for stream, name in streams.items():
            assert client.bodies[stream] == (root / name).read_bytes()
            assert client.heads[stream][":status"] == "200"


def test_a_thousand_streams_with_pauses_resets_and_windows(serve, root):
    """1,000 streams on one connection, up to 200 at once: every body that was not given up is compared by hash."""
    chance = random.Random(42)
    for i in range(20):
        (root / f"{i}.bin").write_bytes(chance.randbytes(chance.choice([0, 1, 900, 16384, 16385, 70_000, 250_000])))
    expected = {f"/{i}.bin": hashlib.sha256((root / f"{i}.bin").read_bytes()).digest() for i in range(20)}
    # the client gives a tenth of its streams up, so the budget for resets is set to what it will need
    server = serve(root, "--limit", "reset_burst=1000", "--limit", "settings_burst=100")
    with Client(server, "https", window=1000) as client:
        client.holds = True
        paths, given_up, opened = {}, set(), 0
        deadline = time.monotonic() + 80
        while opened < 1000 or not set(paths) <= client.ended | given_up:
            assert time.monotonic() < deadline, f"{len(paths) - len(client.ended)} streams did not end"
            while opened < 1000 and len(paths) - len(client.ended | given_up) < 200 and chance.random() < 0.9:
                path = f"/{chance.randrange(20)}.bin"
                paths[client.get(path)] = path
                opened += 1
            open_now = [s for s in paths if s not in client.ended and s not in given_up]
            if open_now and chance.random() < 0.3 and len(given_up) < 100:
                stream = chance.choice(open_now)
                client.h2.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
                given_up.add(stream)
                client.resets[stream] = CANCEL
            if chance.random() < 0.02:
                client.h2.update_settings({4: chance.choice([1, 1000, 65535, 200_000])})
            try:
                client.pump(timeout=0.05)
            except TimeoutError:
                pass
            for stream in list(client.held):
                if chance.random() < 0.7:
                    client.let_go(stream)
        whole = [s for s in paths if s not in given_up]
        assert len(whole) >= 900
        for stream in whole:
            assert stream not in client.resets, (stream, client.resets[stream])
            assert hashlib.sha256(client.bodies[stream]).digest() == expected[paths[stream]], paths[stream]


def test_head_ranges_and_validators_as_in_http1(server):
    with Client(server) as client:
        head = client.get("/alphabet.txt", "HEAD")
        part = client.get("/alphabet.txt", fields=[("range", "bytes=1-2")])
        client.wait(head, part)
        assert client.bodies[head] == b"" and client.heads[head]["content-length"] == "26"
        assert client.bodies[part] == b"bc" and client.heads[part]["content-range"] == "bytes 1-2/26"
        again = client.get("/alphabet.txt", fields=[("if-none-match", client.heads[head]["etag"])])
        client.wait(again)
        assert client.heads[again][":status"] == "304" and client.bodies[again] == b""


def test_a_small_answer_is_not_stuck_behind_large_ones(server):
    with Client(server, window=2**24) as client:
        client.h2.increment_flow_control_window(2**24)
        large = [client.get("/large.bin") for _ in range(3)]
        small = client.get("/hello.txt", fields=[("priority", "u=0")])
        client.wait(*large, small)
        before = sum(size for stream, size in client.order[: next(i for i, (s, _) in enumerate(client.order) if s == small)])
        assert before < 2_000_000, f"{before} bytes of large answers came first"


def test_our_settings_come_first_and_theirs_are_acknowledged(server):
    with Raw(server) as raw:
        kind, flags, stream, payload = raw.frame()
        assert (kind, flags, stream) == (SETTINGS, 0, 0)
        settings = dict(struct.unpack(">HI", payload[i : i + 6]) for i in range(0, len(payload), 6))
        assert settings.get(3, 0) >= 100 and settings.get(9) == 1
        while True:
            kind, flags, _, _ = raw.frame()
            if kind == SETTINGS:
                assert flags == 1
                break


def test_ping_is_answered_with_its_bytes(server):
    with Raw(server) as raw:
        raw.send(frame(PING, 0, 0, b"12345678"))
        assert raw.until(PING) == (PING, 1, 0, b"12345678")


def test_unknown_frames_and_settings_are_ignored(server):
    with Raw(server, settings=struct.pack(">HI", 0xABCD, 7)) as raw:
        raw.send(frame(0xBE, 0xFF, 0, b"anything") + frame(0xBF, 0, 99, b"") + frame(HEADERS, 5, 1, REQUEST))
        assert raw.until(HEADERS, 1)


def head(stream, flags=END_STREAM | END_HEADERS, block=REQUEST):
    return frame(HEADERS, flags, stream, block)


@pytest.mark.parametrize("name, sent, code", [
    ("DATA on stream 0", frame(DATA, 0, 0, b"x"), PROTOCOL_ERROR),
    ("DATA on an idle stream", frame(DATA, 0, 1, b"x"), PROTOCOL_ERROR),
    ("HEADERS on stream 0", frame(HEADERS, 5, 0, REQUEST), PROTOCOL_ERROR),
    ("HEADERS on an even stream", head(2), PROTOCOL_ERROR),
    ("HEADERS on a lower stream", head(5) + head(3), (PROTOCOL_ERROR, STREAM_CLOSED)),
    ("RST_STREAM on stream 0", frame(RST_STREAM, 0, 0, b"\0\0\0\x08"), PROTOCOL_ERROR),
    ("RST_STREAM on an idle stream", frame(RST_STREAM, 0, 1, b"\0\0\0\x08"), PROTOCOL_ERROR),
    ("RST_STREAM of 3 bytes", head(1, END_HEADERS) + frame(RST_STREAM, 0, 1, b"\0\0\x08"), FRAME_SIZE_ERROR),
    ("SETTINGS on a stream", frame(SETTINGS, 0, 1, b""), PROTOCOL_ERROR),
    ("SETTINGS of 5 bytes", frame(SETTINGS, 0, 0, b"12345"), FRAME_SIZE_ERROR),
    ("SETTINGS ACK with payload", frame(SETTINGS, 1, 0, b"123456"), FRAME_SIZE_ERROR),
    ("ENABLE_PUSH 2", frame(SETTINGS, 0, 0, struct.pack(">HI", 2, 2)), PROTOCOL_ERROR),
    ("INITIAL_WINDOW_SIZE 2^31", frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 2**31)), FLOW_CONTROL_ERROR),
    ("MAX_FRAME_SIZE 1", frame(SETTINGS, 0, 0, struct.pack(">HI", 5, 1)), PROTOCOL_ERROR),
    ("NO_RFC7540_PRIORITIES 2", frame(SETTINGS, 0, 0, struct.pack(">HI", 9, 2)), PROTOCOL_ERROR),
    ("PUSH_PROMISE", head(1, END_HEADERS) + frame(PUSH_PROMISE, 4, 1, b"\0\0\0\x02" + REQUEST), PROTOCOL_ERROR),
    ("PING on a stream", frame(PING, 0, 1, b"12345678"), PROTOCOL_ERROR),
    ("PING of 7 bytes", frame(PING, 0, 0, b"1234567"), FRAME_SIZE_ERROR),
    ("GOAWAY on a stream", frame(GOAWAY, 0, 1, bytes(8)), PROTOCOL_ERROR),
    ("WINDOW_UPDATE of 3 bytes", frame(WINDOW_UPDATE, 0, 0, b"\0\0\x01"), FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE of 0", frame(WINDOW_UPDATE, 0, 0, bytes(4)), PROTOCOL_ERROR),
    ("WINDOW_UPDATE past 2^31-1", frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"), FLOW_CONTROL_ERROR),
    ("WINDOW_UPDATE on an idle stream", frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\x01"), PROTOCOL_ERROR),
    ("CONTINUATION alone", frame(CONTINUATION, 4, 1, REQUEST), PROTOCOL_ERROR),
    ("PING inside a field block", head(1, END_STREAM) + frame(PING, 0, 0, bytes(8)), PROTOCOL_ERROR),
    ("CONTINUATION of another stream", head(1, END_STREAM) + frame(CONTINUATION, 4, 3, b""), PROTOCOL_ERROR),
    ("padding as long as the frame", frame(HEADERS, END_HEADERS | PADDED, 1, b"\x05abcd"), PROTOCOL_ERROR),
    ("DATA padding too long", head(1, END_HEADERS) + frame(DATA, PADDED, 1, b"\x02x"), PROTOCOL_ERROR),
    ("an undecodable block", head(1, block=b"\x80"), COMPRESSION_ERROR),
    ("an index beyond the tables", head(1, block=b"\xff\x80\x01"), COMPRESSION_ERROR),
    ("a frame over 16384", frame(DATA, 0, 1, bytes(16385)), FRAME_SIZE_ERROR),
    ("PRIORITY on stream 0", frame(PRIORITY, 0, 0, bytes(5)), PROTOCOL_ERROR),
    ("PRIORITY_UPDATE on a stream", frame(0x10, 0, 1, bytes(4) + b"u=1"), PROTOCOL_ERROR),
    ("PRIORITY_UPDATE for stream 0", frame(0x10, 0, 0, bytes(4) + b"u=1"), PROTOCOL_ERROR),
    ("PRIORITY_UPDATE of 3 bytes", frame(0x10, 0, 0, bytes(3)), FRAME_SIZE_ERROR),
])  # fmt: skip
def test_connection_errors_end_in_goaway_with_their_code(server, name, sent, code):
    with Raw(server) as raw:
        raw.send(sent)
        assert raw.error() in (code if isinstance(code, tuple) else (code,))


def test_a_bad_preface_is_not_answered_as_http2(server):
    with Raw(server, preface=False) as raw:
        raw.send(PREFACE[:18] + b"XX\r\n\r\n" + bytes(50))
        data = b""
        try:
            while piece := raw.socket.recv(1000):
                data += piece
        except ConnectionResetError:
            pass
        assert b"200" not in data[:20]


@pytest.mark.parametrize("name, block", [
    ("no method", b"\x86\x84\x01\x09localhost"),
    ("no path", b"\x82\x86\x01\x09localhost"),
    ("empty path", b"\x82\x86\x04\x00\x01\x09localhost"),
    ("two methods", b"\x82\x83" + REQUEST[1:]),
    ("pseudo-field behind a field", b"\x82\x86\x84\x0f\x02\x01*\x01\x09localhost"),
    ("unknown pseudo-field", REQUEST + b"\x00\x04:foo\x01a"),
    (":status in a request", REQUEST + b"\x88"),
    ("upper case", REQUEST + b"\x00\x03Foo\x01a"),
    ("connection", REQUEST + b"\x00\x0aconnection\x05close"),
    ("transfer-encoding", REQUEST + b"\x00\x11transfer-encoding\x07chunked"),
    ("te: gzip", REQUEST + b"\x00\x02te\x04gzip"),
    ("space in name", REQUEST + b"\x00\x03a b\x01a"),
    ("CR in value", REQUEST + b"\x00\x01a\x03a\rb"),
    ("host that differs", REQUEST + b"\x00\x04host\x05other"),
    ("bad content-length", REQUEST + b"\x0f\x0d\x01x"),
    ("content-length without content", REQUEST + b"\x0f\x0d\x015"),
])  # fmt: skip
def test_malformed_requests_end_their_stream_and_not_the_connection(server, name, block):
    with Raw(server) as raw:
        raw.send(head(1, block=block) + head(3))
        seen = {}
        while 1 not in seen or 3 not in seen:
            got = raw.frame()
            assert got is not None, seen
            kind, _, stream, payload = got
            assert kind != GOAWAY, payload
            if kind in (RST_STREAM, HEADERS) and stream:
                seen.setdefault(stream, (kind, payload))
        assert seen[3][0] == HEADERS
        assert seen[1][0] == HEADERS or int.from_bytes(seen[1][1], "big") == PROTOCOL_ERROR


def flooded(server, pieces, seconds=20):
    """Sends pieces until the server ends the connection; the code and text of its GOAWAY."""
    with Raw(server) as raw:
        raw.socket.settimeout(seconds)
        try:
            for piece in pieces:
                raw.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        seen = raw.until(GOAWAY)
        while seen and int.from_bytes(seen[3][4:8], "big") == NO_ERROR:
            seen = raw.until(GOAWAY)
        return (int.from_bytes(seen[3][4:8], "big"), seen[3][8:].decode()) if seen else (None, "")


FLOODS = {
    "rapid reset": lambda: (head(i, END_HEADERS) + frame(RST_STREAM, 0, i, b"\0\0\0\x08") for i in range(1, 4000, 2)),
    "made you reset: window of 0": lambda: (head(i, END_HEADERS) + frame(WINDOW_UPDATE, 0, i, bytes(4)) for i in range(1, 4000, 2)),
    "made you reset: data behind the end": lambda: (head(i) + frame(DATA, 0, i, b"x") for i in range(1, 4000, 2)),
    "settings": lambda: (frame(SETTINGS, 0, 0, b"") for _ in range(5000)),
    "ping": lambda: (frame(PING, 0, 0, bytes(8)) for _ in range(5000)),
    "empty data": lambda: [head(1, END_HEADERS), *(frame(DATA, 0, 1, b"") for _ in range(5000))],
    "priority": lambda: (frame(PRIORITY, 0, 1, bytes(4) + b"\x01") for _ in range(5000)),
    "continuation": lambda: [head(1, 0, b""), *(frame(CONTINUATION, 0, 1, b"") for _ in range(5000))],
    "large continuation": lambda: [head(1, 0, REQUEST), *(frame(CONTINUATION, 0, 1, b"\x00\x01a\x7f\x81\x7f" + b"a" * 256 * 60) for _ in range(100))],
}


@pytest.mark.parametrize("name", FLOODS)
def test_floods_end_in_enhance_your_calm_that_names_the_limit(server, curl, name):
    code, text = flooded(server, FLOODS[name]())
    assert code in (ENHANCE_YOUR_CALM, PROTOCOL_ERROR, None), (code, text)
    if code is not None:
        assert text, "GOAWAY says nothing of the limit"
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_the_header_bomb_is_refused_and_harmless(server, curl):
    bomb = b"\x82\x86\x84\x01\x09localhost" + b"\x40\x01a\x7f\x81\x1f" + b"b" * 4096 + b"\xbe" * 12000
    with Raw(server) as raw:
        raw.send(head(1, block=bomb[:16000]))
        seen = raw.frame()
        while seen and not (seen[0] in (GOAWAY, RST_STREAM) or (seen[0] == HEADERS and seen[2] == 1)):
            seen = raw.frame()
        assert seen is not None
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_sigterm_says_goaway_and_finishes_what_is_in_flight(server, root):
    with Client(server, "https", window=20_000) as client:
        client.holds = True
        stream = client.get("/large.bin")
        while len(client.bodies[stream]) < 20_000:
            client.pump()
        server.process.terminate()
        client.holds = False
        client.let_go(stream)
        while stream not in client.ended and client.pump():
            pass
        assert client.bodies[stream] == (root / "large.bin").read_bytes()
        assert client.goaway is not None and client.goaway.error_code == NO_ERROR
    assert server.stop() == 0
