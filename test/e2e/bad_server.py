"""A server that says what a test tells it to: for clients that have to stand it."""

import socket
import threading


class BadServer:
    """Accepts connections and hands each to `talk(connection, number)`, which may raise what sockets raise."""

    def __init__(self, talk):
        self.talk, self.count, self._threads = talk, 0, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            thread = threading.Thread(target=self._serve, args=(connection, self.count), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection, number):
        connection.settimeout(20)
        with connection:
            try:
                self.talk(connection, number)
            except OSError:
                pass

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._accepting.join(5)


def read_head(connection):
    """A request's head of HTTP/1; b"" at the end of the stream."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return b""
        head += byte
    return head


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


SETTINGS, ACK = frame(4, 0, 0), frame(4, 1, 0)
OK_HEAD = b"\x88"  # :status 200, indexed


def start_http2(connection):
    """Reads the preface and the first request's frames, answers with SETTINGS."""
    connection.sendall(SETTINGS + ACK)
    data = b""
    while b"\x00\x01" not in data[24:] or len(data) < 60:
        more = connection.recv(4096)
        if not more:
            break
        data += more
    return data


def drain(connection):
    """Reads until the client has ended."""
    while connection.recv(65536):
        pass
