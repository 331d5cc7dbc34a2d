"""Compression on the fly, as clients meet it (RFC 9110 §8.4, §8.8.3.3, §12.5.3, §14; docs/compression.md)."""

import gzip
import time

import pytest
from conftest import LARGE
from h1_client import ask

WORDS = b"the quick brown fox jumps over the lazy dog and goes home\n"
TEXT = b"".join(b"%d " % (i * i % 977) + WORDS for i in range(300))  # 19 KB
BIG = TEXT * 150  # 3 MB: too large to be kept


@pytest.fixture(scope="module")
def coding_server(tmp_path_factory, certificate):
    from conftest import Server, plant

    root = plant(tmp_path_factory.mktemp("content") / "root")
    (root / "text.txt").write_bytes(TEXT)
    (root / "page.html").write_bytes(b"<!doctype html><title>page</title><p>" + TEXT)
    (root / "big.csv").write_bytes(BIG)
    (root / "packed.css").write_bytes(TEXT)
    (root / "packed.css.gz").write_bytes(gzip.compress(TEXT))
    (root / "many").mkdir()
    for i in range(200):
        (root / f"many/file-number-{i}.txt").write_text("x")
    server = Server(root, "--listing", certificate=certificate)
    yield server
    assert server.stop() == 0


def head(server, target, *lines, method="GET"):
    return ask(server, target, *lines, method=method)


def until_kept(server, target, coding):
    """Asks until the answer has a length: it is sent from memory."""
    for _ in range(200):
        status, fields, body = head(server, target, f"Accept-Encoding: {coding}")
        assert status == 200 and fields["content-encoding"] == coding
        if "content-length" in fields:
            return fields, body
        time.sleep(0.01)
    raise AssertionError(f"{target} was never kept")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_curl_gets_the_same_bytes_however_they_come(coding_server, curl, coding, scheme):
    for target, content in (("/text.txt", TEXT), ("/big.csv", BIG), ("/text.txt", TEXT)):
        url = coding_server.url(target, scheme)
        assert curl("--compressed", "-H", f"Accept-Encoding: {coding}", url, binary=True) == content
        raw = curl("-H", f"Accept-Encoding: {coding}", url, binary=True)
        assert len(raw) < len(content) / 3


def test_first_it_is_streamed_then_kept_with_the_same_tag(coding_server):
    _, first, _ = head(coding_server, "/page.html", "Accept-Encoding: br")
    kept, _ = until_kept(coding_server, "/page.html", "br")
    assert kept["etag"] == first["etag"].removeprefix("W/") and kept["accept-ranges"] == "bytes"
    for fields in (first, kept):
        assert fields["vary"] == "accept-encoding" and fields["content-type"] == "text/html; charset=utf-8"
    _, plain, body = head(coding_server, "/page.html")
    assert plain["etag"] != kept["etag"] and plain["vary"] == "accept-encoding" and TEXT in body
    _, other, _ = head(coding_server, "/page.html", "Accept-Encoding: gzip")
    assert other["etag"].removeprefix("W/") not in (kept["etag"], plain["etag"])
    status, fields, body = head(coding_server, "/page.html", "Accept-Encoding: br", f"If-None-Match: {first['etag']}")
    assert status == 304 and not body and fields["etag"] == kept["etag"] and fields["vary"] == "accept-encoding"
    assert "content-encoding" not in fields


def test_the_sites_own_error_page_is_packed_once(serve, root, curl):
    """The page for what is missing is streamed at first, then sent from what is kept, as any other file."""
    (root / "404.html").write_bytes(b"<!doctype html><title>lost</title><p>" + TEXT)
    server = serve(root)
    for _ in range(200):
        status, fields, body = head(server, "/nothing-here", "Accept-Encoding: gzip")
        assert status == 404 and fields["content-encoding"] == "gzip" and fields["vary"] == "accept-encoding"
        assert "etag" not in fields
        if "content-length" in fields:
            break
        time.sleep(0.01)
    assert int(fields["content-length"]) == len(body) and gzip.decompress(body).endswith(TEXT)
    assert curl("--compressed", "-H", "Accept-Encoding: gzip", server.url("/nor-this", "http"), binary=True).endswith(TEXT)


