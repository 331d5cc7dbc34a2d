"""What the machine gives runs out: the log's disk, memory. Descriptors: test_fd_limits.py."""

import os
import pathlib
import re
import resource
import socket
import ssl
import time

import pytest
from conftest import is_sanitized
from h1_client import ask

MIB = 1 << 20
FULL = pathlib.Path("/dev/full")  # a device that takes nothing: ENOSPC
GET_LARGE = b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_full_log_disk_costs_lines_and_no_time(serve, root):
    """More lines than the buffer has room for: those that are lost are counted and told."""
    server = serve(root, "--access-log", str(FULL), "--log-format", "json")
    agent = "x" * 1500
    began = time.monotonic()
    for _ in range(80):  # of 1.5 KiB each, and the buffer is 64 KiB
        assert ask(server, "/hello.txt", f"User-Agent: {agent}")[2] == b"hello, world\n"
    assert time.monotonic() - began < 10
    assert server.stop() == 0
    told = re.search(r"could not take: (\d+) lines", server.output())
    assert told and int(told[1]) == 80, server.output()  # with those that waited in memory to the end


class Crowd:
    """Clients that ask for much and take nothing, so that the server holds what it has for them."""

    def __init__(self, server):
        self.server, self.connections = server, []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def come(self, count):
        """How many of them were turned away."""
        refused = 0
        for i in range(count):
            try:
                raw = socket.create_connection(("127.0.0.1", self.server.https if i % 2 else self.server.http), 2)
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection = self.context.wrap_socket(raw) if i % 2 else raw
                connection.sendall(GET_LARGE)
                self.connections.append(connection)
            except OSError:
                refused += 1
        return refused

    def go(self):
        for connection in self.connections:
            connection.close()


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer ends the process where memory runs out")
def test_memory_that_runs_out_ends_connections_and_not_the_process(serve, root):
    server = serve(root)
    assert ask(server, "/hello.txt")[0] == 200
    pid = server.worker
    data = re.search(r"VmData:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())
    most = int(data[1]) * 1024 + 2 * MIB
    resource.prlimit(pid, resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))
    crowd = Crowd(server)
    refused = crowd.come(600)
    print(refused, "of 600 turned away")
    assert refused > 0, "there was memory for all of them: the test needs a tighter limit"
    assert server.worker == pid and os.path.exists(f"/proc/{pid}"), "the process has ended"
    crowd.go()
    deadline = time.monotonic() + 5
    while True:  # with no more memory than before
        try:
            assert ask(server, "/hello.txt")[2] == b"hello, world\n"
            break
        except (OSError, AssertionError):
            assert time.monotonic() < deadline, "it does not recover"
            time.sleep(0.05)
    assert server.worker == pid
