"""A slow link in two network namespaces (test/link/link.c), and an HTTP/2 client that notes when bytes arrive."""

import contextlib
import ctypes
import os
import select
import socket
import ssl
import statistics
import subprocess
import time

import h2.events
import h2_client
import h2.settings

SKIPPED = 77
SERVER = "10.77.0.1"
NEW_NET = 0x40000000  # CLONE_NEWNET
LIBC = ctypes.CDLL(None, use_errno=True)


class NotHere(Exception):
    """This machine lets us make no namespaces or TUNs."""


@contextlib.contextmanager
def inside(space):
    """This thread in another network namespace; sockets made there stay there."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        enter(space)
        yield
    finally:
        LIBC.setns(before, NEW_NET)
        os.close(before)


def enter(space):
    fd = os.open(space, os.O_RDONLY)
    if LIBC.setns(fd, NEW_NET) != 0:
        raise NotHere(os.strerror(ctypes.get_errno()))
    os.close(fd)


class Link:
    """5 Mbit/s down, 1 up, a round trip of 40 ms and a queue of 100 ms, unless told otherwise."""

    def __init__(self, program, down=5000, up=1000, delay=20, queue=100, loss=0, congestion=None):
        self.down, self.round_trip_ms = down, 2 * delay
        options = [f"--down={down}", f"--up={up}", f"--delay={delay}", f"--queue={queue}", f"--loss={loss}"]
        command = [str(program)] + [part for option in options for part in option.split("=")]
        if congestion:
            command += ["--congestion", congestion]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        if not line:
            said = self.process.stderr.read()
            raise NotHere(said) if self.process.wait() == SKIPPED else AssertionError(said)
        self.server_space, self.client_space = line.split()

    def ideal_ms(self, size):
        """A round trip and the bytes; 1500 of 1448 are payload, and 22 of a record and 9 of a frame are not."""
        return self.round_trip_ms + size * 8 / self.down * 1500 / 1448

    def passed_bytes(self):
        """Of packets, down, until now."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline().split("bytes=")[1].split()[0])

    def close(self):
        """Ends it; returns what it says of both directions."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        said = self.process.stdout.read()
        self.process.wait()
        return said.strip()

    def connect(self, port):
        with inside(self.client_space):
            made = socket.create_connection((SERVER, port), 10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


class Far:
    """A server's address as h2_client.Client wants it."""

    def __init__(self, link, port):
        self.link, self.port = link, port

    def connect(self, scheme, alpn=(), timeout=10):
        raw = self.link.connect(self.port)
        if scheme == "http":
            return raw
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(list(alpn))
        return context.wrap_socket(raw, server_hostname="localhost")


class Meter(h2_client.Client):
    """Notes arrivals as (seconds, stream, bytes); its windows never hold anything up."""

    def __init__(self, far, scheme="https"):
        super().__init__(far, scheme, window=(1 << 31) - 1)
        self.h2.increment_flow_control_window((1 << 31) - 1 - 65535)
        self.arrivals, self.sizes, self.begun, self.finished = [], {}, {}, {}
        self.now = time.monotonic()
        self.flush()
        for _ in range(3):  # SETTINGS come, and their ACK
            with contextlib.suppress(TimeoutError):
                self.pump(0.1)

    def ask(self, path, priority=None, fields=()):
        extra = [("priority", priority)] if priority is not None else []
        stream = self.get(path, fields=[*extra, *fields])
        self.begun[stream] = time.monotonic()
        self.flush()
        return stream

    def send(self, frame):
        self.flush()
        self.socket.sendall(frame)
        return time.monotonic()

    def pump(self, timeout=10.0):
        self.flush()
        if not (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()):
            if not select.select([self.socket], [], [], timeout)[0]:
                raise TimeoutError("the server says nothing")
        received = self.socket.recv(65536)
        self.now = time.monotonic()
        for event in self.h2.receive_data(received):
            self.take(event)
        return bool(received)

    def take(self, event):
        if isinstance(event, h2.events.DataReceived):
            self.arrivals.append((self.now, event.stream_id, len(event.data)))
            self.sizes[event.stream_id] = self.sizes.get(event.stream_id, 0) + len(event.data)
            return
        if isinstance(event, h2.events.StreamEnded):
            self.finished[event.stream_id] = self.now
        super().take(event)

    def run(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                if not self.pump(left):
                    return
            except TimeoutError:
                return

    def until(self, *streams, seconds=60):
        end = time.monotonic() + seconds
        while not set(streams) <= set(self.finished):
            assert time.monotonic() < end, f"streams {set(streams) - set(self.finished)} did not end"
            assert self.pump(), "the server closed the connection"

    def bytes_between(self, start, end, stream=None):
        return sum(size for at, id, size in self.arrivals if start < at <= end and stream in (None, id))


def update(stream, value):
    return h2_client.frame(h2_client.PRIORITY_UPDATE, 0, 0, stream.to_bytes(4, "big") + value)


def weight(stream, number):
    """An RFC 7540 PRIORITY frame as browsers send it: exclusive, of the root."""
    return h2_client.frame(h2_client.PRIORITY, 0, stream, b"\x80\0\0\0" + bytes([number - 1]))


def urgent_ms(meter, low, urgent, times=8, warm=2.0, pause=0.7):
    """How long an urgent answer takes, amid ten large ones asked for with `low`: each time; and how busy the
    link was."""
    for index in range(10):
        low(index)
    meter.run(warm)
    seen, share = [], []
    with busy(meter.server.link, share):
        for _ in range(times):
            stream = urgent()
            meter.until(stream)
            seen.append((meter.finished[stream] - meter.begun[stream]) * 1000)
            meter.run(pause)
    return seen, share[0]


@contextlib.contextmanager
def busy(link, share):
    """The part of the link's rate that was used; appended to `share`."""
    start, before = time.monotonic(), link.passed_bytes()
    yield
    share.append((link.passed_bytes() - before) * 8 / 1000 / (time.monotonic() - start) / link.down)


def raised_ms(meter, low, raise_it, warm=1.5, watch=0.8, run=5):
    """From a signal about the last of ten streams until it has the link (`run` arrivals of it in a row), and its share
    from then on; None where it does not get it."""
    streams = [low(index) for index in range(10)]
    meter.run(warm)
    at = meter.send(raise_it(streams[-1]))
    before = len(meter.arrivals)
    meter.run(watch)
    after = meter.arrivals[before:]
    for i in range(len(after) - run):
        if all(stream == streams[-1] for _, stream, _ in after[i : i + run]):
            sizes = [(size, stream) for _, stream, size in after[i:]]
            mine = sum(size for size, stream in sizes if stream == streams[-1])
            return (after[i][0] - at) * 1000, mine / sum(size for size, _ in sizes)
    return None, 0


def spread(numbers):
    return f"{statistics.median(numbers):.0f} ({min(numbers):.0f} to {max(numbers):.0f})"
