"""HTTP/2 by Python's h2 and by hand (RFC 9113)."""

import hashlib
import random
import struct
import time

import h2.errors
import hpack
import pytest
from conftest import cases
from h2_client import (ACK, CANCEL, COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR,
                       FRAME_SIZE_ERROR, GOAWAY, HEADERS, LARGE_BIN, NO_ERROR, PADDED, PING, POST, PREFACE, PRIORITY,
                       PRIORITY_UPDATE, PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM, REQUEST, RST_STREAM, SETTINGS, STREAM_CLOSED, WINDOW_UPDATE,
                       WITH_PRIORITY, Client, Raw, frame, head, setting)  # fmt: skip


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_many_requests_at_once(server, root, scheme):
    with Client(server, scheme, window=2**20) as client:
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
    # the client gives a tenth of its streams up and opens windows by less than 1 KiB: budgets are set to what that needs
    budgets = ("reset_burst=1000", "settings_burst=100", "glitch_burst=1000000")
    server = serve(root, *[word for budget in budgets for word in ("--limit", budget)])
    with Client(server, "https", window=1000) as client:
        client.holds = True
        client.pump()  # their SETTINGS
        most = min(200, client.h2.remote_settings.max_concurrent_streams)
        paths, given_up, opened, changes = {}, set(), 0, 0
        deadline = time.monotonic() + 80
        while opened < 1000 or not set(paths) <= client.ended | given_up:
            assert time.monotonic() < deadline, f"{len(paths) - len(client.ended)} streams did not end"
            while opened < 1000 and len(paths) - len(client.ended | given_up) < most and chance.random() < 0.9:
                path = f"/{chance.randrange(20)}.bin"
                paths[client.get(path)] = path
                opened += 1
            open_now = [s for s in paths if s not in client.ended and s not in given_up]
            if open_now and chance.random() < 0.3 and len(given_up) < 100:
                stream = chance.choice(open_now)
                client.h2.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
                given_up.add(stream)
                client.ended.add(stream)
            if chance.random() < 0.02 and changes < 80:  # below the budget, however many turns a slow machine takes
                changes += 1
                client.h2.update_settings({4: chance.choice([500, 1000, 65535, 200_000])})
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
        assert settings.get(3, 0) >= 100 and settings.get(9) == 1 and settings.get(2, 0) == 0
        assert raw.until(SETTINGS, ack=True) == (SETTINGS, ACK, 0, b"")


def test_ping_is_answered_with_its_bytes(server):
    with Raw(server) as raw:
        raw.send(frame(PING, 0, 0, b"12345678"))
        assert raw.until(PING) == (PING, 1, 0, b"12345678")


def test_an_acknowledgement_of_ping_is_not_answered(server):
    """§6.7."""
    with Raw(server) as raw:
        raw.send(frame(PING, ACK, 0, b"unasked!") + frame(PING, 0, 0, b"12345678"))
        assert raw.until(PING)[3] == b"12345678"


def test_unknown_frames_and_settings_are_ignored(server):
    with Raw(server, settings=struct.pack(">HI", 0xABCD, 7)) as raw:
        raw.send(frame(0xBE, 0xFF, 0, b"anything") + frame(0xBF, 0, 99, b"") + frame(HEADERS, 5, 1, REQUEST))
        assert raw.until(HEADERS, 1)


