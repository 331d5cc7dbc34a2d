"""weft get: its habits, and servers that mean it harm."""

import gzip
import json
import re
import resource
import subprocess

import pytest
from bad_server import OK_HEAD, BadServer, drain, frame, read_head, start_http2
from conftest import PROGRAM, cases, is_sanitized, needs


def limit_memory():
    resource.setrlimit(resource.RLIMIT_DATA, (256 << 20, 256 << 20))


@pytest.fixture
def get():
    """weft get with arguments; the status is not judged. Where no sanitizer needs more it has 256 MB."""

    def run(*arguments, **options):
        return subprocess.run(
            [str(PROGRAM), "get", *map(str, arguments)],
            capture_output=True,
            timeout=60,
            preexec_fn=None if is_sanitized() else limit_memory,
            **options,
        )

    return run


@pytest.fixture
def bad():
    started = []

    def start(talk):
        started.append(BadServer(talk))
        return started[-1]

    yield start
    for server in started:
        server.close()


VERSIONS = cases(
    ("1.0", ["--http1.0"], "http"),
    ("1.1", ["--http1.1"], "http"),
    ("pipelined", ["--pipeline", "4"], "http"),
    ("2 by prior knowledge", ["--http2-prior-knowledge"], "http"),
    ("1.0 over TLS", ["-k", "--http1.0"], "https"),
    ("1.1 over TLS", ["-k", "--http1.1"], "https"),
    ("best over TLS", ["-k"], "https"),
)


@pytest.mark.parametrize("options, scheme", VERSIONS)
def test_every_version_gives_the_same_bytes_in_the_order_of_the_urls(server, get, options, scheme):
    names = ["large.bin", "hello.txt", "empty.txt", "alphabet.txt", "hello.txt"]
    done = get(*options, *(server.url("/" + name, scheme) for name in names))
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"".join((server.root / name).read_bytes() for name in names)


def test_certificates_are_judged(server, get, certificate):
    done = get(server.url())
    assert done.returncode == 1 and b"not trusted" in done.stderr and done.stdout == b""
    done = get("--cacert", certificate.file, f"https://localhost:{server.https}/hello.txt")
    assert done.returncode == 0 and done.stdout == b"hello, world\n"
    done = get("--cacert", certificate.file, "--resolve", f"other.test:{server.https}:127.0.0.1",
               f"https://other.test:{server.https}/")
    assert done.returncode == 1 and b"other.test" in done.stderr
    done = get("--cacert", "/nowhere.pem", server.url())
    assert done.returncode == 1 and b"/nowhere.pem" in done.stderr


def test_output_is_as_curl_has_it(server, get, tmp_path):
    url = server.url("/hello.txt", "http")
    assert get("-i", url).stdout.startswith(b"HTTP/1.1 200\r\n")
    head = get("-I", url).stdout
    assert b"content-length: 13\r\n" in head and not head.endswith(b"hello, world\n")
    assert get("-o", tmp_path / "x", url).stdout == b"" and (tmp_path / "x").read_text() == "hello, world\n"
    get("-O", url, cwd=tmp_path)
    assert (tmp_path / "hello.txt").read_text() == "hello, world\n"
    missing = server.url("/missing", "http")
    assert get(missing).returncode == 0 and get("-f", missing).returncode == 22
    assert get("--connect-to", f"::127.0.0.1:{server.http}", "http://a.test/hello.txt").stdout == b"hello, world\n"


def test_verbose_shows_frames_and_what_fields_cost(server, get):
    text = get("-kv", "--stats", server.url("/hello.txt")).stderr.decode()
    assert "ready: HTTP/2 over TLSv1.3" in text
    assert ":path: /hello.txt  (" in text and ":status: 200  (1 byte, indexed)" in text
    assert "DATA          stream 1       13 bytes  END_STREAM" in text
    assert "with 1 TLS handshake" in text and "% saved" in text


