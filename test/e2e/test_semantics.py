"""What RFC 9110 asks of an origin that serves files: dates, conditions and their order, ranges, negotiation, targets."""

import ctypes
import email.utils
import gzip
import os
import re
import time

import pytest
from conftest import cases
from h1_client import answers, ask, exchange

DAY = 86400
EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


@pytest.fixture
def dated(serve, root):
    """A server whose files are of a known second, a day ago."""
    then = int(time.time()) - DAY
    for path in root.rglob("*"):
        os.utime(path, (then, then))
    server = serve(root)
    server.then = then
    return server


def test_dates_are_imf_fixdates_and_no_file_is_of_the_future(serve, root):
    """§5.6.7, §6.6.1, §8.8.2.1."""
    os.utime(root / "hello.txt", (time.time() + DAY, time.time() + DAY))
    server = serve(root)
    for target in ("/hello.txt", "/alphabet.txt", "/nowhere"):
        _, fields, _ = ask(server, target)
        date = email.utils.parsedate_to_datetime(fields["date"]).timestamp()
        assert abs(date - time.time()) < 3 and http_date(date) == fields["date"]
        if "last-modified" in fields:
            modified = email.utils.parsedate_to_datetime(fields["last-modified"]).timestamp()
            assert modified <= date, target
            assert http_date(modified) == fields["last-modified"]


def test_a_date_is_read_in_all_three_forms(dated):
    """§5.6.7."""
    at = time.gmtime(dated.then)
    for form in ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"):
        assert ask(dated, "/hello.txt", f"If-Modified-Since: {time.strftime(form, at)}")[0] == 304, form


@pytest.mark.parametrize("value", ["", "yesterday", "Thu, 32 Jan 2020 00:00:00 GMT", "Thu, 01 Jan 2020 25:00:00 GMT", "1577836800",
                                   "Thu, 01 Jan 2020 00:00:00 CET", "Thu, 01 Jan 2020 00:00:00 GMT, Thu, 01 Jan 2099 00:00:00 GMT"])  # fmt: skip
def test_a_date_that_is_none_is_no_condition(dated, value):
    """§13.1.3."""
    assert ask(dated, "/hello.txt", f"If-Modified-Since: {value}")[0] == 200
    assert ask(dated, "/hello.txt", f"If-Unmodified-Since: {value}")[0] == 200


def test_modified_since_is_told_by_the_second(dated):
    """§13.1.3, §13.1.4."""
    for delta, since, unmodified in ((-1, 200, 412), (0, 304, 200), (1, 304, 200)):
        date = http_date(dated.then + delta)
        assert ask(dated, "/hello.txt", f"If-Modified-Since: {date}")[0] == since, delta
        assert ask(dated, "/hello.txt", f"If-Unmodified-Since: {date}")[0] == unmodified, delta


def test_conditions_are_asked_in_their_order(dated):
    """§13.2.2: tags before dates; a tag that decides makes the date moot."""
    etag = ask(dated, "/hello.txt")[1]["etag"]
    now, old = http_date(time.time()), EPOCH
    for lines, status in (
        ((f"If-Match: {etag}", f"If-Unmodified-Since: {old}"), 200),
        (('If-Match: "x"', f"If-Unmodified-Since: {now}"), 412),
        (('If-None-Match: "x"', f"If-Modified-Since: {now}"), 200),
        ((f"If-None-Match: {etag}", f"If-Modified-Since: {old}"), 304),
        ((f"If-Match: {etag}", f"If-None-Match: {etag}"), 304),
        (('If-Match: "x"', f"If-None-Match: {etag}"), 412),
        ((f"If-None-Match: {etag}", "Range: bytes=0-0"), 304),
        (('If-Match: "x"', "Range: bytes=0-0"), 412),
        ((f"If-Match: {etag}", "Range: bytes=0-0"), 206),
    ):
        assert ask(dated, "/hello.txt", *lines)[0] == status, lines


@pytest.mark.parametrize("value, status", cases(
    ("list", '"a", "b", {etag}', 304), ("empty members", ', ,{etag},,', 304), ("tag with a comma", '"a,{raw}", "x"', 200),
    ("weak", "W/{etag}", 304), ("lower-case weak", "w/{etag}", 200), ("unquoted", "{raw}", 200), ("star in a list", '"a", *', 200),
    ("unclosed", '"{raw}', 200),
))  # fmt: skip
def test_entity_tags_are_taken_apart_as_written(server, value, status):
    """§8.8.3, §13.1.2."""
    etag = ask(server, "/hello.txt")[1]["etag"]
    assert re.fullmatch(r'(W/)?"[!#-~]*"', etag), etag
    assert ask(server, "/hello.txt", "If-None-Match: " + value.format(etag=etag, raw=etag.strip('"')))[0] == status


