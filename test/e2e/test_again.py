"""What a client gets that asks for the same again and again on one connection: what one gets that asks for the first time."""

import contextlib
import http.client
import signal
import time

import pytest
from conftest import PROGRAM, Server
from h2_client import Client


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def ask_on(request):
    """Opens a connection: once(path) asks on it, with the same bytes each time, and gives (status, etag, body)."""
    opened = contextlib.ExitStack()

    def over_1(server):
        connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=30)
        opened.callback(connection.close)

        def once(path, method="GET", host="localhost", fields=()):
            connection.request(method, path, headers={"Host": host, **dict(fields)})
            answer = connection.getresponse()
            return answer.status, answer.headers["etag"], answer.read()

        return once

    def over_2(server):
        client = opened.enter_context(Client(server))

        def once(path, method="GET", host="localhost", fields=()):
            stream = client.get(path, method, fields, authority=host)
            client.wait(stream)
            return int(client.heads[stream][":status"]), client.heads[stream].get("etag"), client.bodies[stream]

        return once

    yield over_1 if request.param == "HTTP/1.1" else over_2
    opened.close()


def until(once, *seen):
    """Asks for /hello.txt until (status, body) is what is named."""
    deadline = time.monotonic() + 10
    while once("/hello.txt")[::2] != seen:
        assert time.monotonic() < deadline


def test_what_changes_is_seen(serve, root, ask_on):
    once = ask_on(serve(root))
    asked = {once("/hello.txt") for _ in range(8)}
    assert len(asked) == 1
    _, etag, body = asked.pop()
    assert body == b"hello, world\n"
    assert {once("/hello.txt", "HEAD") for _ in range(5)} == {(200, etag, b"")}
    assert {once("/hello.txt", fields=[("if-none-match", etag)]) for _ in range(5)} == {(304, etag, b"")}
    assert {once("/hello.txt", fields=[("range", "bytes=0-4")]) for _ in range(5)} == {(206, etag, b"hello")}
    assert {once("/hello.txt") for _ in range(5)} == {(200, etag, body)}

    (root / "hello.txt").write_text("changed\n")
    until(once, 200, b"changed\n")
    (root / "other.txt").write_text("another\n")
    (root / "other.txt").replace(root / "hello.txt")
    until(once, 200, b"another\n")
    assert once("/hello.txt", fields=[("if-none-match", etag)])[::2] == (200, b"another\n")
    (root / "hello.txt").unlink()
    deadline = time.monotonic() + 10
    while once("/hello.txt")[0] != 404:
        assert time.monotonic() < deadline
    (root / "hello.txt").write_text("there again\n")
    until(once, 200, b"there again\n")


@pytest.fixture
def sites(tmp_path):
    """A server of a.test and b.test, whose hello.txt say which; `point(host, text)` gives one another root at a reload."""
    file = tmp_path / "weft.yaml"
    texts = {"a.test": "of a", "b.test": "of b"}

    def write():
        lines = ["listen: [http://127.0.0.1:0]", "sites:"]
        for host, text in texts.items():
            folder = tmp_path / text
            folder.mkdir(exist_ok=True)
            (folder / "hello.txt").write_text(text)
            lines.append(f"- {{names: {host}, root: '{folder}'}}")
        file.write_text("\n".join(lines) + "\n")

    def point(host, text):
        texts[host] = text
        write()
        server.process.send_signal(signal.SIGHUP)

    write()
    server = Server.__new__(Server)
    server.start([str(PROGRAM), "serve", "--config", str(file)], 1)
    server.point = point
    yield server
    assert server.stop() == 0, server.output()


def test_each_site_gives_its_own_on_one_connection(sites, ask_on):
    once = ask_on(sites)
    for host, other in (("a.test", "b.test"), ("b.test", "a.test")):
        for _ in range(6):
            assert once("/hello.txt", host=host)[2] == f"of {host[0]}".encode()
        for _ in range(6):
            assert once("/hello.txt", host=other)[2] == f"of {other[0]}".encode()
            assert once("/hello.txt", host=host)[2] == f"of {host[0]}".encode()
    assert {once("/hello.txt", host="c.test")[0] for _ in range(6)} == {421}


def test_a_reload_holds_for_new_connections(sites, ask_on):
    once = ask_on(sites)
    assert {once("/hello.txt", host="a.test")[2] for _ in range(6)} == {b"of a"}
    sites.point("a.test", "from elsewhere")
    deadline = time.monotonic() + 20
    once = ask_on(sites)
    while once("/hello.txt", host="a.test")[2] != b"from elsewhere":  # the old worker may still let somebody in
        assert time.monotonic() < deadline
        once = ask_on(sites)
    assert {once("/hello.txt", host="a.test")[2] for _ in range(6)} == {b"from elsewhere"}
