"""A client on Python's h2, and frames by hand where h2 is too polite."""

import contextlib
import itertools
import select
import socket
import ssl
import struct
import time

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PRIORITY_UPDATE = 16
ACK = END_STREAM = 1
END_HEADERS, PADDED, WITH_PRIORITY = 4, 8, 32
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT = range(5)
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 5, 6, 7, 8, 9, 11
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = range(1, 6)

# :method GET or POST, :scheme http, :path /, :authority localhost, as indexed fields and a literal
REQUEST = b"\x82\x86\x84\x01\x09localhost"
POST = b"\x83" + REQUEST[1:]
LARGE_BIN = b"\x82\x86\x04\x0a/large.bin\x01\x09localhost"


# Behind a GOAWAY without an error answers still come (RFC 9113 §6.8); Python's h2 4.1 takes it for the end.
OPEN, GOAWAY_CAME = h2.connection.ConnectionState.CLIENT_OPEN, h2.connection.ConnectionInputs.RECV_GOAWAY
h2.connection.H2ConnectionStateMachine._transitions[OPEN, GOAWAY_CAME] = (None, OPEN)


class Client:
    """One HTTP/2 connection. `bodies`, `heads` and `resets` are by stream."""

    def __init__(self, server, scheme="http", window=65535, max_frame=16384, push=0):
        self.server = server
        self.scheme = scheme
        self.socket = server.connect(scheme, alpn=("h2",))
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config=config)
        self.h2.local_settings = h2.settings.Settings(
            client=True,
            initial_values={
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window,
                h2.settings.SettingCodes.MAX_FRAME_SIZE: max_frame,
                h2.settings.SettingCodes.ENABLE_PUSH: push,
            },
        )
        self.h2.initiate_connection()
        self.bodies, self.heads, self.trailers, self.resets = {}, {}, {}, {}
        self.ended = set()
        self.goaway = None
        self.order = []  # (stream, bytes) as DATA came
        self.held = {}  # bytes not yet acknowledged, by stream
        self.holds = False
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def get(self, path, method="GET", fields=(), end=True, authority="localhost"):
        stream = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", self.scheme), (":authority", authority), (":path", path), *fields]
        self.h2.send_headers(stream, head, end_stream=end)
        self.bodies[stream] = b""
        return stream

    def pump(self, timeout=10.0):
        """Reads once and takes the events in; False at the end of the connection."""
        self.flush()
        if not (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()):
            if not select.select([self.socket], [], [], timeout)[0]:
                raise TimeoutError("the server says nothing")
        received = self.socket.recv(65536)
        if not received:
            return False
        for event in self.h2.receive_data(received):
            self.take(event)
        self.flush()
        return True

    def take(self, event):
        match event:
            case h2.events.ResponseReceived():
                self.heads[event.stream_id] = dict(event.headers)
            case h2.events.DataReceived():
                self.bodies[event.stream_id] += event.data
                self.order.append((event.stream_id, len(event.data)))
                self.held[event.stream_id] = self.held.get(event.stream_id, 0) + event.flow_controlled_length
                if not self.holds:
                    self.let_go(event.stream_id)
            case h2.events.TrailersReceived():
                self.trailers[event.stream_id] = dict(event.headers)
            case h2.events.StreamEnded():
                self.ended.add(event.stream_id)
            case h2.events.StreamReset():
                self.resets[event.stream_id] = event.error_code
                self.ended.add(event.stream_id)
            case h2.events.ConnectionTerminated():
                self.goaway = event
                said = event.additional_data or b""
                assert event.error_code == NO_ERROR, f"GOAWAY {event.error_code}: {said.decode()}"

    def let_go(self, stream):
        """Opens both windows again by what came on `stream`, all of it (Python's h2 would round)."""
        size = self.held.pop(stream, 0)
        if size:
            self.h2.increment_flow_control_window(size)
            with contextlib.suppress(h2.exceptions.StreamClosedError, KeyError):  # its end came in the same read
                self.h2.increment_flow_control_window(size, stream)

    def wait(self, *streams, seconds=30):
        deadline = time.monotonic() + seconds
        while not set(streams) <= self.ended:
            assert time.monotonic() < deadline, f"streams {set(streams) - self.ended} did not end"
            assert self.pump(), "the server closed the connection"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def head(stream, flags=END_STREAM | END_HEADERS, block=REQUEST):
    return frame(HEADERS, flags, stream, block)


