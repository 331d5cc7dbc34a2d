"""Clients that go on and on, and notice every request that is lost and every connection that ends without a word.

What counts as lost: a request that was sent and has no whole answer with status 200. Not lost, but moved, is one that
the server has said it did not take: a stream above GOAWAY's last one, or REFUSED_STREAM (RFC 9113 §8.7); it is sent again on
the next connection. A connection is cut where it ends though no answer has said `Connection: close` and no GOAWAY has come."""

import collections
import multiprocessing
import socket
import ssl
import threading
import time

import hpack
from h2_client import (ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE,
                       frame, head)  # fmt: skip

GET = b"GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = b"\x82\x86\x04\x0a/hello.txt\x01\x09localhost"  # the same in HPACK
STREAMS = 10  # at once
REFUSED_STREAM = 7
CONTENT = b"hello, world\n"


class Lost(Exception):
    """A request has no answer, or a wrong one."""


def connect(port, is_secure, protocol):
    raw = socket.create_connection(("127.0.0.1", port), 10)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not is_secure:
        return raw
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    return context.wrap_socket(raw, server_hostname="localhost")


def one_answer(connection):
    """Reads an answer; is it the connection's last?"""
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65536)
        if not piece:
            raise Lost(f"the connection ended after {len(raw)} bytes of an answer's head")
        raw += piece
    fields, _, body = raw.partition(b"\r\n\r\n")
    fields = fields.lower()
    size = int(fields.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < size:
        piece = connection.recv(65536)
        if not piece:
            raise Lost(f"{len(body)} of {size} bytes came")
        body += piece
    if not fields.startswith(b"http/1.1 200") or body != CONTENT:
        raise Lost(f"a wrong answer: {fields[:60]}")
    return b"connection: close" in fields


class Tally(collections.Counter):
    """What a client saw; how many connections that stay were answered, and told of their end, is seen by all processes."""

    def __init__(self, live):
        super().__init__()
        self.live = live

    def note(self, what):
        self[what] += 1
        with self.live[what].get_lock():
            self.live[what].value += 1


def over_http1(port, is_secure, think, stop, tally):
    """One connection after another, each until the server says that it is the last request's."""
    while not stop.is_set():
        with connect(port, is_secure, "http/1.1") as connection:
            tally["connections"] += 1
            is_first, is_last = True, False
            while not is_last and not stop.is_set():
                connection.sendall(GET)
                is_last = one_answer(connection)
                tally["requests"] += 1
                if is_first:
                    tally.note("joined")
                is_first = False
                time.sleep(think)
            if is_last:
                tally.note("told")


def short_connections(port, is_secure, think, stop, tally):
    """A connection for each request."""
    asked = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    while not stop.is_set():
        with connect(port, is_secure, "http/1.1") as connection:
            tally["connections"] += 1
            connection.sendall(asked)
            one_answer(connection)
            tally["requests"] += 1
        time.sleep(think)


class Http2:
    """A connection of HTTP/2 with some requests in flight at all times."""

    def __init__(self, connection, tally):
        self.connection, self.tally = connection, tally
        self.decoder, self.raw = hpack.Decoder(), b""
        self.flying, self.next, self.last, self.has_joined = {}, 1, None, False
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(WINDOW_UPDATE, 0, 0, b"\x3f\0\0\0"))

    def ask(self, count):
        """As many as are to be in flight."""
        out = b""
        while self.last is None and len(self.flying) < count:
            out += head(self.next, block=HEAD)
            self.flying[self.next] = b""
            self.next += 2
        if out:
            self.connection.sendall(out)

    def read(self):
        """What has come; False at the end of the connection."""
        piece = self.connection.recv(65536)
        self.raw += piece
        while len(self.raw) >= 9 and len(self.raw) >= 9 + (size := int.from_bytes(self.raw[:3], "big")):
            kind, flags = self.raw[3], self.raw[4]
            stream = int.from_bytes(self.raw[5:9], "big")
            payload, self.raw = self.raw[9 : 9 + size], self.raw[9 + size :]
            self.take(kind, flags, stream, payload)
        return bool(piece)

    def take(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            self.connection.sendall(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.connection.sendall(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            self.go_away(int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big"))
        elif kind == RST_STREAM:
            if int.from_bytes(payload, "big") != REFUSED_STREAM:
                raise Lost(f"stream {stream} was reset")
            self.tally["moved"] += self.flying.pop(stream, None) is not None
        elif kind == HEADERS:
            assert flags & END_HEADERS
            status = dict(self.decoder.decode(payload))[":status"]
            if status != "200":
                raise Lost(f"an answer with {status}")
        elif kind == DATA:
            self.flying[stream] += payload
            if flags & END_STREAM:
                if self.flying.pop(stream) != CONTENT:
                    raise Lost("wrong content")
                self.tally["requests"] += 1
                if not self.has_joined:
                    self.tally.note("joined")
                self.has_joined = True

    def go_away(self, last, code):
        if code != 0:
            raise Lost(f"GOAWAY with error {code}")
        self.last = last
        unprocessed = [stream for stream in self.flying if stream > last]
        for stream in unprocessed:
            del self.flying[stream]
        self.tally["moved"] += len(unprocessed)


def over_http2(port, is_secure, think, stop, tally):
    while not stop.is_set():
        with connect(port, is_secure, "h2") as connection:
            tally["connections"] += 1
            h2 = Http2(connection, tally)
            while (h2.last is None and not stop.is_set()) or h2.flying:
                if not stop.is_set():
                    h2.ask(STREAMS)
                if h2.flying and not h2.read():
                    if any(stream <= (2**31 - 1 if h2.last is None else h2.last) for stream in h2.flying):
                        raise Lost(f"{len(h2.flying)} requests without an answer at the connection's end")
                time.sleep(think)
            if h2.last is not None:
                tally.note("told")


WAYS = {
    "HTTP/1.1": (over_http1, False, 0),
    "HTTP/1.1, thinking": (over_http1, False, 0.05),
    "HTTP/1.1, new each time": (short_connections, False, 0.002),
    "HTTP/1.1, TLS": (over_http1, True, 0),
    "HTTP/1.1, TLS, new each time": (short_connections, True, 0.01),
    "HTTP/2": (over_http2, False, 0),
    "HTTP/2, TLS": (over_http2, True, 0),
    "HTTP/2, TLS, thinking": (over_http2, True, 0.02),
}


def go_on(way, port, is_secure, think, stop, tally):
    """One client until it is told to stop; what is lost is noted, and it goes on."""
    while not stop.is_set():
        try:
            way(port, is_secure, think, stop, tally)
        except (Lost, OSError, KeyError) as error:
            tally["lost"] += 1
            tally[f"{type(error).__name__}: {error}"] += 1


def run_clients(name, ports, clients, stop, results, live):
    way, is_secure, think = WAYS[name]
    tallies = [Tally(live) for _ in range(clients)]
    threads = [threading.Thread(target=go_on, args=(way, ports["https" if is_secure else "http"], is_secure, think, stop, tally))
               for tally in tallies]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((name, sum((collections.Counter(tally) for tally in tallies), collections.Counter())))


class Steady:
    """Clients of all ways, a process for each way, from `with` on to its end; `results` has what they saw."""

    def __init__(self, ports, clients=2):
        many = multiprocessing.get_context("fork")
        self.stop, self.queue, self.results = many.Event(), many.Queue(), {}
        self.live = {what: many.Value("q", 0) for what in ("joined", "told")}
        self.stays = clients * sum(way is not short_connections for way, _, _ in WAYS.values())
        self.processes = [many.Process(target=run_clients, args=(name, ports, clients, self.stop, self.queue, self.live)) for name in WAYS]

    def __enter__(self):
        for process in self.processes:
            process.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for _ in self.processes:
            name, tally = self.queue.get(timeout=60)
            self.results[name] = tally
        for process in self.processes:
            process.join()

    def have(self, what, times):
        """While it runs: has each connection that stays been `joined` (answered), or `told` of its end, so often?"""
        return self.live[what].value >= self.stays * times

    def total(self, what):
        return sum(tally[what] for tally in self.results.values())

    def reasons(self):
        """What was lost, in words."""
        known = {"connections", "requests", "joined", "told", "moved", "lost"}
        every = sum(self.results.values(), collections.Counter())
        return {reason: count for reason, count in every.items() if reason not in known}
