"""Everything at once: clients that ask, pause, half-close, reset and break off, over files that change under them. The
server has to come through with no descriptor lost, and what was answered whole has to be a whole version of a file."""

import os
import random
import socket
import ssl
import struct
import threading
import time

from conftest import open_sockets
from h1_client import ask, head
from h2_client import (ACK, CANCEL, CONTINUATION, DATA, GOAWAY, INITIAL_WINDOW_SIZE, PING, PREFACE, PRIORITY,
                       PRIORITY_UPDATE, REQUEST, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame, setting, string)  # fmt: skip
from h2_client import head as headers

SECONDS = float(os.environ.get("WEFT_CHAOS_SECONDS", 6))
SIZES = (0, 1, 100, 16_384, 70_000, 600_000)
NAMES = [f"{i}.txt" for i in range(12)]


def content(chance):
    """A version of a file: one letter, so that a mixture of two would show."""
    return bytes([chance.randrange(97, 123)]) * chance.choice(SIZES)


def change_files(root, stop):
    chance = random.Random(1)
    while not stop.is_set():
        path = root / chance.choice(NAMES)
        match chance.randrange(6):
            case 0 | 1 | 2:
                (root / ".new").write_bytes(content(chance))
                (root / ".new").rename(path)
            case 3:
                path.unlink(missing_ok=True)
            case 4:
                path.unlink(missing_ok=True)
                path.symlink_to(chance.choice(NAMES))
            case 5:
                path.unlink(missing_ok=True)
                os.mkfifo(path)
        time.sleep(0.002)


def break_off(connection, chance):
    if chance.random() < 0.3:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
    elif chance.random() < 0.3:
        try:
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    connection.close()


def over_http1(server, chance, scheme):
    lines = [b"Host: a\r\n", chance.choice([b"", b"Range: bytes=0-9\r\n", b"Range: bytes=1-2,5-,-3\r\n", b"If-None-Match: *\r\n",
                                            b"Accept-Encoding: gzip\r\n", b"Expect: 100-continue\r\nContent-Length: 9\r\n"])]  # fmt: skip
    requests = b""
    for _ in range(chance.randrange(1, 12)):
        method = chance.choice([b"GET", b"GET", b"GET", b"HEAD", b"OPTIONS", b"POST"])
        requests += method + b" /" + chance.choice(NAMES).encode() + b" HTTP/1.1\r\n" + b"".join(lines) + b"\r\n"
    if chance.random() < 0.2:
        at = chance.randrange(len(requests))
        requests = requests[:at] + chance.randbytes(3) + requests[at:]
    with server.connect(scheme, ["http/1.1"] if scheme == "https" else ()) as connection:
        connection.sendall(requests[: chance.randrange(1, len(requests) + 1)])
        connection.settimeout(0.05)
        for _ in range(chance.randrange(4)):
            connection.recv(chance.choice([1, 1000, 100_000]))
        break_off(connection, chance)


def any_frame(chance, stream):
    block = REQUEST[:2] + b"\x04" + string(b"/" + chance.choice(NAMES).encode()) + REQUEST[3:]
    return chance.choice([
        lambda: headers(stream, block=block), lambda: headers(stream, block=block), lambda: headers(stream, 4, block=block),
        lambda: headers(stream, block=block) + frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)),
        lambda: headers(stream, 0, block[:5]) + frame(CONTINUATION, 4, stream, block[5:]),
        lambda: frame(WINDOW_UPDATE, 0, chance.choice([0, stream]), struct.pack(">I", chance.choice([1, 1000, 100_000]))),
        lambda: frame(DATA, chance.choice([0, 1]), stream, bytes(chance.choice([0, 1, 16_384]))),
        lambda: frame(SETTINGS, 0, 0, setting((INITIAL_WINDOW_SIZE, chance.choice([0, 1, 65_535, 10**6])))),
        lambda: frame(PING, chance.choice([0, ACK]), 0, bytes(8)), lambda: frame(PRIORITY, 0, stream, bytes(4) + b"\x10"),
        lambda: frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", stream) + b"u=1, i"), lambda: frame(GOAWAY, 0, 0, bytes(8)),
        lambda: chance.randbytes(20),
    ])()  # fmt: skip


def over_http2(server, chance, scheme):
    with server.connect(scheme, ["h2"] if scheme == "https" else ()) as connection:
        connection.settimeout(0.05)
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0, setting((INITIAL_WINDOW_SIZE, chance.choice([0, 10, 65_535, 10**6])))))
        stream = 1
        for _ in range(chance.randrange(1, 40)):
            connection.sendall(any_frame(chance, stream))
            stream += chance.choice([0, 2, 2])
            if chance.random() < 0.2:
                connection.recv(chance.choice([1, 1000, 100_000]))
        break_off(connection, chance)


def whole(server, chance, scheme):
    """A request that is read to its end is of one letter, and as long as was said."""
    with server.connect(scheme, ["http/1.1"] if scheme == "https" else ()) as connection:
        connection.sendall(b"GET /" + chance.choice(NAMES).encode() + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        raw = b""
        while piece := connection.recv(65536):
            raw += piece
    _, status, fields, body = head(raw)
    assert status in (200, 403, 404), raw[:200]
    if status == 200:
        assert len(body) == int(fields["content-length"]) and len(set(body)) <= 1, raw[:300]
    return status


def trouble(server, seed, stop, found):
    chance = random.Random(seed)
    while not stop.is_set():
        act, scheme = chance.choice([over_http1, over_http2, over_http2, whole]), chance.choice(["http", "https"])
        try:
            key = act.__name__, act(server, chance, scheme)
            found[key] = found.get(key, 0) + 1
        except (OSError, ssl.SSLError) as error:
            if act is whole or isinstance(error, ConnectionRefusedError):
                found["failed", repr(error)] = True
        except AssertionError as error:
            found["failed", str(error)[:500]] = True


def test_the_server_comes_through_everything_at_once(serve, root):
    for name in NAMES:
        (root / name).write_bytes(content(random.Random(name)))
    server = serve(root, "--threads", "2", "--limit", "write_timeout_ms=1000", "--limit", "idle_timeout_ms=1000", "--limit", "header_timeout_ms=1000", "--limit", "handshake_timeout_ms=1000")
    before = open_sockets(server)
    stop, found = threading.Event(), {}
    threads = [threading.Thread(target=change_files, args=(root, stop))]
    threads += [threading.Thread(target=trouble, args=(server, seed, stop, found)) for seed in range(10, 14)]
    for thread in threads:
        thread.start()
    time.sleep(SECONDS)
    stop.set()
    for thread in threads:
        thread.join()
    assert server.process.poll() is None, server.output()
    print(found)
    failed = [what for what in found if what[0] == "failed"]
    assert not failed, failed
    assert ("whole", 200) in found and ("over_http2", None) in found and ("over_http1", None) in found, found
    assert ask(server, "/hello.txt")[2] == b"hello, world\n"
    deadline = time.monotonic() + 10
    while open_sockets(server) > before:
        assert time.monotonic() < deadline, f"{open_sockets(server) - before} connections were never given up"
        time.sleep(0.05)
    files = [os.readlink(f"/proc/{server.worker}/fd/{fd}") for fd in os.listdir(f"/proc/{server.worker}/fd")]
    assert sum(".txt" in name for name in files) < 50, "files stay open: " + str(files)
