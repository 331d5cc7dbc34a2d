"""Floods: cheap frames in great number. Each ends in GOAWAY with a code and a text that names the limit, and harms
nobody else. The names are those of the attacks' advisories."""

import select
import struct

import pytest
from conftest import cases
from h2_client import (Client, CANCEL, CONTINUATION, DATA, END_HEADERS, ENHANCE_YOUR_CALM, GOAWAY, HEADERS,
                       INITIAL_WINDOW_SIZE, LARGE_BIN, PADDED, PING, POST, PRIORITY, PRIORITY_UPDATE, PROTOCOL_ERROR, REQUEST,
                       RST_STREAM, SETTINGS, WINDOW_UPDATE, Raw, frame, head, setting, string)  # fmt: skip

COUNT = 5000
BLOCKED = setting((INITIAL_WINDOW_SIZE, 0))  # answers cannot end, so streams stay


def each_stream(make):
    """The frames of `make(stream)` for one new stream after the other."""
    return (make(stream) for stream in range(1, 2 * COUNT, 2))


def many(one):
    return (one for _ in range(COUNT))


FLOODS = cases(
    ("rapid reset", BLOCKED, each_stream(lambda i: head(i) + frame(RST_STREAM, 0, i, struct.pack(">I", CANCEL)))),
    ("rapid reset of open requests", BLOCKED, each_stream(lambda i: head(i, END_HEADERS, POST) + frame(RST_STREAM, 0, i, bytes(4)))),
    ("made you reset: window of 0", BLOCKED, each_stream(lambda i: head(i) + frame(WINDOW_UPDATE, 0, i, bytes(4)))),
    ("made you reset: window overflow", BLOCKED, each_stream(lambda i: head(i) + frame(WINDOW_UPDATE, 0, i, b"\x7f\xff\xff\xff") * 2)),
    ("made you reset: data behind the end", BLOCKED, each_stream(lambda i: head(i, block=LARGE_BIN) + frame(DATA, 0, i, b"x"))),
    ("made you reset: fields behind the end", BLOCKED, each_stream(lambda i: head(i, block=LARGE_BIN) + head(i))),
    ("made you reset: priority of 4 bytes", BLOCKED, each_stream(lambda i: head(i) + frame(PRIORITY, 0, i, bytes(4)))),
    ("made you reset: malformed", BLOCKED, each_stream(lambda i: head(i, block=REQUEST + b"\x00\x01A\x01a"))),
    ("priority that depends on itself", BLOCKED, many(frame(PRIORITY, 0, 1, b"\0\0\0\x01\x10"))),
    ("settings", b"", many(frame(SETTINGS, 0, 0, b""))),
    ("settings that say something", b"", many(frame(SETTINGS, 0, 0, setting((4, 1), (4, 65535))))),
    ("settings in one frame", b"", [frame(SETTINGS, 0, 0, setting((4, 1)) * 2000)]),
    ("ping", b"", many(frame(PING, 0, 0, bytes(8)))),
    ("empty data", BLOCKED, [head(1, END_HEADERS, POST), *many(frame(DATA, 0, 1, b""))]),
    ("data that is padding", BLOCKED, [head(1, END_HEADERS, POST), *many(frame(DATA, PADDED, 1, b"\x01\0"))]),
    ("priority", b"", many(frame(PRIORITY, 0, 1, bytes(4) + b"\x01"))),
    ("priority update", b"", many(frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\x01u=1"))),
    ("priority updates for streams to come", b"", each_stream(lambda i: frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", i) + b"u=1"))),
    ("empty continuation", b"", [head(1, 0, b""), *many(frame(CONTINUATION, 0, 1, b""))]),
    ("continuation of a byte", b"", [head(1, 0, REQUEST), *many(frame(CONTINUATION, 0, 1, b"\x82"))]),
    ("large continuation", b"", [head(1, 0, REQUEST), *many(frame(CONTINUATION, 0, 1, b"\x00\x01a" + string(b"b" * 15000)))]),
)  # fmt: skip


@pytest.mark.parametrize("settings, pieces", FLOODS)
def test_a_flood_ends_in_goaway_that_names_the_limit(server, curl, settings, pieces):
    with Raw(server, settings=settings) as raw:
        (code, text), seen = raw.flood(pieces)
    assert code in (ENHANCE_YOUR_CALM, PROTOCOL_ERROR), (code, text, seen)
    assert text, "GOAWAY does not name the limit"
    assert sum(seen.values()) < 2500, f"the server answered too much of it: {seen}"
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_a_window_opened_byte_by_byte_does_not_cost_a_frame_for_each(server, curl):
    """The answers would be nine bytes of head for one of content, and the work of a frame."""
    with Raw(server, settings=BLOCKED) as raw:
        raw.send(head(1, block=LARGE_BIN))
        raw.until(HEADERS, 1)
        frames = 0
        for _ in range(1500):
            raw.send(frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\x01"))
            ended = False
            while select.select([raw.socket], [], [], 0 if frames else 0.05)[0] and not ended:
                seen = raw.frame()
                frames += bool(seen) and seen[0] == DATA
                ended = seen is None or seen[0] == GOAWAY
            if ended:
                break
    assert ended or frames < 500, f"{frames} DATA frames for 1,500 bytes"
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_unknown_frames_without_end_are_bounded_or_harmless(server, curl):
    """RFC 9113 §5.5 lets them come; §10.5 lets them be counted."""
    with Raw(server) as raw:
        (code, text), _ = raw.flood(many(frame(0xBE, 0, 0, bytes(100))))
    assert code in (None, ENHANCE_YOUR_CALM), (code, text)
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_an_honest_client_is_not_taken_for_a_flood(server):
    """A page of 300 files, a few given up, some PINGs and SETTINGS."""
    with Raw(server) as raw:
        for i in range(1, 601, 2):
            sent = head(i)
            if i % 50 == 1:
                sent += frame(RST_STREAM, 0, i, struct.pack(">I", CANCEL))
            if i % 100 == 1:
                sent += frame(PING, 0, 0, bytes(8)) + frame(SETTINGS, 0, 0, setting((4, 65535 + i)))
            if i % 4 == 1:
                sent += frame(PRIORITY, 0, i, bytes(4) + b"\x10")
            raw.send(sent + frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x29"))
            if i % 50 != 1:
                seen = raw.frame()
                while seen and not (seen[0] == GOAWAY or seen[:3] == (HEADERS, END_HEADERS, i)):
                    seen = raw.frame()
                assert seen and seen[0] == HEADERS, seen
        assert raw.alive()


@pytest.mark.parametrize("block", cases(
    ("one entry, thousands of references", b"\x40\x01a" + string(b"b" * 3000) + b"\xbe" * 12000),
    ("one small entry, thousands of references", b"\x40\x01a\x01b" + b"\xbe" * 15000),
    ("the static table, thousands of times", b"\x90" * 15000),
    ("cookie crumbs", b"\x60\x01a\x0f\x11\x01b" + b"\xa0" * 15000),
))  # fmt: skip
def test_the_header_bomb_is_refused_and_harmless(server, curl, block):
    """CVE-2016-6581, CVE-2026-49975: refused by count or size, and the next block is decoded with the same table."""
    with Raw(server, settings=BLOCKED) as raw:
        raw.send(head(1, block=REQUEST + block))
        kind, value = raw.outcome(1)
        assert kind in ("RST_STREAM", "HEADERS") or value == ENHANCE_YOUR_CALM, (kind, value)
        if kind != "GOAWAY":
            raw.send(head(3))
            assert raw.outcome(3) == ("HEADERS", END_HEADERS)
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_too_many_fields_are_answered_with_431_or_end_the_stream(server):
    """RFC 9113 §10.5.1: the limit is on what was decoded, and the connection goes on."""
    fields = b"".join(b"\x00\x04x-%02d\x01a" % (i % 100) for i in range(150))
    with Raw(server) as raw:
        raw.send(head(1, block=REQUEST + fields) + head(3))
        assert raw.outcome(1)[0] in ("RST_STREAM", "HEADERS")
        assert raw.outcome(3) == ("HEADERS", END_HEADERS)


def test_streams_opened_beyond_all_limits_cost_nothing_but_their_refusal(server, curl):
    """10,000 requests that cannot be answered for want of a window: what is over the limit is refused at once."""
    with Raw(server, settings=BLOCKED) as raw:
        (code, text), seen = raw.flood(each_stream(lambda i: head(i, block=LARGE_BIN)))
        assert code in (None, ENHANCE_YOUR_CALM), (code, text)
        assert seen.get((HEADERS, None), 0) <= 1000, seen  # the end may come before the first answer
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_the_flood_of_a_neighbour_does_not_hold_up_others(server, curl):
    with Raw(server, settings=BLOCKED) as raw:
        raw.send(b"".join(head(i, block=LARGE_BIN) for i in range(1, 401, 2)))
        assert curl(server.url("/hello.txt"), "--max-time", "5") == "hello, world\n"


def test_many_answers_of_several_ranges_stop_at_the_budget(serve, root):
    """What their bodies hold is the connection's: those above are refused with 503 until others have ended."""
    ranges = ("range", "bytes=" + ",".join(f"{i * 100}-{i * 100 + 9}" for i in range(16)))
    server = serve(root, "--limit", "memory_budget=65536")
    with Client(server, window=0) as client:
        streams = [client.get("/large.bin", fields=[ranges]) for _ in range(100)]
        while len(client.heads) + len(client.resets) < len(streams):
            assert client.pump()
        statuses = [client.heads[stream][":status"] for stream in streams if stream in client.heads]
        answered = statuses.count("206")
        assert 20 < answered < 90 and statuses[:answered] == ["206"] * answered
        assert set(statuses[answered:]) == {"503"}
        for stream in streams:
            if stream not in client.ended:
                client.h2.reset_stream(stream)
        after = client.get("/large.bin", fields=[ranges])
        while after not in client.heads:
            assert client.pump()
        assert client.heads[after][":status"] == "206"