def test_head_says_what_get_would(coding_server):
    until_kept(coding_server, "/text.txt", "gzip")
    for target in ("/text.txt", "/big.csv", "/many/", "/nothing-here"):
        got = [head(coding_server, target, "Accept-Encoding: gzip", method=method) for method in ("GET", "HEAD")]
        one, two = ({k: v for k, v in fields.items() if k not in ("date", "transfer-encoding")} for _, fields, _ in got)
        assert got[0][0] == got[1][0] and one == two, target
        assert got[1][2] == b""


def test_parts_of_what_is_kept_fit_together(coding_server):
    kept, whole = until_kept(coding_server, "/text.txt", "gzip")
    half = len(whole) // 2
    status, fields, rest = head(coding_server, "/text.txt", "Accept-Encoding: gzip", f"If-Range: {kept['etag']}", f"Range: bytes={half}-")
    assert status == 206 and fields["content-encoding"] == "gzip" and gzip.decompress(whole[:half] + rest) == TEXT
    status, fields, part = head(coding_server, "/text.txt", "Accept-Encoding: gzip", "Range: bytes=0-9")
    assert status == 206 and "content-encoding" not in fields and part == TEXT[:10]
    status, fields, _ = head(coding_server, "/big.csv", "Accept-Encoding: gzip", 'If-Range: "x"', "Range: bytes=0-9")
    assert status == 200 and fields["content-encoding"] == "gzip"


def test_what_lies_beside_wins_and_nothing_is_packed_twice(coding_server):
    _, fields, body = head(coding_server, "/packed.css", "Accept-Encoding: br, zstd, gzip")
    assert fields["content-encoding"] == "gzip" and gzip.decompress(body) == TEXT
    _, fields, body = head(coding_server, "/packed.css.gz", "Accept-Encoding: br")
    assert "content-encoding" not in fields and gzip.decompress(body) == TEXT
    _, fields, body = head(coding_server, "/large.bin", "Accept-Encoding: br")
    assert "content-encoding" not in fields and len(body) == LARGE and "vary" not in fields
    _, fields, _ = head(coding_server, "/hello.txt", "Accept-Encoding: br")
    assert "content-encoding" not in fields and "vary" not in fields  # too small


@pytest.mark.parametrize("value, coding", [
    ("gzip, deflate, br, zstd", "br"), ("zstd, gzip", "zstd"), ("br;q=0.5, gzip", "gzip"), ("*", "br"),
    ("identity", None), ("gzip;q=0", None), ("deflate", None), ("", None), ("identity;q=0.5, gzip;q=0.2", None),
])  # fmt: skip
def test_accept_encoding_is_weighed(coding_server, value, coding):
    _, fields, _ = head(coding_server, "/text.txt", f"Accept-Encoding: {value}")
    assert fields.get("content-encoding") == coding and fields["vary"] == "accept-encoding"


def test_pages_of_folders_are_compressed(coding_server, curl):
    page = curl("--compressed", coding_server.url("/many/"))
    assert "file-number-199.txt" in page
    _, fields, body = head(coding_server, "/many/", "Accept-Encoding: gzip")
    assert fields["content-encoding"] == "gzip" and len(body) < len(page) / 5


def test_what_the_options_say(serve, root, curl):
    (root / "text.txt").write_bytes(TEXT)
    server = serve(root, "--compress", "gzip", "--compress-types", "image/*,text/plain", "--compress-least", "1M")
    (root / "big.txt").write_bytes(BIG)
    assert "content-encoding" not in head(server, "/text.txt", "Accept-Encoding: gzip")[1]
    assert "content-encoding" not in head(server, "/big.txt", "Accept-Encoding: br")[1]
    assert head(server, "/big.txt", "Accept-Encoding: gzip")[1]["content-encoding"] == "gzip"


def test_over_the_limit_of_encoders_it_is_sent_as_it_is(serve, root):
    (root / "text.txt").write_bytes(TEXT)
    server = serve(root, "--limit", "encoders=0", "--compress-level", "1")
    status, fields, body = head(server, "/text.txt", "Accept-Encoding: gzip")
    assert status == 200 and body in (TEXT, gzip.compress(TEXT)) and fields["vary"] == "accept-encoding"
    assert gzip.decompress(until_kept_or_plain(server)) == TEXT  # a helper makes it all the same


def until_kept_or_plain(server):
    for _ in range(200):
        _, fields, body = head(server, "/text.txt", "Accept-Encoding: gzip")
        if "content-encoding" in fields:
            return body
        time.sleep(0.01)
    raise AssertionError("never kept")
