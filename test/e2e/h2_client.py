"""A client on Python's h2, and frames by hand where h2 is too polite."""

import select
import ssl
import struct
import time

import h2.config
import h2.connection
import h2.events
import h2.settings

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)


class Client:
    """One HTTP/2 connection. `bodies`, `heads` and `resets` are by stream."""

    def __init__(self, server, scheme="http", window=65535, max_frame=16384):
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
                h2.settings.SettingCodes.ENABLE_PUSH: 0,
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

    def get(self, path, method="GET", fields=(), end=True):
        stream = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", self.scheme), (":authority", "localhost"), (":path", path), *fields]
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

    def let_go(self, stream):
        """Opens the windows again by what came on `stream`."""
        size = self.held.pop(stream, 0)
        if size and stream not in self.resets:
            try:
                self.h2.acknowledge_received_data(size, stream)
            except h2.exceptions.StreamClosedError:
                self.h2.increment_flow_control_window(size)

    def wait(self, *streams, seconds=30):
        deadline = time.monotonic() + seconds
        while not set(streams) <= self.ended:
            assert time.monotonic() < deadline, f"streams {set(streams) - self.ended} did not end"
            assert self.pump(), "the server closed the connection"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Raw:
    """Frames by hand."""

    def __init__(self, server, settings=b"", preface=True):
        self.socket = server.connect("http")
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
        return head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7FFFFFFF, payload

    def until(self, kind, stream=None):
        """Reads frames until one of `kind` (on `stream`); None where the connection ends before."""
        while (seen := self.frame()) is not None:
            if seen[0] == kind and (stream is None or seen[2] == stream):
                return seen
        return None

    def error(self):
        """The code of the GOAWAY that ends the connection (after which it has to close), or None."""
        seen = self.until(GOAWAY)
        if seen is None:
            return None
        while self.frame() is not None:
            pass
        return int.from_bytes(seen[3][4:8], "big")
