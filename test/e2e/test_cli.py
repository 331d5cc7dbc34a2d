"""The command line: what it prints, what it refuses and how, how it starts and how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest
from conftest import LARGE, PROGRAM, Certificate, cases
from h1_client import answers, ask, receive
from h2_client import Raw, frame, head


def weft(*arguments, seconds=20, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=seconds,
                          stdin=subprocess.DEVNULL, **options)  # fmt: skip


@pytest.mark.parametrize("arguments, words", cases(
    ("no command", [], "--help"),
    ("unknown command", ["brew"], "brew"),
    ("unknown option", ["--brew"], "--brew"),
    ("unknown option of serve", ["serve", "--brew"], "--brew"),
    ("unknown letter", ["serve", "-z"], "-z"),
    ("two folders", ["serve", "a", "b"], "'b'"),
    ("option without value", ["serve", "--listen"], "--listen"),
    ("listen on no URL", ["serve", "--listen", "localhost"], "http://"),
    ("listen with a foreign scheme", ["serve", "--listen", "ftp://localhost:1"], "ftp://"),
    ("listen with a path", ["serve", "--listen", "http://localhost:1/a"], "/a"),
    ("port that is none", ["serve", "--listen", "http://localhost:x"], "port"),
    ("port out of range", ["serve", "--listen", "http://localhost:65536"], "65535"),
    ("negative port", ["serve", "--listen", "http://localhost:-1"], "port"),
    ("user in the URL", ["serve", "--listen", "http://me@localhost:1"], "me@"),
    ("open bracket", ["serve", "--listen", "http://[::1:1"], "["),
    ("no host", ["serve", "--listen", "http://:1"], "host"),
    ("cert without key", ["serve", "--cert", "x"], "--key"),
    ("key without cert", ["serve", "--key", "x"], "--cert"),
    ("threads of 0", ["serve", "--threads", "0"], "--threads"),
    ("threads that are none", ["serve", "--threads", "two"], "two"),
    ("too many threads", ["serve", "--threads", "100000"], "--threads"),
    ("unknown log format", ["serve", "--log-format", "xml"], "json"),
    ("unknown limit", ["serve", "--limit", "patience=1"], "patience"),
    ("limit without value", ["serve", "--limit", "ping_burst"], "NAME=VALUE"),
    ("limit that is no number", ["serve", "--limit", "ping_burst=many"], "ping_burst"),
    ("negative limit", ["serve", "--limit", "ping_burst=-1"], "ping_burst"),
    ("limit that is too large", ["serve", "--limit", "ping_burst=99999999999"], "ping_burst"),
    ("header without colon", ["serve", "--header", "nonsense"], "nonsense"),
    ("header with a line break", ["serve", "--header", "a: b\r\nc: d"], "--header"),
    ("header with a bad name", ["serve", "--header", "a b: c"], "--header"),
    ("header that frames", ["serve", "--header", "Transfer-Encoding: chunked"], "--header"),
    ("header with the length", ["serve", "--header", "content-length: 5"], "--header"),
    ("cache that is no size", ["serve", "--cache", "much"], "much"),
    ("time that is none", ["serve", "--drain-timeout", "soon"], "soon"),
    ("index that is a path", ["serve", "--index", "../index.html"], "--index"),
))  # fmt: skip
def test_wrong_usage_exits_with_2_and_one_line(arguments, words, tmp_path):
    done = weft(*arguments, cwd=tmp_path)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == "" and done.stderr.count("\n") == 1 and done.stderr.startswith("weft: "), done.stderr
    assert words in done.stderr and len(done.stderr) < 200, done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def there(tmp_path, certificate):
    """What the arguments of a job that fails refer to."""
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("text\n")
    (tmp_path / "short.pem").write_text(open(certificate.file).read()[:300])
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    yield {
        "tmp": tmp_path, "cert": certificate.file, "key": certificate.key, "other_key": Certificate(other).key,
        "taken": listening.getsockname()[1], "free": free_port(),
    }  # fmt: skip
    listening.close()


@pytest.mark.parametrize("arguments, words", cases(
    ("folder that is not there", ["{tmp}/nowhere"], "{tmp}/nowhere"),
    ("file for a folder", ["{tmp}/file"], "{tmp}/file"),
    ("port in use", ["{tmp}/folder", "--listen", "http://127.0.0.1:{taken}"], "{taken}"),
    ("port named twice", ["{tmp}/folder", "--listen", "http://127.0.0.1:{free}", "--listen", "http://127.0.0.1:{free}"], "{free}"),
    ("second port in use", ["{tmp}/folder", "--listen", "http://127.0.0.1:{free}", "--listen", "http://127.0.0.1:{taken}"], "{taken}"),
    ("address that is not ours", ["{tmp}/folder", "--listen", "http://192.0.2.1:{free}"], "192.0.2.1"),
    ("host without address", ["{tmp}/folder", "--listen", "http://weft.invalid:{free}"], "weft.invalid"),
    ("certificate that is not there", ["{tmp}/folder", "--cert", "{tmp}/no.pem", "--key", "{key}"], "{tmp}/no.pem"),
    ("key that is not there", ["{tmp}/folder", "--cert", "{cert}", "--key", "{tmp}/no.pem"], "{tmp}/no.pem"),
    ("certificate that is none", ["{tmp}/folder", "--cert", "{tmp}/file", "--key", "{key}"], "{tmp}/file"),
    ("certificate cut short", ["{tmp}/folder", "--cert", "{tmp}/short.pem", "--key", "{key}"], "{tmp}/short.pem"),
    ("key that is none", ["{tmp}/folder", "--cert", "{cert}", "--key", "{cert}"], "{cert}"),
    ("key of another certificate", ["{tmp}/folder", "--cert", "{cert}", "--key", "{other_key}"], "{other_key}"),
    ("certificate that is a folder", ["{tmp}/folder", "--cert", "{tmp}/folder", "--key", "{key}"], "{tmp}/folder"),
    ("log in no folder", ["{tmp}/folder", "--access-log", "{tmp}/nowhere/log"], "{tmp}/nowhere/log"),
    ("log that is a folder", ["{tmp}/folder", "--access-log", "{tmp}/folder"], "{tmp}/folder"),
))  # fmt: skip
def test_a_job_that_cannot_start_exits_with_1_and_names_the_thing(there, arguments, words):
    filled = [argument.format(**there) for argument in arguments]
    if "--listen" not in filled:
        filled += ["--listen", f"https://127.0.0.1:{there['free']}"]
    done = weft("serve", *filled)
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == "", "it said that it serves"
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("weft: ") and words.format(**there) in done.stderr, done.stderr
    with socket.socket() as probe:  # nothing was left listening
        assert probe.connect_ex(("127.0.0.1", there["free"])) != 0


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"], ["serve", "--help"], ["serve", "-h"], ["help", "serve"]])
def test_help_has_examples(arguments):
    done = weft(*arguments)
    assert done.returncode == 0 and done.stderr == ""
    assert "Examples" in done.stdout and "weft serve" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_help_lists_every_limit_and_option():
    said = weft("serve", "--help").stdout
    limits = re.findall(r"X\((\w+), +(\d+),", (PROGRAM.parents[2] / "lib/http/limits.h").read_text())
    for name, value in limits:
        assert f"{name}={value}" in said, name
    for option in ("--listen", "--cert", "--key", "--threads", "--access-log", "--no-access-log", "--limit"):
        assert option in said, option


def test_version_is_one_line():
    for arguments in (["--version"], ["-V"], ["version"], ["serve", "--version"], ["serve", "-V"]):
        done = weft(*arguments)
        assert done.returncode == 0 and re.fullmatch(r"weft \d+\.\d+\.\d+\n", done.stdout), done.stdout


def test_help_into_a_closed_pipe_is_no_crash():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([PROGRAM, "serve", "--help"], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=20)
    os.close(writing)
    assert done.returncode in (0, 1, -signal.SIGPIPE) and "Sanitizer" not in done.stderr, done.stderr


def test_the_start_says_what_where_and_how(server):
    said = server.output()
    assert str(server.root) in said
    assert re.search(rf"https://127\.0\.0\.1:{server.https}/.*HTTP/2.*HTTP/1\.1", said)
    assert re.search(rf"http://127\.0\.0\.1:{server.http}/.*HTTP/1\.1", said)
    assert "\x1b" not in said, "colours on what is no terminal"


def test_the_folder_is_the_current_one_where_none_is_named(root):
    process = subprocess.Popen([PROGRAM, "serve", "--listen", "http://127.0.0.1:0", "--threads", "1"], cwd=root,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    try:
        assert str(root) in process.stdout.readline()
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()
        process.stderr.close()


def test_it_listens_on_ipv6_and_on_names(serve, root):
    server = serve(root, "--listen", "http://[::1]:0", "--listen", "https://localhost:0")
    with socket.create_connection(("::1", server.http), 5) as connection:
        connection.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n")
        assert answers(receive(connection))[0].body == b"hello, world\n"
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as connection:
            connection.settimeout(5)
            connection.connect((address, server.https))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_server_at_once_with_0(serve, root, how):
    server = serve(root)
    with server.connect() as idle:
        idle.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle.recv(1000)
        started = time.monotonic()
        assert server.stop(how) == 0
        assert time.monotonic() - started < 5
        assert receive(idle) in (b"", b"hello, world\n")


def test_new_connections_are_refused_while_answers_complete(serve, root):
    server = serve(root)
    (root / "huge.bin").write_bytes(bytes(LARGE) * 8)
    with server.connect() as connection:
        connection.sendall(b"GET /huge.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        raw = connection.recv(1000)
        server.process.terminate()
        deadline = time.monotonic() + 5
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", server.http)) != 0:
                    break
            assert time.monotonic() < deadline, "it still listens"
            time.sleep(0.02)
        raw += receive(connection)
    assert len(answers(raw)[0].body) == 8 * LARGE
    assert server.stop() == 0


def blocked(server):
    """A connection whose answer cannot end."""
    raw = Raw(server, settings=b"\0\x04\0\0\0\0")
    raw.send(frame(4, 1, 0) + head(1))
    raw.until(1, 1)
    return raw


def test_a_second_signal_ends_at_once(serve, root):
    server = serve(root)
    with blocked(server):
        server.process.terminate()
        time.sleep(0.3)
        assert server.process.poll() is None, "it did not wait for the answer"
        server.process.terminate()
        started = time.monotonic()
        server.process.wait(10)
        assert time.monotonic() - started < 3


def test_answers_that_never_end_are_given_up_in_time(serve, root):
    server = serve(root, "--drain-timeout", "500ms")
    with blocked(server):
        started = time.monotonic()
        server.process.terminate()
        server.process.wait(10)
        assert 0.3 < time.monotonic() - started < 4


def test_the_log_is_opened_anew(serve, root, tmp_path):
    """What logrotate does."""
    log = tmp_path / "access.log"
    server = serve(root, "--access-log", str(log))
    ask(server, "/hello.txt?one")
    log.rename(tmp_path / "old.log")
    server.process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + 5
    while not log.exists():
        assert time.monotonic() < deadline, "no new log"
        time.sleep(0.01)
    ask(server, "/hello.txt?two")
    assert server.stop() == 0
    assert "?one" in (tmp_path / "old.log").read_text() and "?two" in log.read_text()
    assert "?two" not in (tmp_path / "old.log").read_text()


def test_other_signals_do_not_end_it(serve, root):
    server = serve(root)
    server.process.send_signal(signal.SIGPIPE)
    time.sleep(0.1)
    assert ask(server, "/hello.txt")[0] == 200


def test_several_threads_serve_and_end(serve, root, tmp_path):
    log = tmp_path / "access.json"
    server = serve(root, "--threads", "4", "--access-log", str(log), "--log-format", "json")
    for i in range(40):
        assert ask(server, f"/hello.txt?{i}")[0] == 200
    assert server.stop() == 0
    targets = sorted(line["target"] if "target" in line else line["path"] for line in map(json.loads, log.read_text().splitlines()))
    assert targets == sorted(f"/hello.txt?{i}" for i in range(40))


def test_a_header_of_ours_is_in_every_answer(serve, root):
    server = serve(root, "--header", "X-Own: a b", "--header", "cache-control: max-age=60")
    for target in ("/hello.txt", "/nowhere", "/docs"):
        assert ask(server, target)[1].get("x-own") == "a b", target
    assert ask(server, "/hello.txt")[1]["cache-control"] == "max-age=60"
    etag = ask(server, "/hello.txt")[1]["etag"]
    assert ask(server, "/hello.txt", f"If-None-Match: {etag}")[1].get("cache-control") == "max-age=60"  # RFC 9110 §15.4.5


def test_index_files_have_the_names_that_were_given(serve, root):
    (root / "start.htm").write_text("start")
    assert ask(serve(root, "--index", "none.html", "--index", "start.htm"), "/")[2] == b"start"