def string(text):
    """A string of HPACK without Huffman, RFC 7541 §5.2."""
    size, octets = len(text), b""
    if size < 127:
        return bytes([size]) + text
    size -= 127
    while size >= 128:
        octets += bytes([size % 128 + 128])
        size //= 128
    return b"\x7f" + octets + bytes([size]) + text


def setting(*pairs):
    """The payload of SETTINGS."""
    return b"".join(struct.pack(">HI", key, value) for key, value in pairs)


class Raw:
    """Frames by hand."""

    def __init__(self, server, settings=b"", preface=True, scheme="http"):
        self.socket = server.connect(scheme, alpn=("h2",))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        if preface:
            self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, size):
        while len(self.buffer) < size:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                return None
            self.buffer += piece
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def frame(self):
        """The next frame as (type, flags, stream, payload), or None at the end."""
        head = self.read(9)
        if head is None:
            return None
        payload = self.read(int.from_bytes(head[:3], "big"))
        return None if payload is None else (head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7FFFFFFF, payload)

    def until(self, kind, stream=None, ack=None):
        """Reads frames until one of `kind` (on `stream`, with or without ACK); None where the connection ends before."""
        while (seen := self.frame()) is not None:
            if seen[0] == kind and (stream is None or seen[2] == stream) and (ack is None or (seen[1] & 1) == ack):
                return seen
        return None

    def outcome(self, stream, frames=(RST_STREAM, HEADERS)):
        """How a stream went on: ("RST_STREAM", code), ("HEADERS", flags), ("GOAWAY", code) or None at the end."""
        while (seen := self.frame()) is not None:
            kind, flags, where, payload = seen
            if kind == GOAWAY and (code := int.from_bytes(payload[4:8], "big")):
                return "GOAWAY", code
            if where == stream and kind in frames:
                return ("RST_STREAM", int.from_bytes(payload, "big")) if kind == RST_STREAM else ("HEADERS", flags)
        return None

    def alive(self):
        """Whether the connection still answers a PING; what comes before is thrown away."""
        self.send(frame(PING, 0, 0, b"alive?!!"))
        while (seen := self.frame()) is not None:
            if seen == (PING, 1, 0, b"alive?!!"):
                return True
        return False

    def error(self):
        """The code of the GOAWAY that ends the connection (after which it has to close), or None."""
        return self.last_words()[0]

    def last_words(self):
        """Code and text of the last GOAWAY; waits for the end of the connection."""
        code, text = None, ""
        while (seen := self.frame()) is not None:
            if seen[0] == GOAWAY:
                code, text = int.from_bytes(seen[3][4:8], "big"), seen[3][8:].decode()
        return code, text

    def flood(self, pieces, seconds=20):
        """Sends pieces for as long as the server listens, and reads meanwhile, as its answers would else block both.
        Returns the last GOAWAY's code and text, and (type, code) of all that came, counted."""
        waiting, pieces, seen, words, deadline = b"", iter(pieces), {}, (None, ""), time.monotonic() + seconds
        self.socket.setblocking(False)
        while time.monotonic() < deadline:
            if not waiting:
                waiting = b"".join(itertools.islice(pieces, 100))
            readable, writable, _ = select.select([self.socket], [self.socket] if waiting else [], [], 0.5)
            if not readable and not waiting:
                return words, seen  # all was taken
            try:
                if writable:
                    waiting = waiting[self.socket.send(waiting) :]
                if readable:
                    piece = self.socket.recv(1 << 20)
                    if not piece:
                        return words, seen
                    self.buffer += piece
            except (BrokenPipeError, ConnectionResetError):
                waiting, pieces = b"", iter(())
                if not readable:
                    return words, seen
            while len(self.buffer) >= 9 and len(self.buffer) >= 9 + (size := int.from_bytes(self.buffer[:3], "big")):
                kind, payload = self.buffer[3], self.buffer[9 : 9 + size]
                self.buffer = self.buffer[9 + size :]
                code = int.from_bytes(payload[:4], "big") if kind == RST_STREAM else None
                if kind == GOAWAY:
                    words = int.from_bytes(payload[4:8], "big"), payload[8:].decode()
                seen[kind, code] = seen.get((kind, code), 0) + 1
        raise TimeoutError(f"after {seconds} s the flood still flows: {seen}")
