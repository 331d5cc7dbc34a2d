"""What one client may ask for and hold open (docs/access.md): 429, 503, and connections that are closed at once."""

import socket
import time

import pytest
from h1_client import answers, ask, receive


def is_refused(server, scheme="http"):
    """Is a new connection closed without a word?"""
    raw = socket.create_connection(("127.0.0.1", server.ports[scheme]), 5)
    with raw:
        raw.settimeout(0.3)
        try:
            return raw.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_connections_of_a_client_are_bounded(serve, root, scheme):
    server = serve(root, "--limit", "client_connections=2")
    one, two = (server.connect(scheme) for _ in range(2))
    assert is_refused(server, scheme)
    one.close()
    deadline = time.monotonic() + 3
    while is_refused(server, scheme) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ask(server, "/hello.txt", scheme=scheme)[0] == 200
    two.close()


def test_requests_of_a_client_have_a_rate(serve, root):
    server = serve(root, "--limit", "client_request_rate=1", "--limit", "client_request_burst=3")
    with server.connect() as connection:
        connection.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n" * 4 + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        seen = answers(receive(connection))
    assert [answer.status for answer in seen] == [200, 200, 200, 429, 429]
    assert seen[3].fields["retry-after"] == "1" and b"Too Many Requests" in seen[3].body
    time.sleep(1.1)
    assert ask(server, "/hello.txt")[0] == 200  # also on another connection: the client counts


def test_requests_in_flight_of_a_client_are_bounded(serve, root):
    server = serve(root, "--limit", "client_requests=1")
    (root / "huge.bin").write_bytes(bytes(30_000_000))
    with server.connect() as slow:
        slow.sendall(b"GET /huge.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert slow.recv(1000).startswith(b"HTTP/1.1 200")
        status, fields, _ = ask(server, "/hello.txt")
        assert status == 503 and fields["retry-after"] == "1"
    deadline = time.monotonic() + 3
    while ask(server, "/hello.txt")[0] == 503 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ask(server, "/hello.txt")[0] == 200