def test_conditions_count_only_where_there_would_be_success(server):
    """§13.2.1."""
    assert ask(server, "/nowhere", "If-None-Match: *")[0] == 404
    assert ask(server, "/nowhere", "If-Match: *")[0] in (404, 412)
    assert ask(server, "/docs", "If-None-Match: *")[0] in (301, 308)
    assert ask(server, "/hello.txt", 'If-Match: "x"', method="POST")[0] == 405


def test_304_has_the_fields_of_the_200_and_no_more(serve, root):
    """§15.4.5."""
    (root / "a.css").write_text("x")
    (root / "a.css.gz").write_bytes(gzip.compress(b"x"))
    server = serve(root, "--header", "cache-control: max-age=5")
    for line in ("Accept-Encoding: gzip", "Accept-Encoding: identity"):
        _, whole, _ = ask(server, "/a.css", line)
        status, fields, body = ask(server, "/a.css", line, f"If-None-Match: {whole['etag']}")
        assert (status, body) == (304, b"")
        for name in ("cache-control", "etag", "vary"):
            assert fields.get(name) == whole.get(name), name
        assert "content-type" not in fields and "content-encoding" not in fields and "content-length" not in fields


def test_range_is_for_get_alone(server):
    """§14.2."""
    status, fields, _ = ask(server, "/alphabet.txt", "Range: bytes=0-0", method="HEAD")
    assert (status, fields["content-length"]) == (200, "26")


@pytest.mark.parametrize("value, status, body", cases(
    ("space behind the unit", "bytes =0-0", (200, 400), None),
    ("upper-case unit", "BYTES=0-0", (200, 206), None),
    ("empty set", "bytes=", 200, None),
    ("commas alone", "bytes=,,", 200, None),
    ("empty members", "bytes=,0-0,", 206, b"a"),
    ("blanks between", "bytes=0-0 , 2-2", 206, None),
    ("no number at all", "bytes=-", 200, None),
    ("sign", "bytes=+0-0", 200, None),
    ("three numbers", "bytes=0-1-2", 200, None),
    ("2^64", "bytes=0-18446744073709551616", (200, 206), b"abcdefghijklmnopqrstuvwxyz"),
    ("first over 2^64", "bytes=18446744073709551616-", (200, 416), None),
    ("2^63", "bytes=9223372036854775808-9223372036854775809", 416, None),
    ("suffix of 2^64", "bytes=-18446744073709551616", (200, 206), b"abcdefghijklmnopqrstuvwxyz"),
    ("suffix of all", "bytes=-26", 206, b"abcdefghijklmnopqrstuvwxyz"),
    ("suffix of more", "bytes=-999", 206, b"abcdefghijklmnopqrstuvwxyz"),
    ("one that can be met", "bytes=100-200,0-0", 206, b"a"),
    ("none that can be met", "bytes=100-200,300-", 416, None),
    ("one that is broken", "bytes=0-0,x", 200, None),
))  # fmt: skip
def test_ranges_at_their_edges(server, value, status, body):
    """§14.1.1, §14.1.2, §14.2."""
    seen, fields, content = ask(server, "/alphabet.txt", f"Range: {value}")
    assert seen in (status if isinstance(status, tuple) else (status,)), (seen, fields)
    if body is not None:
        assert content == body
    if seen == 416:
        assert fields["content-range"] == "bytes */26"


def test_an_empty_file_has_no_range(server):
    assert ask(server, "/empty.txt", "Range: bytes=0-0")[0] == 416
    assert ask(server, "/empty.txt", "Range: bytes=-1")[0] in (200, 416)
    assert ask(server, "/empty.txt")[:3:2] == (200, b"")


def test_a_part_of_a_file_beyond_4_gib(serve, root):
    with open(root / "vast.bin", "wb") as file:
        file.seek(5 << 30)
        file.write(b"the end")
    server = serve(root)
    status, fields, body = ask(server, "/vast.bin", "Range: bytes=5368709120-")
    assert (status, body) == (206, b"the end")
    assert fields["content-range"] == f"bytes 5368709120-5368709126/{(5 << 30) + 7}"
    assert ask(server, "/vast.bin", method="HEAD")[1]["content-length"] == str((5 << 30) + 7)


