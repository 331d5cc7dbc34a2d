"""Reads the metrics of a server: the text format of Prometheus, strictly."""

import re
import socket
import time

SERIES = re.compile(r'([a-z_][a-z0-9_]*)(\{(?:[a-z_]+="[^"\\\n]*",?)+\})? ([0-9.]+(?:e[+-]?[0-9]+)?)')


def ask(server, request=b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"):
    """(status, body) of a request to the listener for those who run the server."""
    with socket.create_connection(("127.0.0.1", server.ports["metrics"]), 10) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


def ask_path(server, path):
    return ask(server, f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())


def read(text):
    """Series by name with labels; every line has to be one or a comment."""
    series = {}
    for line in text.splitlines():
        if line.startswith(("# HELP ", "# TYPE ")):
            continue
        match = SERIES.fullmatch(line)
        assert match, f"no line of the format: {line!r}"
        name = match[1] + (match[2] or "")
        assert name not in series, f"twice: {name}"
        series[name] = float(match[3])
    return series


def figures(server):
    status, text = ask(server)
    assert status == 200
    return read(text)


class Watch:
    """What has moved since it was made."""

    def __init__(self, server):
        self.server = server
        self.before = figures(server)

    def moved(self, name):
        return figures(self.server).get(name, 0) - self.before.get(name, 0)

    def wait(self, name, by, timeout=5):
        """Waits until a series has moved by at least so much (a stream may end a moment after its answer); returns how much."""
        deadline = time.monotonic() + timeout
        while (moved := self.moved(name)) < by:
            assert time.monotonic() < deadline, f"{name} moved by {moved}, not by {by}"
            time.sleep(0.05)
        return moved
