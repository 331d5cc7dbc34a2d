"""What a static site answers: index files, redirects, validators, ranges, precompressed siblings, and what it must
never answer."""

import gzip
import json
import os
import re
import socket
import time
import urllib.parse

import pytest
from h1_client import ask, head, receive


def test_a_folder_is_its_index_file(server, root):
    status, fields, body = ask(server, "/")
    assert (status, body) == (200, (root / "index.html").read_bytes())
    assert fields["content-type"] == "text/html; charset=utf-8"
    assert ask(server, "/docs/")[2] == (root / "docs/index.html").read_bytes()


def test_a_folder_without_its_slash_is_redirected(server):
    status, fields, _ = ask(server, "/docs?a=b")
    assert status in (301, 308)
    assert fields["location"] == "/docs/?a=b"


@pytest.mark.parametrize("target", ["//evil.example/..", "//evil.example", "/\\evil.example", "///docs"])
def test_no_redirect_leads_away(server, target):
    status, fields, _ = ask(server, target)
    location = fields.get("location", "")
    assert not location.startswith(("//", "/\\")) and ":" not in location, (status, location)


def test_media_types_have_a_charset_where_they_are_text(serve, root):
    expected = {
        "a.html": "text/html; charset=utf-8", "a.css": "text/css; charset=utf-8", "a.js": "text/javascript; charset=utf-8",
        "a.svg": "image/svg+xml", "a.png": "image/png", "a.json": "application/json", "a.wasm": "application/wasm",
        "a.woff2": "font/woff2", "a.txt": "text/plain; charset=utf-8", "a.unknown-kind": "application/octet-stream",
    }  # fmt: skip
    for name in expected:
        (root / name).write_text("x")
    server = serve(root)
    for name, kind in expected.items():
        seen = ask(server, "/" + name)[1]["content-type"]
        assert seen == kind or seen.startswith(kind.split(";")[0]) and "svg" in name, (name, seen)


def test_head_is_get_without_content(server):
    _, get, body = ask(server, "/hello.txt")
    status, head, nothing = ask(server, "/hello.txt", method="HEAD")
    assert (status, nothing) == (200, b"")
    for name in ("content-length", "content-type", "etag", "last-modified"):
        assert head[name] == get[name], name
    assert int(head["content-length"]) == len(body)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused_with_what_is_allowed(server, method):
    status, fields, _ = ask(server, "/hello.txt", method=method)
    assert status == 405
    assert {"GET", "HEAD", "OPTIONS"} <= set(re.split(r",\s*", fields["allow"]))


def test_options_tells_what_is_allowed(server):
    for target in ("/hello.txt", "*"):
        status, fields, _ = ask(server, target, method="OPTIONS")
        assert status in (200, 204), target
        assert "GET" in fields["allow"], target


def test_an_unknown_method_is_not_implemented(server):
    assert ask(server, "/", method="BREW")[0] in (405, 501)


