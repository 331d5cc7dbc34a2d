"""What a server writes down of its connections: --qlog (JSON text sequences, RFC 7464)."""

import json
import os
import pathlib
import re
import signal
import time

import pytest
from conftest import cases, said
from h2_client import Client
from metrics_client import Watch


def events(path, ready=lambda rows: True, timeout=10):
    """(what the file says of itself, its events), once they are as the caller wants them; every record has to be whole."""
    deadline = time.monotonic() + timeout
    while True:
        text = path.read_text() if path.exists() else ""
        assert text == "" or (text[0] == "\x1e" and text[-1] == "\n")
        head, *rows = [json.loads(record) for record in text.split("\x1e")[1:]] or [None]
        if head and ready(rows):
            return head, rows
        assert time.monotonic() < deadline, text[-2000:]
        time.sleep(0.05)


def named(rows, name):
    return [row["data"] for row in rows if row["name"] == name]


def closed(count):
    return lambda rows: len(named(rows, "connectivity:connection_closed")) >= count


@pytest.fixture
def traced(serve, root, tmp_path):
    """A server that writes what it does to tmp_path / "a.qlog"."""

    def start(*arguments):
        return serve(root, "--qlog", str(tmp_path / "a.qlog"), *arguments)

    return start


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_frames_and_fields_are_written_down(traced, tmp_path, scheme):
    server = traced()
    started_ms = time.time() * 1000
    with Client(server, scheme) as client:
        client.wait(client.get("/hello.txt", fields=[("x-why", 'a "quoted" word')]))
    head, rows = events(tmp_path / "a.qlog", closed(1))
    assert head["qlog_format"] == "JSON-SEQ" and head["trace"]["vantage_point"] == {"type": "server"}
    assert head["trace"]["common_fields"] == {"time_format": "absolute"}
    assert rows[0]["name"] == "connectivity:connection_started" and rows[0]["data"]["tls"] == (scheme == "https")
    assert rows[0]["data"]["peer"].startswith("127.0.0.1:") and rows[-1]["data"] == {"records_lost": 0}
    assert {row["group_id"] for row in rows} == {"1"}
    times = [row["time"] for row in rows]
    assert times == sorted(times) and started_ms - 1000 < times[0] and times[-1] < time.time() * 1000 + 1000
    frames = [(row["name"], row["data"]["frame"]["frame_type"], row["data"]["stream_id"])
              for row in rows if "http2:frame" in row["name"]]  # fmt: skip
    asked = frames.index(("http2:frame_parsed", "HEADERS", 1))
    assert asked < frames.index(("http2:frame_created", "HEADERS", 1)) < frames.index(("http2:frame_created", "DATA", 1))
    decoded = {row["name"]: row["value"] for row in named(rows, "hpack:field_decoded")}
    assert decoded[":path"] == "/hello.txt" and decoded["x-why"] == 'a "quoted" word'
    encoded = {row["name"]: row for row in named(rows, "hpack:field_encoded")}
    assert encoded[":status"]["value"] == "200" and encoded[":status"]["representation"] == "indexed"


def test_an_http_1_connection_is_told_too_each_request_of_it(traced, curl, tmp_path):
    server = traced()
    url = server.url("/hello.txt", "http")
    curl(url, url, url)
    _, rows = events(tmp_path / "a.qlog", closed(1))
    asked = [row["value"] for row in named(rows, "http1:field_decoded") if row["name"] == ":path"]
    answered = [row["value"] for row in named(rows, "http1:field_encoded") if row["name"] == ":status"]
    assert asked == ["/hello.txt"] * 3 and answered == ["200"] * 3
    framed = [row["value"] for row in named(rows, "http1:field_encoded") if row["name"] == "content-length"]
    assert framed == ["13"] * 3  # what is on the wire, also where the head did not hold it


@pytest.mark.parametrize("version", cases(("HTTP/1.1", "--http1.1"), ("HTTP/2", "--http2-prior-knowledge")))
def test_what_authorises_is_not_written_down(traced, curl, tmp_path, version):
    server = traced()
    curl(version, "-u", "anna:secret", "-b", "session=secret", "-H", "Proxy-Authorization: Basic c2VjcmV0", server.url("/", "http"))
    _, rows = events(tmp_path / "a.qlog", closed(1))
    hidden = [row["data"]["name"].lower() for row in rows if row["data"].get("hidden")]
    assert sorted(hidden) == ["authorization", "cookie", "proxy-authorization"]
    assert "secret" not in (tmp_path / "a.qlog").read_text() and "c2VjcmV0" not in (tmp_path / "a.qlog").read_text()


def test_whose_turn_it_was_and_why(traced, tmp_path):
    server = traced()
    with Client(server, window=1 << 30) as client:
        slow = client.get("/large.bin", fields=[("priority", "u=6")])
        quick = client.get("/hello.txt", fields=[("priority", "u=0")])
        client.wait(slow, quick)
    _, rows = events(tmp_path / "a.qlog", closed(1))
    turns = named(rows, "http2:stream_scheduled")
    assert [turn["urgency"] for turn in turns if turn["stream_id"] == quick] == [0]
    assert {turn["urgency"] for turn in turns if turn["stream_id"] == slow} == {6}
    assert {turn["reason"] for turn in turns} <= {"order", "floor"}
    assert turns[0]["stream_id"] == quick  # both had come with one read
    assert sum(turn["length"] for turn in turns if turn["stream_id"] == slow) == len(client.bodies[slow])


def test_threads_share_a_file_and_it_has_one_beginning(traced, tmp_path):
    server = traced("--threads=3")
    count = 30
    for _ in range(count):
        with Client(server) as client:
            client.wait(client.get("/hello.txt"))
    _, rows = events(tmp_path / "a.qlog", closed(count))
    groups = [row["group_id"] for row in rows if row["name"] == "connectivity:connection_started"]
    assert len(set(groups)) == count and not any("qlog_version" in row for row in rows)
    assert server.stop() == 0


def test_the_file_is_opened_anew_after_it_was_moved(traced, tmp_path):
    server = traced()
    path, moved = tmp_path / "a.qlog", tmp_path / "old.qlog"
    with Client(server) as client:
        client.wait(client.get("/hello.txt"))
        os.rename(path, moved)
        server.process.send_signal(signal.SIGUSR1)
        events(path)  # it begins at once
        client.wait(client.get("/large.bin"))
    _, rows = events(path, closed(1))
    decoded = [row["value"] for row in named(rows, "hpack:field_decoded") if row["name"] == ":path"]
    assert decoded == ["/large.bin"] and not named(rows, "connectivity:connection_started")
    assert named(events(moved)[1], "connectivity:connection_started")


def test_a_file_that_takes_nothing_costs_records_and_no_answers(serve, root):
    if not pathlib.Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    server = serve(root, "--qlog", "/dev/full", "--metrics", "http://127.0.0.1:0")
    watch = Watch(server)
    with Client(server) as client:
        streams = [client.get("/hello.txt?" + "x" * 1500) for _ in range(80)]
        client.wait(*streams)
        assert {client.heads[stream][":status"] for stream in streams} == {"200"}
    counted = watch.wait('weft_log_lines_dropped_total{log="qlog"}', 1)
    said(server, "error: the qlog takes no lines: they are dropped\n")
    assert server.stop() == 0
    told = re.search(r"the qlog could not take: (\d+) lines", server.output())
    assert told and int(told[1]) > counted, server.output()  # with those that waited in memory
