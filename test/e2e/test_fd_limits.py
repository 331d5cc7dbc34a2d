"""Out of file descriptors: what cannot be served is shed, nothing spins, and all is well again afterwards."""

import os
import resource
import socket
import time

import pytest
from conftest import open_sockets
from h1_client import ask

FILES = 64  # the most that the server may have open


def cpu_seconds(server):
    with open(f"/proc/{server.worker}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def tight(serve, root):
    return serve(root, preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)))


@pytest.fixture
def crowd(tight):
    """More connections than the server has descriptors for; they ask for nothing."""
    connections = []
    for _ in range(FILES * 3):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", tight.http))
        connections.append(connection)
    deadline = time.monotonic() + 5
    while open_sockets(tight) < FILES // 2:
        assert time.monotonic() < deadline, "it does not take the connections that it could"
        time.sleep(0.01)
    yield connections
    for connection in connections:
        connection.close()


def test_a_server_without_descriptors_does_not_spin(tight, crowd):
    """A level-triggered listener whose accept fails would be reported again at once, for ever."""
    before = cpu_seconds(tight)
    time.sleep(1)
    assert cpu_seconds(tight) - before < 0.3
    assert tight.process.poll() is None


def test_a_server_without_descriptors_recovers(tight, crowd):
    for connection in crowd:
        connection.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            assert ask(tight, "/hello.txt")[2] == b"hello, world\n"
            break
        except (OSError, AssertionError):
            assert time.monotonic() < deadline, "it does not recover"
            time.sleep(0.05)
    for _ in range(50):
        assert ask(tight, "/alphabet.txt")[0] == 200


def test_whoever_is_shed_leaves_room_for_the_next(tight, crowd):
    """The crowd stays, and a newcomer is served long before its time is over: who has been idle longest goes."""
    deadline = time.monotonic() + 5
    while True:
        try:
            assert ask(tight, "/hello.txt")[2] == b"hello, world\n"
            return
        except (OSError, AssertionError):
            assert time.monotonic() < deadline, "nobody is served while the crowd stays"


def test_idle_connections_go_when_their_descriptors_are_needed(serve, root):
    """With the limits as they are, a silent crowd does not keep a newcomer waiting for its timeouts."""
    server = serve(root, preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)))
    crowd = [socket.create_connection(("127.0.0.1", server.http), 5) for _ in range(FILES * 2)]
    deadline = time.monotonic() + 5
    while True:
        try:
            assert ask(server, "/hello.txt")[2] == b"hello, world\n"
            break
        except (OSError, AssertionError):
            assert time.monotonic() < deadline, "the newcomer has to wait for timeouts"
            time.sleep(0.1)
    for connection in crowd:
        connection.close()


def test_files_can_be_opened_while_connections_take_the_rest(tight, crowd, root):
    """A connection that was accepted gets its file, or a 503; never a lie about what is there."""
    asked = 0
    for connection in crowd:
        try:
            connection.settimeout(0.3)
            connection.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            raw = connection.recv(1000)
        except OSError:
            continue
        if raw:
            asked += 1
            assert raw.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503")), raw[:100]
        if asked == 10:
            return
    assert asked, "no connection of the crowd was answered"


def test_the_crowd_at_the_end_does_not_hold_up_the_end(tight, crowd):
    assert tight.stop() == 0


def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.settimeout(5)


def ask_and_stay(connection):
    connection.sendall(b"GET /empty.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_those_go_who_have_been_idle_for_the_longest_time(tight):
    """Not those who came first: a connection that is used now and then is worth more than one that is not."""
    there = [socket.create_connection(("127.0.0.1", tight.http), 5) for _ in range(40)]
    for connection in there:
        ask_and_stay(connection)
    time.sleep(0.1)
    used = there[:10]
    for connection in used:
        ask_and_stay(connection)
    time.sleep(0.6)  # all of them are idle now
    newcomers = [socket.create_connection(("127.0.0.1", tight.http), 5) for _ in range(15)]
    for connection in newcomers:
        ask_and_stay(connection)
    assert all(is_open(connection) for connection in used)
    left = [is_open(connection) for connection in there[10:]]
    assert not all(left), "nobody had to go: the test needs a tighter limit"
    assert left == sorted(left), "one went who was idle for a shorter time than one who stayed"
    for connection in there + newcomers:
        connection.close()
