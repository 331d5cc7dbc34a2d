"""The error log: limits by name, bounded, in a file that is opened anew."""

import json
import os
import signal
import time

from h2_client import PING, Raw, frame


def flood(server):
    with Raw(server) as raw:
        raw.flood(frame(PING, 0, 0, bytes(8)) for _ in range(100))


def lines(path, count, timeout=5):
    """The lines of a log, once there are so many."""
    deadline = time.monotonic() + timeout
    while True:
        found = path.read_text().splitlines() if path.exists() else []
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_a_limit_names_the_peer_and_the_connection(serve, root, tmp_path):
    log = tmp_path / "errors"
    server = serve(root, "--error-log", str(log), "--error-format", "json")
    flood(server)
    row = json.loads(lines(log, 1)[0])
    assert row["level"] == "warning" and row["limit"] == "ping_burst" and row["protocol"] == "HTTP/2"
    assert row["peer"].startswith("127.0.0.1:") and row["connection"] == 1 and row["time"].endswith("Z")


def test_lines_are_bounded_and_the_rest_is_counted(serve, root, tmp_path):
    log = tmp_path / "errors"
    server = serve(root, "--error-log", str(log))
    for _ in range(12):
        flood(server)
    assert len(lines(log, 5)) == 5
    server.stop()
    assert lines(log, 6)[5].endswith("limit: ping_burst: and 7 more like it")


def test_the_log_is_opened_anew_after_it_was_moved(serve, root, tmp_path):
    log, moved = tmp_path / "errors", tmp_path / "errors.1"
    server = serve(root, "--error-log", str(log))
    flood(server)
    lines(log, 1)
    os.rename(log, moved)
    server.process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + 5
    while not log.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    flood(server)
    assert len(lines(log, 1)) == 1 and len(lines(moved, 1)) == 1


def test_what_clients_do_wrong_is_told_where_it_is_asked_for(serve, root, tmp_path):
    log = tmp_path / "errors"
    server = serve(root, "--error-log", str(log), "--error-level", "notice")
    with server.connect("http") as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(PING, 0, 0, bytes(8)))
        while connection.recv(4096):
            pass
    assert " notice: " in lines(log, 1)[0]