@pytest.mark.parametrize("sent, code", cases(
    ("DATA on stream 0", frame(DATA, 0, 0, b"x"), PROTOCOL_ERROR),
    ("DATA on an idle stream", frame(DATA, 0, 1, b"x"), PROTOCOL_ERROR),
    ("HEADERS on stream 0", frame(HEADERS, 5, 0, REQUEST), PROTOCOL_ERROR),
    ("HEADERS on an even stream", head(2), PROTOCOL_ERROR),
    ("a frame over 16384 on stream 0", frame(SETTINGS, 0, 0, bytes(16386)), FRAME_SIZE_ERROR),
    ("HEADERS over 16384", frame(HEADERS, 5, 1, REQUEST + bytes(16384)), FRAME_SIZE_ERROR),
    ("HEADERS too short for its priority", frame(HEADERS, 5 | WITH_PRIORITY, 1, b"\0\0\0"), (FRAME_SIZE_ERROR, PROTOCOL_ERROR)),
    ("HEADERS too short for its padding", frame(HEADERS, 5 | PADDED, 1, b""), (FRAME_SIZE_ERROR, PROTOCOL_ERROR)),
    ("CONTINUATION on stream 0", head(1, END_STREAM) + frame(CONTINUATION, 4, 0, b""), PROTOCOL_ERROR),
    ("an extension frame inside a field block", head(1, END_STREAM) + frame(0xBE, 0, 0, b""), PROTOCOL_ERROR),
    ("GOAWAY of 7 bytes", frame(GOAWAY, 0, 0, bytes(7)), FRAME_SIZE_ERROR),
    ("SETTINGS ACK that is not empty", frame(SETTINGS, ACK, 0, setting((4, 1))), FRAME_SIZE_ERROR),
    ("ENABLE_PUSH 2^32-1", frame(SETTINGS, 0, 0, setting((2, 2**32 - 1))), PROTOCOL_ERROR),
    ("MAX_FRAME_SIZE 2^24", frame(SETTINGS, 0, 0, setting((5, 2**24))), PROTOCOL_ERROR),
    ("INITIAL_WINDOW_SIZE that lifts a stream past 2^31-1", frame(SETTINGS, 0, 0, setting((4, 0))) + head(1, END_HEADERS, POST)
        + frame(WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff") + frame(SETTINGS, 0, 0, setting((4, 65535))), FLOW_CONTROL_ERROR),
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
    ("a table size over the limit", head(1, block=b"\x3f\xff\xff\x01" + REQUEST), COMPRESSION_ERROR),
    ("a table size behind a field", head(1, block=REQUEST + b"\x20"), COMPRESSION_ERROR),
    ("an integer without end", head(1, block=REQUEST + b"\xff" + b"\x80" * 20 + b"\x01"), COMPRESSION_ERROR),
    ("a string longer than its block", head(1, block=REQUEST + b"\x00\x01a\x7fb"), COMPRESSION_ERROR),
    ("Huffman padding of zeroes", head(1, block=REQUEST + b"\x00\x01a\x81\x18"), COMPRESSION_ERROR),
    ("Huffman padding of 8 bits", head(1, block=REQUEST + b"\x00\x01a\x82\x1f\xff"), COMPRESSION_ERROR),
    ("Huffman EOS", head(1, block=REQUEST + b"\x00\x01a\x84\xff\xff\xff\xff"), COMPRESSION_ERROR),
    ("an undecodable trailer", head(1, END_HEADERS, POST) + head(1, block=b"\x80"), COMPRESSION_ERROR),
    ("a frame over 16384", frame(DATA, 0, 1, bytes(16385)), (FRAME_SIZE_ERROR, PROTOCOL_ERROR)),
    ("PRIORITY on stream 0", frame(PRIORITY, 0, 0, bytes(5)), PROTOCOL_ERROR),
    ("PRIORITY_UPDATE on a stream", frame(0x10, 0, 1, bytes(4) + b"u=1"), PROTOCOL_ERROR),
    ("PRIORITY_UPDATE for stream 0", frame(0x10, 0, 0, bytes(4) + b"u=1"), PROTOCOL_ERROR),
    ("PRIORITY_UPDATE of 3 bytes", frame(0x10, 0, 0, bytes(3)), FRAME_SIZE_ERROR),
))  # fmt: skip
def test_connection_errors_end_in_goaway_with_their_code(server, sent, code):
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


@pytest.mark.parametrize("block", cases(
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
    ("an empty name", REQUEST + b"\x00\x00\x01a"),
    ("colon in a name", REQUEST + b"\x00\x03a:b\x01a"),
    ("byte over 0x7f in a name", REQUEST + b"\x00\x02a\xe9\x01a"),
    ("LF in value", REQUEST + b"\x00\x01a\x03a\nb"),
    ("NUL in value", REQUEST + b"\x00\x01a\x03a\0b"),
    ("space before a value", REQUEST + b"\x00\x01a\x02 b"),
    ("tab behind a value", REQUEST + b"\x00\x01a\x02b\t"),
    ("keep-alive", REQUEST + b"\x00\x0akeep-alive\x01a"),
    ("proxy-connection", REQUEST + b"\x00\x10proxy-connection\x01a"),
    ("upgrade", REQUEST + b"\x00\x07upgrade\x01a"),
    ("no scheme", b"\x82\x84\x01\x09localhost"),
    ("path without slash", b"\x82\x86\x04\x05hello\x01\x09localhost"),
    ("asterisk on GET", b"\x82\x86\x04\x01*\x01\x09localhost"),
    ("space in path", b"\x82\x86\x04\x04/a b\x01\x09localhost"),
    ("method that is no token", b"\x02\x03G T\x86\x84\x01\x09localhost"),
    ("user in authority", b"\x82\x86\x84\x01\x0cme@localhost"),
    ("two authorities", REQUEST + b"\x01\x09localhost"),
    ("CONNECT with a path", b"\x02\x07CONNECT\x84\x01\x0clocalhost:80"),
    (":protocol without the setting", b"\x02\x07CONNECT\x86\x84\x01\x09localhost\x00\x09:protocol\x09websocket"),
    ("host that differs", REQUEST + b"\x00\x04host\x05other"),
    ("bad content-length", REQUEST + b"\x0f\x0d\x01x"),
    ("content-length without content", REQUEST + b"\x0f\x0d\x015"),
))  # fmt: skip
def test_malformed_requests_end_their_stream_and_not_the_connection(server, block):
    """§8.1.1, §8.2, §8.3: PROTOCOL_ERROR of the stream, or 400 before it."""
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
        if seen[1][0] == HEADERS:
            # :status 400 or 431, or the 501 of CONNECT, is never indexed as 200 is
            assert seen[1][1][:1] != b"\x88", "answered with 200"
        else:
            assert int.from_bytes(seen[1][1], "big") == PROTOCOL_ERROR


HALF_CLOSED = setting((4, 0))  # no window: the answer waits, the stream stays half-closed (remote)


@pytest.mark.parametrize("sent, code", cases(
    ("DATA behind the end", frame(DATA, 0, 1, b"x"), STREAM_CLOSED),
    ("HEADERS behind the end", head(1), STREAM_CLOSED),
    ("WINDOW_UPDATE of 0", frame(WINDOW_UPDATE, 0, 1, bytes(4)), PROTOCOL_ERROR),
    ("a window past 2^31-1", frame(WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff") * 2, FLOW_CONTROL_ERROR),
    ("PRIORITY of 4 bytes", frame(PRIORITY, 0, 1, bytes(4)), FRAME_SIZE_ERROR),
))  # fmt: skip
def test_errors_of_a_stream_end_it_with_their_code_and_not_the_connection(server, sent, code):
    """§5.1, §6.3, §6.9, §6.9.1, on a stream whose answer is under way."""
    with Raw(server, settings=HALF_CLOSED) as raw:
        raw.send(head(1, block=LARGE_BIN))
        assert raw.until(HEADERS, 1)
        raw.send(sent)
        assert raw.outcome(1, (RST_STREAM,)) == ("RST_STREAM", code)
        raw.send(head(3))
        assert raw.outcome(3) == ("HEADERS", END_HEADERS)
        assert raw.alive()


@pytest.mark.parametrize("sent", cases(
    ("WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\x01")),
    ("RST_STREAM", frame(RST_STREAM, 0, 1, b"\0\0\0\x08")),
    ("PRIORITY", frame(PRIORITY, 0, 1, bytes(4) + b"\x10")),
    ("PRIORITY that depends on itself", frame(PRIORITY, 0, 1, b"\0\0\0\x01\x10")),
    ("PRIORITY of a stream to come", frame(PRIORITY, 0, 99, b"\0\0\0\x01\x10")),
    ("PRIORITY_UPDATE", frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\x01u=1")),
    ("PRIORITY_UPDATE that says nothing", frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\x01")),
    ("PRIORITY_UPDATE that says nonsense", frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\x01u=99, ?!")),
    ("PRIORITY_UPDATE of a stream to come", frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\x63u=1")),
    ("ALTSVC, as to a client", frame(0x0A, 0, 0, b"\0\0")),
    ("ORIGIN, as to a client", frame(0x0C, 0, 0, b"")),
    ("unused flags", frame(WINDOW_UPDATE, 0xFF, 0, b"\0\0\0\x01")),
    ("the reserved bit of a window", frame(WINDOW_UPDATE, 0, 0, b"\x80\0\0\x01")),
    ("the reserved bit of a stream", frame(WINDOW_UPDATE, 0, 0x80000000, b"\0\0\0\x01")),
))  # fmt: skip
def test_what_a_peer_may_send_at_any_time_is_taken(server, sent):
    """§4.1, §5.1, §5.5, §6.3; RFC 9218 §7.1: on a stream that is closed."""
    with Raw(server) as raw:
        raw.send(head(1))
        while (seen := raw.until(DATA, 1))[1] & END_STREAM == 0:
            pass
        raw.send(sent)
        assert raw.alive()


@pytest.mark.parametrize("sent", cases(
    ("in one frame with padding", frame(HEADERS, 5 | PADDED, 1, b"\x03" + REQUEST + bytes(3))),
    ("with a priority", frame(HEADERS, 5 | WITH_PRIORITY, 1, b"\x80\0\0\0\xff" + REQUEST)),
    ("with padding and a priority", frame(HEADERS, 5 | PADDED | WITH_PRIORITY, 1, b"\x01\0\0\0\0\x10" + REQUEST + b"\0")),
    ("in pieces", head(1, END_STREAM, b"") + frame(CONTINUATION, 0, 1, REQUEST[:2]) + frame(CONTINUATION, 4, 1, REQUEST[2:])),
    ("with Host and no authority", head(1, block=REQUEST[:3] + b"\x0f\x17\x09localhost")),
    ("with the same host twice", head(1, block=REQUEST + b"\x0f\x17\x09localhost")),
    ("with te: trailers", head(1, block=REQUEST + b"\x00\x02te\x08trailers")),
    ("with cookie crumbs", head(1, block=REQUEST + b"\x0f\x11\x03a=b\x0f\x11\x03c=d")),
    ("with trailers", head(1, END_HEADERS) + frame(DATA, 0, 1, b"x") + head(1, block=b"\x00\x05x-sum\x011")),
    ("as OPTIONS *", head(1, block=b"\x02\x07OPTIONS\x86\x04\x01*\x01\x09localhost")),
))  # fmt: skip
def test_a_request_may_come_in_any_form(server, sent):
    """§4.3, §6.2, §8.1, §8.3.1."""
    with Raw(server) as raw:
        raw.send(sent)
        kind, flags, _, payload = raw.until(HEADERS, 1)
        assert payload[0] in (0x88, 0x89), payload  # :status 200 or 204
        assert raw.alive()


@pytest.mark.parametrize("sent", cases(
    ("content longer than its length", head(1, END_HEADERS, POST + b"\x0f\x0d\x011") + frame(DATA, 1, 1, b"xy")),
    ("content shorter than its length", head(1, END_HEADERS, POST + b"\x0f\x0d\x013") + frame(DATA, 1, 1, b"xy")),
    ("trailers that do not end", head(1, END_HEADERS, POST) + head(1, END_HEADERS, b"\x00\x01a\x01b")),
    ("a pseudo-field in trailers", head(1, END_HEADERS, POST) + head(1, block=b"\x84")),
))  # fmt: skip
def test_a_body_that_is_malformed_is_never_answered_with_success(server, sent):
    """§8.1, §8.1.1. The answer to the method may have left before."""
    with Raw(server) as raw:
        raw.send(sent)
        kind, flags, _, payload = raw.frame()
        while kind not in (HEADERS, RST_STREAM):
            kind, flags, _, payload = raw.frame()
        assert (payload[0] & 0xC0 != 0x80) if kind == HEADERS else (int.from_bytes(payload, "big") == PROTOCOL_ERROR)
        assert raw.alive()


def test_an_early_answer_asks_the_client_to_stop_without_an_error(server):
    """§8.1: RST_STREAM with NO_ERROR behind a whole answer."""
    with Client(server) as client:
        stream = client.get("/hello.txt", "POST", end=False)
        client.wait(stream)
        assert client.heads[stream][":status"] == "405"
        if stream in client.resets:
            assert client.resets[stream] == NO_ERROR
            assert int(client.heads[stream]["content-length"]) == len(client.bodies[stream])


def test_streams_over_the_limit_are_refused_and_their_fields_are_decoded(serve, root):
    """§5.1.2, §4.3: the third stream brings an entry for the dynamic table that the fourth refers to."""
    with Raw(serve(root, "--limit", "concurrent_streams=2"), settings=HALF_CLOSED) as raw:
        settings = raw.until(SETTINGS, ack=False)[3]
        assert setting((3, 2)) in settings
        raw.send(head(1, block=LARGE_BIN) + head(3, block=LARGE_BIN) + head(5, block=REQUEST + b"\x40\x05x-new\x01a"))
        assert raw.outcome(5) == ("RST_STREAM", REFUSED_STREAM)
        raw.send(frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)) + head(7, block=REQUEST + b"\xbe"))
        assert raw.outcome(7) == ("HEADERS", END_HEADERS)


def test_streams_below_the_newest_are_closed(server):
    """§5.1.1."""
    with Raw(server) as raw:
        raw.send(head(5) + frame(WINDOW_UPDATE, 0, 3, b"\0\0\0\x01") + frame(RST_STREAM, 0, 3, struct.pack(">I", CANCEL)))
        assert raw.alive()
        raw.send(frame(DATA, 0, 3, b"x"))
        assert raw.outcome(3) in (("GOAWAY", STREAM_CLOSED), ("RST_STREAM", STREAM_CLOSED))


def test_frames_that_cross_our_reset_are_ignored(server):
    """§5.1: shortly after RST_STREAM what was under way may still come, and its bytes are given back."""
    with Raw(server, settings=HALF_CLOSED) as raw:
        raw.send(head(1, END_HEADERS, POST) + frame(WINDOW_UPDATE, 0, 1, bytes(4)))
        assert raw.outcome(1, (RST_STREAM,)) == ("RST_STREAM", PROTOCOL_ERROR)
        raw.send(frame(DATA, 0, 1, bytes(1000)) + head(1, block=b"\x00\x01a\x01b"))
        assert raw.alive()


def test_windows_are_kept_to_the_byte_and_may_go_below_zero(server, root):
    """§6.9.1, §6.9.2: 30 bytes, then a window that is 20 smaller than what was sent, then 25 more."""
    with Raw(server, settings=setting((4, 30))) as raw:
        raw.send(head(1, block=LARGE_BIN))
        assert len(raw.until(DATA, 1)[3]) == 30
        raw.send(frame(SETTINGS, 0, 0, setting((4, 10))) + frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 20)))
        raw.send(frame(PING, 0, 0, b"no more!"))
        while (seen := raw.frame())[:2] != (PING, ACK):
            assert seen[0] != DATA or seen[2] != 1, "sent beyond the window"
        raw.send(frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 25)))
        assert raw.until(DATA, 1)[3] == (root / "large.bin").read_bytes()[30:55]


def test_the_window_of_the_connection_holds_all_streams(server):
    """§6.9.1: three streams with large windows get 65,535 bytes together."""
    with Raw(server, settings=setting((4, 2**20))) as raw:
        raw.send(b"".join(head(i, block=LARGE_BIN) for i in (1, 3, 5)))
        size = 0
        while size < 65535:
            size += len(raw.until(DATA)[3])
        raw.send(frame(PING, 0, 0, b"no more!"))
        while (seen := raw.frame())[:2] != (PING, ACK):
            assert seen[0] != DATA
        assert size == 65535


def test_frames_are_no_larger_than_we_allow(server):
    """§4.2."""
    with Raw(server, settings=setting((4, 2**20), (5, 16384))) as raw:
        raw.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**20)) + head(1, block=LARGE_BIN))
        size = 0
        while size < 2**20:
            payload = raw.until(DATA, 1)[3]
            assert len(payload) <= 16384
            size += len(payload)


