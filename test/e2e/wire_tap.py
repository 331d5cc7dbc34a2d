"""Stands between a client and a server of HTTP/2 over TLS, as slow as a link, and notes the frames that pass."""

import contextlib
import select
import socket
import ssl
import threading
import time

import hpack
from h2_client import CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, PREFACE, PRIORITY, PRIORITY_UPDATE, SETTINGS, WITH_PRIORITY


class Asked:
    """A request that passed. `weight` is None where HEADERS say none."""

    def __init__(self, connection, stream, fields, weight, start):
        self.stream, self.start = (connection, stream), start  # so many pieces of content were there before
        self.path, self.priority, self.weight = fields[":path"], fields.get("priority"), weight
        self.changes = []  # (pieces of content that were there before, weight or Priority value), sent later

    def __repr__(self):
        return f"{self.path} {self.priority!r} weight {self.weight} {[change for _, change in self.changes]}"


class Frames:
    """The frames of one direction, from bytes in any split."""

    def __init__(self, skip=b""):
        self.skip, self.bytes = len(skip), b""

    def feed(self, received):
        self.bytes += received
        if self.skip and len(self.bytes) >= self.skip:
            self.bytes, self.skip = self.bytes[self.skip :], 0
        while not self.skip and len(self.bytes) >= 9 and len(self.bytes) >= 9 + (size := int.from_bytes(self.bytes[:3], "big")):
            head, payload, self.bytes = self.bytes[:9], self.bytes[9 : 9 + size], self.bytes[9 + size :]
            yield head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7FFFFFFF, payload


class Tap:
    """`port` is where clients connect. `asked` has the requests by path, `arrived` (stream, bytes, is the last) of DATA in the
    order in which they passed; a stream is (number of the connection, number on it)."""

    def __init__(self, server, certificate, rate):
        self.server, self.rate = server, rate
        self.asked, self.arrived, self.settings = {}, [], {}
        self.news = threading.Condition()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.file, certificate.key)
        self.context.set_alpn_protocols(["h2"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.is_over = False
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def close(self):
        self.is_over = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(20)
        self.listener.close()

    def wait(self, holds, timeout=60):
        with self.news:
            assert self.news.wait_for(holds, timeout), f"{self.asked} {len(self.arrived)}"

    def _accept(self):
        while not self.is_over:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            self.threads.append(threading.Thread(target=self._relay, args=(len(self.threads), raw), daemon=True))
            self.threads[-1].start()

    def _connect(self):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)  # what it holds has been let go already
        raw.connect(("127.0.0.1", self.server.https))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        return context.wrap_socket(raw)

    def _relay(self, number, raw):
        with contextlib.suppress(OSError), self._connect() as far, self.context.wrap_socket(raw, server_side=True) as near:
            up, down, decoder, blocks = Frames(PREFACE), Frames(), hpack.Decoder(), {}
            due = 0.0
            while not self.is_over:
                now = time.monotonic()
                watched = [near, far] if now >= due else [near]
                ready = [one for one in watched if one.pending()]
                ready = ready or select.select(watched, [], [], min(0.2, max(0.0, due - now) or 0.2))[0]
                if near in ready:
                    received = near.recv(16384)
                    with self.news:
                        for frame in up.feed(received):
                            self._note_up(number, decoder, blocks, *frame)
                        self.news.notify_all()
                    far.sendall(received)
                    if not received:
                        return
                if far in ready:
                    received = far.recv(4096)
                    with self.news:
                        for frame in down.feed(received):
                            self._note_down(number, *frame)
                        self.news.notify_all()
                    near.sendall(received)
                    due = max(due, now) + len(received) / self.rate
                    if not received:
                        return

    def _note_up(self, number, decoder, blocks, kind, flags, stream, payload):
        if kind == SETTINGS:
            pairs = [payload[at : at + 6] for at in range(0, len(payload), 6)]
            self.settings |= {int.from_bytes(pair[:2], "big"): int.from_bytes(pair[2:], "big") for pair in pairs}
        if kind == PRIORITY:
            self._note_change(number, stream, payload[4] + 1)
        if kind == PRIORITY_UPDATE:
            self._note_change(number, int.from_bytes(payload[:4], "big"), payload[4:].decode())
        if kind == HEADERS:
            weight = None
            if flags & PADDED:
                payload = payload[1 : len(payload) - payload[0]]
            if flags & WITH_PRIORITY:
                weight, payload = payload[4] + 1, payload[5:]
            blocks[stream] = (weight, b"")
        if kind in (HEADERS, CONTINUATION):
            weight, block = blocks.pop(stream)
            blocks[stream] = (weight, block + payload)
            if flags & END_HEADERS:
                asked = Asked(number, stream, dict(decoder.decode(blocks.pop(stream)[1])), weight, len(self.arrived))
                self.asked[asked.path] = asked

    def _note_change(self, number, stream, change):
        for asked in self.asked.values():
            if asked.stream == (number, stream):
                asked.changes.append((len(self.arrived), change))

    def _note_down(self, number, kind, flags, stream, payload):
        if kind == DATA:
            self.arrived.append(((number, stream), len(payload), bool(flags & END_STREAM)))