def test_validators_save_the_content(server):
    _, fields, _ = ask(server, "/hello.txt")
    for line in (f"If-None-Match: {fields['etag']}", f"If-None-Match: W/{fields['etag']}", "If-None-Match: *",
                 f'If-None-Match: "other", {fields["etag"]}', f"If-Modified-Since: {fields['last-modified']}"):  # fmt: skip
        status, again, body = ask(server, "/hello.txt", line)
        assert (status, body) == (304, b""), line
        assert again["etag"] == fields["etag"] and "date" in again, line
    for line in ('If-None-Match: "other"', "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "If-Modified-Since: soon"):
        assert ask(server, "/hello.txt", line)[0] == 200, line


def test_preconditions_that_do_not_hold_fail(server):
    _, fields, _ = ask(server, "/hello.txt")
    for line in ('If-Match: "other"', f"If-Match: W/{fields['etag']}", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"):
        assert ask(server, "/hello.txt", line)[0] == 412, line
    for line in (f"If-Match: {fields['etag']}", "If-Match: *", f"If-Unmodified-Since: {fields['last-modified']}"):
        assert ask(server, "/hello.txt", line)[0] == 200, line


@pytest.mark.parametrize("line, status, content_range, body", [
    ("bytes=0-0", 206, "bytes 0-0/26", b"a"),
    ("bytes=25-", 206, "bytes 25-25/26", b"z"),
    ("bytes=-1", 206, "bytes 25-25/26", b"z"),
    ("bytes=20-999", 206, "bytes 20-25/26", b"uvwxyz"),
    ("bytes=26-", 416, "bytes */26", None),
    ("bytes=-0", 416, "bytes */26", None),
    ("bytes=5-2", 200, None, b"abcdefghijklmnopqrstuvwxyz"),
    ("bytes=x-y", 200, None, b"abcdefghijklmnopqrstuvwxyz"),
    ("lines=1-2", 200, None, b"abcdefghijklmnopqrstuvwxyz"),
])  # fmt: skip
def test_single_ranges(server, line, status, content_range, body):
    seen, fields, content = ask(server, "/alphabet.txt", f"Range: {line}")
    assert seen == status
    assert fields.get("content-range") == content_range
    if body is not None:
        assert content == body


def test_several_ranges_come_as_parts(server):
    status, fields, body = ask(server, "/alphabet.txt", "Range: bytes=0-1,10-11,-2")
    assert status == 206 and "content-range" not in fields
    boundary = re.fullmatch(r'multipart/byteranges; boundary="?([^"]+)"?', fields["content-type"])[1].encode()
    parts = body.split(b"--" + boundary)
    assert parts[-1].strip() == b"--"
    seen = []
    for part in parts[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        assert b"ontent-" in head
        seen.append((re.search(rb"(?i)content-range: *(.*)", head)[1].strip(), content))
    assert seen == [(b"bytes 0-1/26", b"ab"), (b"bytes 10-11/26", b"kl"), (b"bytes 24-25/26", b"yz")]


def test_many_overlapping_ranges_never_cost_more_than_the_file(server):
    ranges = ",".join("0-" for _ in range(1000))
    status, _, body = ask(server, "/alphabet.txt", f"Range: bytes={ranges}")
    assert status in (200, 206) and len(body) <= 200


def test_if_range_asks_for_the_whole_when_it_changed(server):
    etag = ask(server, "/alphabet.txt")[1]["etag"]
    assert ask(server, "/alphabet.txt", "Range: bytes=0-0", f"If-Range: {etag}")[0] == 206
    assert ask(server, "/alphabet.txt", "Range: bytes=0-0", 'If-Range: "other"')[0] == 200


def test_precompressed_siblings_by_accept_encoding(serve, root):
    text = b"body { color: red }\n" * 100
    (root / "a.css").write_bytes(text)
    (root / "a.css.gz").write_bytes(gzip.compress(text))
    (root / "a.css.br").write_bytes(b"pretend brotli")
    server = serve(root)
    plain = ask(server, "/a.css")[1]
    assert "content-encoding" not in plain and "accept-encoding" in plain["vary"].lower()
    status, zipped, body = ask(server, "/a.css", "Accept-Encoding: gzip")
    assert zipped["content-encoding"] == "gzip" and gzip.decompress(body) == text
    assert zipped["content-type"] == plain["content-type"] and zipped["etag"] != plain["etag"]
    assert ask(server, "/a.css", "Accept-Encoding: gzip, br")[1]["content-encoding"] == "br"
    assert ask(server, "/a.css", "Accept-Encoding: br;q=0, gzip;q=0.5")[1]["content-encoding"] == "gzip"
    assert "content-encoding" not in ask(server, "/a.css", "Accept-Encoding: gzip;q=0")[1]
    status, fields, _ = ask(server, "/a.css", "Accept-Encoding: gzip", f"If-None-Match: {zipped['etag']}")
    assert status == 304 and "accept-encoding" in fields["vary"].lower()


@pytest.fixture
def secret(root):
    """A file beside the root, and ways that lead to it."""
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("SECRET")
    (root.parent / "secret.txt").write_text("SECRET")
    (root / "link.txt").symlink_to(outside / "secret.txt")
    (root / "up").symlink_to("..")
    (root / "away").symlink_to(outside)
    (root / "inside.txt").symlink_to("hello.txt")
    (root / ".hidden").write_text("SECRET")
    (root / ".git").mkdir()
    (root / ".git/config").write_text("SECRET")
    return outside


@pytest.mark.parametrize("target", [
    "/../secret.txt", "/docs/../../secret.txt", "/%2e%2e/secret.txt", "/docs/%2e%2e/%2E%2E/secret.txt", "/..%2fsecret.txt",
    "/..%5csecret.txt", "/..\\secret.txt", "/link.txt", "/up/secret.txt", "/away/secret.txt", "/.hidden", "/.git/config",
    "/hello.txt%00.html", "/%2e/.hidden", "/docs/..%2f..%2fsecret.txt", "/%252e%252e/secret.txt", "/./../secret.txt",
])  # fmt: skip
def test_no_way_leads_out_of_the_root(serve, root, secret, target):
    server = serve(root)
    status, _, body = ask(server, target)
    assert status in (400, 403, 404) and b"SECRET" not in body, (status, body)


def test_a_link_that_stays_inside_is_followed(serve, root, secret):
    assert ask(serve(root), "/inside.txt")[2] == b"hello, world\n"


def test_only_regular_files_are_opened(serve, root):
    os.mkfifo(root / "fifo")
    endpoint = socket.socket(socket.AF_UNIX)
    endpoint.bind(str(root / "socket"))
    server = serve(root)
    for name in ("/fifo", "/socket"):
        assert ask(server, name)[0] in (403, 404), name


def test_names_are_decoded_once(serve, root):
    (root / "a b+ü%41.txt").write_text("odd")
    assert ask(serve(root), "/a%20b+%C3%BC%2541.txt")[2] == b"odd"


def test_a_changed_file_is_seen_within_two_seconds(serve, root):
    server = serve(root)
    before = ask(server, "/hello.txt")
    (root / "hello.txt").write_text("changed\n")
    deadline = time.monotonic() + 5
    while ask(server, "/hello.txt")[2] != b"changed\n":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert ask(server, "/hello.txt")[1]["etag"] != before[1]["etag"]
    (root / "hello.txt").unlink()
    while ask(server, "/hello.txt")[0] != 404:
        assert time.monotonic() < deadline + 5
        time.sleep(0.1)


def test_a_file_that_shrinks_ends_the_answer_and_not_the_server(serve, root):
    server = serve(root)
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        raw = connection.recv(1000)
        os.truncate(root / "large.bin", 10)
        raw += receive(connection)
    _, status, fields, body = head(raw)
    assert status == 200 and len(body) < int(fields["content-length"])
    assert ask(server, "/hello.txt")[0] == 200


def test_a_listing_shows_what_is_there_and_escapes_it(serve, root):
    (root / "files").mkdir()
    (root / "files/<b>&\".txt").write_text("x")
    (root / "files/.dot").write_text("x")
    (root / "files/sub").mkdir()
    assert ask(serve(root), "/files/")[0] in (403, 404)
    status, fields, body = ask(serve(root, "--listing"), "/files/")
    text = body.decode()
    assert status == 200 and fields["content-type"].startswith("text/html")
    assert "<b>&" not in text and "&lt;b&gt;&amp;" in text and ".dot" not in text and "sub/" in text
    assert urllib.parse.quote('<b>&".txt') in text


def test_the_sites_own_error_page_is_used(serve, root):
    (root / "404.html").write_text("<h1>lost</h1>")
    status, fields, body = ask(serve(root), "/nowhere")
    assert (status, body) == (404, b"<h1>lost</h1>") and fields["content-type"].startswith("text/html")


def test_answers_have_date_and_say_that_ranges_are_taken(server):
    _, fields, _ = ask(server, "/hello.txt")
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", fields["date"])
    assert fields["accept-ranges"] == "bytes" and fields["last-modified"]


def test_the_access_log_names_protocol_and_tls(serve, root, tmp_path, curl):
    log = tmp_path / "access.json"
    server = serve(root, "--access-log", str(log), "--log-format", "json")
    curl("--http2", "-A", 'evil"\x1b', server.url("/hello.txt"))
    curl("--http1.1", server.url("/hello.txt?a=b"))
    curl("--http1.0", server.url("/nowhere", "http"))
    server.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["status"] for line in lines] == [200, 200, 404]
    text = log.read_text()
    assert "\x1b" not in text and "HTTP/2" in text and "HTTP/1.1" in text and "HTTP/1.0" in text and "TLSv1.3" in text


@pytest.mark.parametrize("form", ["common", "combined"])
def test_the_access_log_is_what_log_readers_expect(serve, root, tmp_path, curl, form):
    log = tmp_path / "access.log"
    server = serve(root, "--access-log", str(log), "--log-format", form)
    curl("-A", 'a "quoted" agent', server.url("/hello.txt"))
    server.stop()
    line = log.read_text()
    assert re.match(r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET /hello.txt HTTP/2(\.0)?" 200 13', line), line
    assert ('\\"quoted' in line or "\\x22quoted" in line) == (form == "combined"), line