def test_a_smaller_table_is_kept_to(server):
    """§4.3.1: what we say in SETTINGS is acknowledged, and the next block begins with the new size."""
    with Raw(server, settings=setting((1, 4096))) as raw:
        raw.send(head(1) + head(3))
        raw.until(HEADERS, 3)
        raw.send(frame(SETTINGS, 0, 0, setting((1, 0))))
        assert raw.until(SETTINGS, ack=True)
        raw.send(head(5) + head(7))
        assert raw.until(HEADERS, 5)[3][0] == 0x20  # a dynamic table of 0
        block = hpack.Decoder()
        block.max_allowed_table_size = 0
        block.header_table_size = 0
        assert block.decode(raw.until(HEADERS, 7)[3])[0] == (":status", "200")


def test_http2_over_tls_needs_alpn(server):
    """§3.2: prior knowledge is for clear text."""
    with server.connect("https") as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
        data = b""
        try:
            while piece := connection.recv(1000):
                data += piece
        except OSError:
            pass
        assert data[3:4] != b"\x04" and b"200" not in data[:20]


def test_a_client_that_says_goaway_gets_what_it_asked_for(server, root):
    """§6.8."""
    with Raw(server, settings=setting((4, 2**24))) as raw:
        raw.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**24)) + head(1, block=LARGE_BIN) + frame(GOAWAY, 0, 0, bytes(8)))
        body = b""
        while True:
            _, flags, _, payload = raw.until(DATA, 1)
            body += payload
            if flags & END_STREAM:
                break
        assert body == (root / "large.bin").read_bytes()


def test_the_last_goaway_names_the_newest_request(serve, root):
    """§6.8: 2^31-1 first, and the true number a while later."""
    server = serve(root, "--limit", "drain_ms=200")
    with Raw(server) as raw:
        raw.send(head(1))
        raw.until(HEADERS, 1)
        server.process.terminate()
        last = []
        while (seen := raw.frame()) is not None:
            if seen[0] == GOAWAY:
                assert int.from_bytes(seen[3][4:8], "big") == NO_ERROR
                last.append(int.from_bytes(seen[3][:4], "big"))
                if len(last) == 1:
                    raw.send(head(3))  # it crossed the first one and is served
        assert last == [2**31 - 1, 3]
    assert server.stop() == 0


def test_sigterm_says_goaway_and_finishes_what_is_in_flight(serve, root):
    server = serve(root)
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