def test_a_part_has_the_fields_of_the_whole(server):
    """§15.3.7."""
    _, whole, _ = ask(server, "/alphabet.txt")
    for line in ("Range: bytes=0-0", "Range: bytes=0-0,3-3"):
        _, part, body = ask(server, "/alphabet.txt", line)
        for name in ("etag", "last-modified", "vary", "cache-control"):
            assert part.get(name) == whole.get(name), name
        assert int(part["content-length"]) == len(body)


def test_parts_that_overlap_are_one_or_the_whole(server):
    """§14.2, §15.3.7.2: nobody gets more than the file holds by asking twice."""
    for value in ("0-9,5-14", "0-9,0-9", "0-,0-", "-26,0-25"):
        status, _, body = ask(server, "/alphabet.txt", f"Range: bytes={value}")
        assert status in (200, 206) and len(body) <= 26 + 300, value
    _, _, body = ask(server, "/alphabet.txt", "Range: bytes=" + ",".join(f"{i % 26}-{i % 26}" for i in range(500)))
    assert len(body) <= 26 * 200


def test_if_range_takes_strong_tags_and_exact_dates(dated):
    """§13.1.5."""
    _, fields, _ = ask(dated, "/alphabet.txt")
    for value, status in (
        (fields["etag"], 206), (f"W/{fields['etag']}", 200), ('"x"', 200), (fields["last-modified"], 206),
        (http_date(dated.then + 1), 200), (http_date(dated.then - 1), 200), ("nonsense", 200),
    ):  # fmt: skip
        assert ask(dated, "/alphabet.txt", "Range: bytes=0-0", f"If-Range: {value}")[0] == status, value


@pytest.mark.parametrize("value, coding", cases(
    ("gzip", "gzip", "gzip"), ("any case", "GZip", "gzip"), ("x-gzip", "x-gzip", ("gzip", "x-gzip", None)), ("star", "*", ("br", "gzip")),
    ("star without", "*;q=0, gzip", "gzip"), ("all refused but identity", "br;q=0, gzip;q=0", None), ("identity preferred", "identity, gzip;q=0.5", None),
    ("by quality", "br;q=0.2, gzip;q=0.9", "gzip"), ("unknown alone", "tea", None), ("empty", "", None), ("broken quality", "gzip;q=x", ("gzip", None)),
    ("quality of 0.000", "gzip;q=0.000, br;q=0.001", "br"), ("two lines", "tea\r\nAccept-Encoding: gzip", "gzip"),
))  # fmt: skip
def test_accept_encoding_decides(serve, root, value, coding):
    """§12.5.3."""
    (root / "a.css").write_text("x" * 1000)
    (root / "a.css.gz").write_bytes(gzip.compress(b"x" * 1000))
    (root / "a.css.br").write_bytes(b"pretend brotli")
    status, fields, _ = ask(serve(root), "/a.css", f"Accept-Encoding: {value}")
    assert status == 200 and fields.get("content-encoding") in (coding if isinstance(coding, tuple) else (coding,))
    assert "accept-encoding" in fields["vary"].lower()


def test_a_coded_file_has_its_own_ranges_and_tag(serve, root):
    """§8.8.3.3, §14.2."""
    (root / "a.css").write_text("x" * 1000)
    packed = gzip.compress(b"x" * 1000)
    (root / "a.css.gz").write_bytes(packed)
    server = serve(root)
    plain, zipped = ask(server, "/a.css")[1], ask(server, "/a.css", "Accept-Encoding: gzip")[1]
    assert plain["etag"] != zipped["etag"]
    status, fields, body = ask(server, "/a.css", "Accept-Encoding: gzip", "Range: bytes=0-3")
    assert (status, body, fields["content-range"]) == (206, packed[:4], f"bytes 0-3/{len(packed)}")
    assert ask(server, "/a.css", "Accept-Encoding: gzip", f"If-None-Match: {plain['etag']}")[0] == 200
    assert ask(server, "/a.css", "Accept-Encoding: gzip", "Range: bytes=0-3", f"If-Range: {plain['etag']}")[0] == 200