def test_the_waterfall_has_a_row_for_each_connection_and_request(server, get):
    urls = [server.url("/" + name) for name in ("hello.txt", "large.bin", "missing")]
    done = get("-k", "--waterfall", *urls, env={"LC_ALL": "C.UTF-8"})
    rows = done.stdout.decode().splitlines()
    assert len(rows) == 6, done.stdout.decode()
    assert "localhost" not in rows[1] and "HTTP/2 TLS" in rows[1] and "═" in rows[1]
    assert [row.split()[-2] for row in rows[2:5]] == ["13", str((server.root / "large.bin").stat().st_size), rows[4].split()[-2]]
    assert "404" in rows[4] and all("█" in row and "░" in row for row in rows[2:5])
    plain = get("-k", "--waterfall", "--plain", *urls, env={"LC_ALL": "C.UTF-8"}).stdout
    assert plain.isascii() and b"#" in plain


@pytest.mark.parametrize("wanted, seen", [((), 1), (("--connections", "6"), 6)])
def test_as_many_connections_are_made_as_were_asked_for(server, get, wanted, seen):
    done = get("-k", "--json", *wanted, *[server.url("/hello.txt")] * 8)
    assert len(json.loads(done.stdout)["connections"]) == seen


def test_reports_agree_with_each_other(server, get, tmp_path):
    har, qlog = tmp_path / "a.har", tmp_path / "a.qlog"
    done = get("-k", "--json", "--har", har, "--qlog", qlog, server.url("/hello.txt"), server.url("/large.bin"))
    summary, log = json.loads(done.stdout), json.loads(har.read_text())["log"]
    assert [request["content"] for request in summary["requests"]] == [13, (server.root / "large.bin").stat().st_size]
    assert summary["connections"][0]["version"] == "HTTP/2" and len(summary["connections"]) == 1
    assert log["version"] == "1.2" and len(log["entries"]) == 2
    entry = log["entries"][0]
    assert entry["request"]["url"] == server.url("/hello.txt") and entry["response"]["content"]["size"] == 13
    assert entry["time"] == pytest.approx(sum(max(value, 0) for name, value in entry["timings"].items() if name != "ssl"), abs=0.1)
    records = qlog.read_text().split("\x1e")
    events = [json.loads(record) for record in records[1:]]
    assert records[0] == "" and events[0]["qlog_format"] == "JSON-SEQ"
    sizes = [event["data"]["length"] for event in events
             if event.get("name") == "http2:frame_parsed" and event["data"]["frame"]["frame_type"] == "DATA"]
    assert sum(sizes) == summary["connections"][0]["content_received"]
    fields = sum(event["data"]["length"] for event in events if event.get("name") == "hpack:field_decoded")
    assert fields == summary["connections"][0]["fields_received"]["wire"]


@needs("chromium")
def test_the_page_of_a_run_shows_in_a_browser(server, get, tmp_path):
    page = tmp_path / "run.html"
    get("-k", "--html", page, server.url("/hello.txt"), server.url("/%3Cimg%20src=x%3E?<script>"))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--dump-dom"]
    dom = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=60).stdout
    assert dom.count('<tr class="connection">') == 1 and dom.count('<tr class="request">') == 2
    bars = re.findall(r'<i class="(\w+)" title="[^"]*" style="left:([\d.]+)%;width:([\d.]+)%">', dom)
    assert [kind for kind, _, _ in bars] == ["dns", "connect", "tls"] + ["blocked", "waiting", "data"] * 2
    assert all(float(left) + float(width) <= 100.01 for _, left, width in bars)
    assert "<script" not in dom and "<img" not in dom


@pytest.mark.parametrize("arguments, complaint", cases(
    ("no url", [], "expected 1 to 1000 URLs"),
    ("scheme", ["ftp://x/"], "http:// or https://"),
    ("unknown option", ["--htp2", "x"], "did you mean --http2"),
    ("h2 in clear text", ["--http2", "http://x/"], "--http2-prior-knowledge"),
    ("field", ["-H", "x", "http://x/"], "NAME: VALUE"),
    ("framing", ["-H", "Transfer-Encoding: chunked", "http://x/"], "written by weft itself"),
))
def test_wrong_usage_is_told_and_ends_with_2(get, arguments, complaint):
    done = get(*arguments)
    assert done.returncode == 2 and complaint in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


