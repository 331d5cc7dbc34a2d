"""HTTP/1 answers, taken apart strictly: what a client must refuse fails here."""

import re
from typing import NamedTuple


class Answer(NamedTuple):
    version: str
    status: int
    fields: dict
    body: bytes


def head(raw):
    """Takes the head off: (version, status, fields, the rest). Fields of one name are joined as a list."""
    text, found, rest = raw.partition(b"\r\n\r\n")
    assert found, f"no whole head: {raw[:200]}"
    first, *lines = text.decode("latin-1").split("\r\n")
    start = re.fullmatch(r"HTTP/(\d\.\d) (\d{3}) ([\t -~]*)", first)  # the space stands even before no reason, RFC 9112 §4
    assert start, f"no status line: {first!r}"
    fields = {}
    for line in lines:
        field = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*", line)
        assert field, f"no field line: {line!r}"
        fields.setdefault(field[1].lower(), []).append(field[2])
    return start[1], int(start[2]), {name: ", ".join(values) for name, values in fields.items()}, rest


def chunks(raw):
    """Takes a chunked body off: (body, the rest)."""
    body = b""
    while True:
        size, found, raw = raw.partition(b"\r\n")
        assert found and re.fullmatch(rb"[0-9A-Fa-f]+", size), f"no chunk size: {size[:50]}"
        size = int(size, 16)
        if size == 0:
            break
        body += raw[:size]
        assert raw[size : size + 2] == b"\r\n", "chunk without its end"
        raw = raw[size + 2 :]
    _, found, rest = (b"\r\n" + raw).partition(b"\r\n\r\n")  # trailers
    assert found, "no end of the trailers"
    return body, rest


def answers(raw, methods=()):
    """All answers of a connection that has ended, interim ones too. `methods` of the requests, where one is not GET.
    RFC 9112 §6.3 says where each ends; a cut one fails."""
    seen, methods = [], list(methods)
    while raw:
        version, status, fields, raw = head(raw)
        bodiless = status < 200 or status in (204, 304)
        if status >= 200:
            bodiless |= bool(methods) and methods.pop(0) == "HEAD"
        assert not ("transfer-encoding" in fields and "content-length" in fields), "both framings"  # §6.2
        if status < 200 or status == 204:
            assert not {"transfer-encoding", "content-length"} & set(fields), f"framing in {status}"  # §6.1, §6.2
        if bodiless:
            body = b""
        elif "transfer-encoding" in fields:
            assert fields["transfer-encoding"] == "chunked" and version == "1.1"
            body, raw = chunks(raw)
        elif "content-length" in fields:
            size = int(fields["content-length"])
            assert len(raw) >= size, f"{len(raw)} of {size} bytes came"
            body, raw = raw[:size], raw[size:]
        else:
            body, raw = raw, b""
        seen.append(Answer(version, status, fields, body))
    return seen


def receive(connection):
    """Reads to the end of the connection."""
    raw = bytearray()
    try:
        while piece := connection.recv(65536):
            raw += piece
    except ConnectionResetError:
        pass
    return bytes(raw)


def exchange(server, sent, scheme="http", timeout=10):
    """Sends bytes on a connection of their own and reads until the server closes."""
    with server.connect(scheme, timeout=timeout) as connection:
        try:
            connection.sendall(sent)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before we were done: its answer is there to be read
        return receive(connection)


def ask(server, target, *lines, method="GET", version="1.1", host="localhost", scheme="http"):
    """One request, its target byte for byte: (status, fields, body)."""
    if isinstance(target, str):
        target = target.encode()
    request = method.encode() + b" " + target + f" HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n".encode()
    request += b"".join(line.encode() + b"\r\n" for line in lines) + b"\r\n"
    raw = exchange(server, request, scheme)
    _, status, fields, body = head(raw)
    return status, fields, body