@pytest.mark.parametrize("target, status", cases(
    ("percent alone", "/%", 400), ("percent and a digit", "/%4", 400), ("percent and letters", "/%zz", 400), ("NUL", "/%00", (400, 404)),
    ("slash that is coded", "/docs%2findex.html", (400, 404)), ("file as folder", "/hello.txt/", 404), ("file below a file", "/hello.txt/a", 404),
    ("long name", "/" + "a" * 300, 404), ("many folders", "/a" * 2000, (400, 404, 414)), ("dots that stay inside", "/docs/../hello.txt", (200, 400)),
    ("two slashes", "//hello.txt", (200, 301, 308, 400, 404)), ("query", "/hello.txt?../../etc", 200), ("empty query", "/hello.txt?", 200),
    ("query with a question mark", "/hello.txt?a?b", 200), ("coded letter", "/%68ello.txt", 200), ("high bytes", b"/\xff", (400, 404)),
    ("coded high bytes", "/%ff%fe", 404), ("overlong slash", "/..%c0%af..%c0%afetc/passwd", 404), ("semicolon", "/hello.txt;a", 404),
    ("backslash", "/docs\\index.html", (400, 404)), ("tilde", "/~root", 404), ("index by name", "/index.html", 200), ("proc", "/proc/self/environ", 404),
))  # fmt: skip
def test_targets_lead_where_they_say_or_nowhere(server, target, status):
    """RFC 9110 §4.2, RFC 3986 §2.1, §5.2.4."""
    seen, _, _ = ask(server, target)
    assert seen in (status if isinstance(status, tuple) else (status,))


def without_privilege_to_read_all():
    """PR_CAPBSET_DROP of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH; who is not root has neither."""
    prctl = ctypes.CDLL(None).prctl
    prctl(24, 1)
    prctl(24, 2)


def test_files_that_may_not_be_read_are_refused(serve, root):
    (root / "hello.txt").chmod(0)
    (root / "docs").chmod(0)
    server = serve(root, preexec=without_privilege_to_read_all)
    for target in ("/hello.txt", "/docs/", "/docs/index.html"):
        assert ask(server, target)[0] in (403, 404), target
    assert ask(server, "/alphabet.txt")[0] == 200


def test_trace_never_echoes(server):
    """§9.3.8."""
    status, _, body = ask(server, "/hello.txt", "Authorization: secret", method="TRACE")
    assert status == 405 and b"secret" not in body
    assert ask(server, "/nowhere", "Max-Forwards: 0", method="TRACE")[0] in (404, 405, 501)


def test_an_error_to_head_has_no_content(server):
    for target in ("/nowhere", "/hello.txt/"):
        seen = answers(exchange(server, f"HEAD {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()), ["HEAD"])
        assert [(answer.status, answer.body) for answer in seen] == [(404, b"")]
        assert int(seen[0].fields["content-length"]) > 0


def test_error_pages_do_not_repeat_what_was_asked(server):
    for target in ("/<script>alert(1)</script>", "/%3Cscript%3Ealert(1)%3C/script%3E"):
        _, fields, body = ask(server, target)
        assert b"<script>alert" not in body
        assert fields.get("x-content-type-options") == "nosniff"


def test_a_redirect_keeps_the_query_and_codes_the_path(serve, root):
    (root / "a b\"<").mkdir()
    (root / "a b\"</index.html").write_text("x")
    status, fields, _ = ask(serve(root), "/a%20b%22%3C?c=d%20e")
    assert status in (301, 308) and fields["location"] == "/a%20b%22%3C/?c=d%20e"


def test_a_host_that_is_not_ours_gets_no_other_answer_than_any(server):
    """One site for all names: the target's host is checked for its form and never copied into an answer."""
    _, fields, body = ask(server, "/docs", host="evil.example")
    assert "evil" not in str(fields) and b"evil" not in body


def test_the_file_of_a_name_stays_itself_when_it_is_replaced(serve, root):
    """An answer under way is of one version of the file: rename over it, as editors and deployments do."""
    server = serve(root)
    old = (root / "large.bin").read_bytes()
    with server.connect() as connection:
        connection.sendall(b"GET /large.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        raw = connection.recv(1000)
        (root / "new").write_bytes(bytes(len(old)))
        (root / "new").rename(root / "large.bin")
        while piece := connection.recv(65536):
            raw += piece
    assert answers(raw)[0].body == old