# What servers may do


def reply(text, ends=True):
    """Answers the first request of each connection with bytes."""

    def talk(connection, _):
        read_head(connection)
        connection.sendall(text)
        if not ends:
            drain(connection)

    return talk


def test_redirections_are_followed_with_l_alone_and_secrets_stay(bad, get):
    heads = []

    def elsewhere(connection, _):
        heads.append(read_head(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nend")

    target = bad(elsewhere)
    moved = f"HTTP/1.1 302 Found\r\nlocation: {target.url('/x')}\r\ncontent-length: 0\r\n\r\n".encode()
    first = bad(reply(moved))
    assert get(first.url()).stdout == b""
    assert get("-L", "-u", "me:secret", "-d", "a=b", first.url()).stdout == b"end"
    assert heads[-1].startswith(b"GET /x ") and b"authorization" not in heads[-1]
    circle = bad(reply(b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"))
    done = get("-L", circle.url())
    assert done.returncode == 1 and b"redirect_count" in done.stderr and circle.count == 11


def test_a_request_is_sent_again_only_where_that_is_safe(bad, get):
    def closes_once(connection, number):
        read_head(connection)
        if number > 1:
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    assert get(bad(closes_once).url()).stdout == b"ok"
    server = bad(closes_once)
    done = get("-d", "x", server.url())
    assert done.returncode == 1 and server.count == 1
    assert b"may have acted" in done.stderr


def test_a_broken_pipeline_goes_on_without_one(bad, get):
    def one_answer_each(connection, _):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")

    server = bad(one_answer_each)
    done = get("--pipeline", 3, "-v", *[server.url()] * 3)
    assert done.returncode == 0 and done.stdout == b"okokok", done.stderr
    assert b"surely not processed" in done.stderr


BOMB = gzip.compress(bytes(120 << 20))
GZIP_HEAD = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n"


def endless(piece, count):
    def talk(connection, _):
        read_head(connection)
        for _ in range(count):
            connection.sendall(piece)
        drain(connection)

    return talk


@pytest.mark.parametrize("talk, options, complaint", cases(
    ("no http", reply(b"SSH-2.0-x\r\n\r\n"), [], ""),
    ("cut short", reply(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"), [], "closed within"),
    ("two lengths", reply(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"), [], ""),
    ("bad chunk", reply(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), [], ""),
    ("endless 1xx", endless(b"HTTP/1.1 103 Early Hints\r\n\r\n", 5000), [], "interim_count"),
    ("endless field", endless(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 65536, 400), [], "field_line_size"),
    ("endless fields", reply(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 5000, False), [], "field_count"),
    ("a bomb", reply(GZIP_HEAD % len(BOMB) + BOMB), ["--compressed", "-o", "/dev/null"], "decoded_ratio"),
    ("a cut gzip", reply(GZIP_HEAD % 20 + BOMB[:20]), ["--compressed"], "ends within its content-encoding"),
    ("no gzip", reply(GZIP_HEAD % 4 + b"gzip"), ["--compressed"], "not what its content-encoding says"),
    ("silence", lambda connection, _: drain(connection), ["--max-time", "300ms"], "total_timeout_ms"),
    ("closes at once", lambda connection, _: None, [], ""),
))
def test_http1_servers_that_break_rules_end_in_one_line(bad, get, talk, options, complaint):
    done = get(*options, bad(talk).url())
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 1 and len(lines) == 1 and complaint in lines[0], done.stderr


def frames(*pieces, count=1):
    def talk(connection, _):
        start_http2(connection)
        for _ in range(count):
            connection.sendall(b"".join(pieces))
        drain(connection)

    return talk


@pytest.mark.parametrize("talk, complaint", cases(
    ("no http/2", lambda connection, _: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), ""),
    ("a frame too large", frames(b"\xff\xff\xff\x00\x00\x00\x00\x00\x01"), ""),
    ("data before a head", frames(frame(0, 0, 1, b"x")), ""),
    ("a wrong index", frames(frame(1, 5, 1, b"\xff\xff\x00")), ""),
    ("a push that nobody allowed", frames(frame(5, 4, 1, b"\0\0\0\x02\x82\x86\x84")), "PUSH_PROMISE"),
    ("pings", frames(frame(6, 0, 0, b"12345678"), count=3000), "ping"),
    ("settings", frames(frame(4, 0, 0), count=3000), "settings"),
    ("continuations", frames(frame(1, 0, 1, OK_HEAD), frame(9, 0, 1) * 100), "continuation_count"),
    ("a wrong length", frames(frame(1, 4, 1, OK_HEAD + b"\x0f\x0d\x015"), frame(0, 1, 1, b"x")), "content"),
    ("refused for ever", frames(frame(3, 0, 1, b"\0\0\0\x07"), frame(3, 0, 3, b"\0\0\0\x07")), ""),
))
def test_http2_servers_that_break_rules_end_in_one_line(bad, get, talk, complaint):
    done = get("--http2-prior-knowledge", "--max-time", "5", bad(talk).url())
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 1 and len(lines) == 1 and complaint in lines[0].lower() + lines[0], done.stderr


def test_goaway_above_a_request_sends_it_again(bad, get):
    def talk(connection, number):
        start_http2(connection)
        if number == 1:
            connection.sendall(frame(7, 0, 0, bytes(8)))
        else:
            connection.sendall(frame(1, 4, 1, OK_HEAD) + frame(0, 1, 1, b"ok"))
        drain(connection)

    done = get("--http2-prior-knowledge", "-d", "x", bad(talk).url())
    assert done.stdout == b"ok", done.stderr


def test_write_out_says_what_was_asked_for(server, get, tmp_path):
    line = "%{http_code} %{http_version} %{size_download} %{content_type} %{num_connects}|"
    done = get("-k", "-w", line, server.url("/hello.txt"), server.url("/gone"), "-o", "/dev/null")
    assert done.returncode == 2  # -o takes one URL
    done = get("-k", "-w", line, "-o", tmp_path / "out", server.url("/hello.txt"))
    size = (tmp_path / "out").stat().st_size
    assert done.stdout.decode() == f"200 2 {size} text/plain; charset=utf-8 1|"
    done = get("-k", "-w", "%{http_code}\\n", server.url("/empty.txt"), server.url("/gone"))
    assert done.stdout.startswith(b"200\n") and done.stdout.endswith(b"404\n")
    done = get("-w", "%{nope}", server.url("/"))
    assert done.returncode == 2 and b"%{http_code}" in done.stderr


def test_times_of_write_out_follow_each_other(server, get):
    names = ["namelookup", "connect", "appconnect", "pretransfer", "starttransfer", "total"]
    done = get("-k", "-o", "/dev/null", "-w", " ".join("%%{time_%s}" % name for name in names), server.url("/large.bin"))
    times = [float(text) for text in done.stdout.split()]
    assert times == sorted(times) and 0 < times[1] < times[2] and times[-1] < 30, done.stdout


def test_keys_are_logged_where_sslkeylogfile_says(server, get, tmp_path):
    """The lines are those that Wireshark reads (RFC 9850), with the client's random that the server has seen."""
    log = tmp_path / "keys"
    done = get("-k", server.url("/hello.txt"), env={"SSLKEYLOGFILE": str(log)})
    labels = {line.split()[0] for line in log.read_text().splitlines() if not line.startswith("#")}
    assert done.returncode == 0 and {
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
    } <= labels  # fmt: skip
    assert all(re.fullmatch(r"[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,96}", line) for line in log.read_text().splitlines())
    assert log.stat().st_mode & 0o077 == 0, "the secrets are for their owner alone"
