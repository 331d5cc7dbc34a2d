"""weft load: its totals add up, it agrees with h2load, and it does not hide a server that stalls."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest
from bad_server import OK_HEAD, BadServer, drain, frame, read_head, start_http2
from conftest import PROGRAM, cases, needs, open_sockets
from test_get_peers import Peer, free_ports, nginx

H1_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def run(*arguments, **options):
    return subprocess.run([str(PROGRAM), "load", *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)


@pytest.fixture
def load():
    """weft load with arguments: what it measured, which has to add up. `code` is the exit status."""

    def measure(*arguments, code=0):
        done = run(*arguments, "--json", "-")
        assert done.returncode == code, done.stdout + done.stderr
        result = json.loads(done.stdout)
        requests = result["requests"]
        assert requests["adds_up"]
        assert requests["failed"] == sum(requests["failures"].values())
        assert requests["started"] == requests["finished"] + requests["failed"] + requests["unfinished"]
        assert sum(result["status"].values()) == requests["finished"]
        assert requests["finished"] == (result["latency_us"]["total"] or {"count": 0})["count"]
        assert sum(slot["finished"] for slot in result["timeline"]) == requests["finished"]
        assert sum(slot["failed"] for slot in result["timeline"]) == requests["failed"]
        return result

    return measure


@pytest.fixture
def bad():
    started = []

    def start(talk):
        started.append(BadServer(talk))
        return started[-1]

    yield start
    for server in started:
        server.close()


def signal_all(server, which):
    """To the server's process and to those that it has started."""
    for pid in (server.process.pid, *server.workers()):
        os.kill(pid, which)


MODES = cases(
    ("h2 over TLS", ["-k", "-c3", "-m7"], "https", "HTTP/2"),
    ("h2 in clear text", ["-c3", "-m7"], "http", "HTTP/2"),
    ("1.1 over TLS", ["-k", "--h1", "-c3"], "https", "HTTP/1.1"),
    ("1.1 in clear text", ["-p", "http/1.1", "-c3"], "http", "HTTP/1.1"),
    ("1.1 pipelined", ["--h1", "-c2", "-m8"], "http", "HTTP/1.1"),
    ("two threads", ["-k", "-c4", "-t2", "-m3"], "https", "HTTP/2"),
    ("open loop", ["-k", "-c2", "-m9", "--rate", "3000"], "https", "HTTP/2"),
    ("open loop of many users", ["--h1", "-c4", "--rate", "3000", "--poisson"], "http", "HTTP/1.1"),
)


@pytest.mark.parametrize("options, scheme, version", MODES)
def test_every_request_is_accounted_for(server, load, options, scheme, version):
    result = load("-n", 400, *options, server.url("/hello.txt", scheme), "/alphabet.txt")
    assert result["requests"]["started"] == result["requests"]["finished"] == 400
    assert result["status"]["2xx"] == 400 and result["protocol"].startswith(version)
    sizes = [(server.root / name).stat().st_size for name in ("hello.txt", "alphabet.txt")]
    assert abs(result["received"]["content"] - 200 * sum(sizes)) <= 4 * max(sizes)  # each lane begins with another one
    assert result["received"]["wire"] >= result["received"]["http"] > result["received"]["content"]
    times = result["latency_us"]
    assert times["first_byte"]["p50"] <= times["total"]["p50"] <= times["total"]["p99"] <= times["total"]["max"]
    assert times["connect"]["count"] == result["connections"]["opened"]
    assert (times["handshake"] is not None) == (scheme == "https")


@pytest.mark.parametrize("options", cases(("h2", []), ("1.1", ["--h1"])))
def test_each_request_may_have_a_connection_of_its_own(server, load, options):
    full = load("-k", "-n40", "-c4", "--new-connection", *options, server.url("/hello.txt"))
    assert full["connections"] == {"opened": 40, "failed": 0, "handshakes": 40, "resumed": 0}
    resumed = load("-k", "-n40", "-c4", "--new-connection", "--resume", *options, server.url("/hello.txt"))
    assert resumed["connections"]["opened"] == 40 and resumed["connections"]["resumed"] >= 30
    assert resumed["requests"]["finished"] == 40
    clear = load("-n40", "-c4", "--new-connection", "--rate", "2000", *options, server.url("/hello.txt", "http"))
    assert clear["connections"]["opened"] == 40 and clear["requests"]["finished"] == 40


def test_a_duration_ends_after_its_time_and_warm_up_does_not_count(server, load):
    start = time.monotonic()
    result = load("-c2", "-m5", "-D", "500ms", "--warm-up-time", "300ms", server.url("/hello.txt", "http"))
    assert 0.8 <= time.monotonic() - start < 5
    assert result["elapsed_us"] == 500_000 and result["requests"]["finished"] > 100
    # what was sent in warm-up is of no account: content is that of the requests that count, but for those in flight
    size = (server.root / "hello.txt").stat().st_size
    assert abs(result["received"]["content"] - size * result["requests"]["finished"]) <= 10 * size


def test_a_rate_is_kept(server, load):
    result = load("-c2", "-m9", "--rate", "3000", "-D", "300ms", server.url("/hello.txt", "http"))
    assert result["requests"]["started"] == 900
    poisson = load("-c2", "-m9", "--rate", "3000", "--poisson", "-D", "300ms", server.url("/hello.txt", "http"))
    assert 780 < poisson["requests"]["started"] < 1020
    again = load("-c2", "-m9", "--rate", "3000", "--poisson", "-D", "300ms", server.url("/hello.txt", "http"))
    assert again["requests"]["started"] == poisson["requests"]["started"]  # of the same seed


def test_content_is_sent(load, bad, tmp_path):
    bodies = []

    def talk(connection, number):
        while head := read_head(connection):
            size = int(re.search(rb"content-length: (\d+)", head, re.I)[1])
            body = b""
            while len(body) < size:
                body += connection.recv(65536)
            bodies.append((head.split()[0], body))
            connection.sendall(H1_ANSWER)

    (tmp_path / "data").write_bytes(b"x" * 100_000)
    server = bad(talk)
    result = load("--h1", "-n5", "-m4", "-d", tmp_path / "data", server.url())
    assert bodies == [(b"POST", b"x" * 100_000)] * 5 and result["sent"]["content"] == 500_000
    load("--h1", "-n1", "-X", "PUT", "-d", tmp_path / "data", server.url())
    assert bodies[-1][0] == b"PUT"


def test_a_script_loads_pages_with_what_they_need(load, bad, tmp_path):
    paths = []

    def talk(connection, number):
        while head := read_head(connection):
            paths.append(head.split()[1])
            connection.sendall(H1_ANSWER)

    server = bad(talk)
    (tmp_path / "script").write_text(f"{server.url('/')}\n  /a.css\n  /b.js\nwait 100ms\n/next\n")
    start = time.monotonic()
    result = load("--h1", "-n8", "--script", tmp_path / "script")
    assert paths == [b"/", b"/a.css", b"/b.js", b"/next"] * 2
    assert time.monotonic() - start > 0.2
    assert result["pages_finished"] == 4 and result["pages_failed"] == 0


# h2load beside weft load


def h2load(*arguments):
    done = subprocess.run(["h2load", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    requests = re.search(r"requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded", done.stdout)
    traffic = re.search(r"traffic: .*?\((\d+)\) total, .*?\((\d+)\) headers \(space savings .*?\), .*?\((\d+)\) data", done.stdout)
    statuses = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
    return [int(x) for x in requests.groups()], [int(x) for x in traffic.groups()], [int(x) for x in statuses.groups()]


def h2load_times(tmp_path, *arguments):
    """Each request's time in microseconds, in order of length."""
    log = tmp_path / "h2load.log"
    h2load("--log-file", log, *arguments)
    return sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())


@needs("h2load")
@pytest.mark.parametrize("options, scheme", cases(("h2", [], "https"), ("h2c", [], "http"), ("1.1", ["--h1"], "http")))
def test_it_agrees_with_h2load(server, load, options, scheme):
    common = ["-n600", "-c3", "-m2" if not options else "-m1", *options]
    requests, traffic, statuses = h2load(*common, server.url("/alphabet.txt", scheme))
    ours = load("-k", *common, server.url("/alphabet.txt", scheme))
    assert requests == [600, 600, ours["requests"]["finished"], 600]
    assert statuses == [ours["status"][name] for name in ("2xx", "3xx", "4xx", "5xx")]
    assert traffic[2] == ours["received"]["content"]
    # the fields' bytes differ by what HPACK makes of a date that changes between the two; frames by the odd PING or so
    if "--h1" not in options:  # there h2load leaves colons and line ends out
        assert abs(traffic[1] - ours["received"]["fields"]) <= max(100, traffic[1] * 0.1)
    assert abs(traffic[0] - ours["received"]["http"]) <= max(600, traffic[0] * 0.05)


@needs("h2load")
def test_it_agrees_with_h2load_on_latency(load, bad, tmp_path):
    def talk(connection, number):  # each answer takes 20 ms
        while read_head(connection):
            time.sleep(0.02)
            connection.sendall(H1_ANSWER)

    server, theirs = bad(talk), []
    beside = threading.Thread(target=lambda: theirs.extend(h2load_times(tmp_path, "--h1", "-n60", "-c4", server.url())))
    beside.start()  # at the same time, so that what delays one delays the other
    ours = load("--h1", "-n60", "-c4", server.url())["latency_us"]["total"]
    beside.join()
    assert ours["min"] >= 20_000 and theirs[0] >= 20_000
    assert abs(ours["p50"] - theirs[len(theirs) // 2]) < 10_000


@needs("h2load")
def test_a_stall_shows(serve, root, load, tmp_path):
    """Of three seconds one is lost. Whoever comes then waits for half a second in the mean: every third user. h2load, and
    what counts from the sending alone, ask little meanwhile and so hardly see it."""
    server = serve(root)
    url = server.url("/hello.txt", "http")

    def stall():
        signal_all(server, signal.SIGSTOP)
        time.sleep(1)
        signal_all(server, signal.SIGCONT)

    theirs = []
    beside = threading.Thread(target=lambda: theirs.extend(h2load_times(tmp_path, "--h1", "-c4", "-D3", url)))
    threading.Timer(1, stall).start()
    beside.start()
    times = load("--h1", "-c4", "--rate", "500", "-D", "3", url)["latency_us"]
    beside.join()
    assert times["total"]["p75"] > 100_000 and times["total"]["p90"] > 500_000 and times["total"]["p99"] > 900_000
    assert times["naive"]["p99"] < 200_000 and times["naive"]["max"] > 800_000

    assert theirs[int(len(theirs) * 0.99)] < 200_000 and theirs[-1] > 800_000


# What goes wrong


def test_only_loopback_is_loaded():
    for url in ("http://192.0.2.1/", "https://[2001:db8::1]:1/"):
        done = run("-n1", url)
        assert done.returncode == 2 and "--i-own-this-host" in done.stderr and done.stderr.count("\n") == 1
    done = run("-n1", "--connect-to", "192.0.2.1:80", "http://localhost/")
    assert done.returncode == 2 and "192.0.2.1" in done.stderr
    assert run("-n1", "http://127.9.9.9:1/").returncode == 1  # a try is made


WRONG = cases(
    ("no URL", [], "a URL is missing"),
    ("no such option", ["--nothing", "http://localhost/"], "unknown option"),
    ("other scheme", ["ftp://localhost/"], "ftp://localhost/"),
    ("two origins", ["http://localhost/", "http://localhost:81/"], "one run asks one server"),
    ("both ends", ["-n1", "-D1", "http://localhost/"], "give one of them"),
    ("warm-up without duration", ["-n1", "--warm-up-time", "1", "http://localhost/"], "--duration"),
    ("no number", ["-c", "many", "http://localhost/"], "a number"),
    ("no rate", ["--rate", "0", "http://localhost/"], "requests a second"),
    ("no time", ["-D", "soon", "http://localhost/"], "a time was expected"),
    ("more threads than connections", ["-t2", "http://localhost/"], "-t is above -c"),
    ("h2load's rate of connections", ["-r", "5", "http://localhost/"], "--rate R starts"),
    ("a field of ours", ["-H", "content-length: 1", "http://localhost/"], "written by weft itself"),
    ("no file", ["-i", "/nowhere", "http://localhost/"], "/nowhere"),
    ("poisson without rate", ["--poisson", "http://localhost/"], "needs --rate"),
)


@pytest.mark.parametrize("arguments, complaint", WRONG)
def test_wrong_usage_is_told_in_one_line(arguments, complaint):
    done = run(*arguments)
    assert done.returncode == 2 and complaint in done.stderr and done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_nobody_there_and_nobody_to_be_trusted(server, certificate):
    done = run("-n5", "http://127.0.0.1:1/")
    assert done.returncode == 1 and "Connection refused" in done.stderr and done.stderr.count("\n") == 1
    done = run("-n5", server.url())
    assert done.returncode == 1 and "not trusted" in done.stderr and done.stderr.count("\n") == 1
    assert run("-n5", "--cacert", certificate.file, f"https://localhost:{server.https}/").returncode == 0


@pytest.mark.parametrize("options", cases(("h2", ["-m5"]), ("1.1", ["--h1"]), ("new ones", ["--h1", "--new-connection"]),
                                          ("open loop", ["-m5", "--rate", "2000"])))
def test_a_server_that_dies_is_told(serve, root, load, options):
    server = serve(root)
    before = open_sockets(server)

    def kill():
        deadline = time.monotonic() + 20
        while open_sockets(server) <= before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        signal_all(server, signal.SIGKILL)

    threading.Thread(target=kill).start()
    result = load("-c2", "-n1000000000", *options, server.url("/hello.txt", "http"), code=1)  # ends when all hope is gone
    assert result["requests"]["finished"] > 0
    failures = result["requests"]["failures"]
    assert failures["connect"] + failures["lost"] > 0 or result["requests"]["unfinished"] > 0
    assert any("refused" in reason["reason"] or "reset" in reason["reason"] or "closed" in reason["reason"]
               for reason in result["reasons"])


def test_what_is_late_fails(load, bad):
    server = bad(lambda connection, number: drain(connection))
    result = load("--h1", "-n4", "-c2", "--timeout", "200ms", server.url(), code=1)
    assert result["requests"]["failures"]["timeout"] == 4

    def silent(connection, number):
        start_http2(connection)
        drain(connection)

    result = load("-n4", "-c2", "-m2", "--timeout", "200ms", bad(silent).url(), code=1)
    assert result["requests"]["failures"]["timeout"] == 4
    result = load("--h1", "-c1", "--rate", "100", "--queue", "5", "-D", "700ms", "--grace", "100ms", "--timeout", "300ms", server.url(), code=1)
    failures = result["requests"]["failures"]
    assert failures["overflow"] > 30 and failures["timeout"] > 5


def test_a_stream_that_is_reset_and_one_that_is_refused(load, bad):
    def resets(code):
        def talk(connection, number):
            start_http2(connection)
            for stream in range(1, 100, 2):
                connection.sendall(frame(3, 0, stream, code.to_bytes(4, "big")))
                if not connection.recv(4096):
                    return

        return talk

    result = load("-n3", bad(resets(2)).url(), code=1)
    assert result["requests"]["failures"]["reset"] == 3 and "INTERNAL_ERROR" in result["reasons"][0]["reason"]
    result = load("-n3", bad(resets(7)).url(), code=1)
    assert result["requests"]["failures"]["refused"] == 3 and result["requests"]["sent_again"] == 9


def test_goaway_makes_a_new_connection(load, bad):
    def talk(connection, number):
        start_http2(connection)
        answer = frame(1, 5, 1, OK_HEAD)
        connection.sendall(frame(7, 0, 0, (1).to_bytes(4, "big") + bytes(4)) + answer)
        drain(connection)

    result = load("-n5", bad(talk).url())
    assert result["connections"]["opened"] >= 5 and result["requests"]["finished"] == 5


@needs("nginx")
def test_a_server_that_ends_connections_now_and_then_fails_nobody(load, certificate):
    """nginx ends a connection after 1000 requests. What it has not processed is sent on the next one."""
    other = Peer(certificate)
    try:
        clear, secure = free_ports(2)
        nginx(other, clear, secure)
        assert other.wait((clear, secure))
        result = load("-k", "-n2500", "-m10", f"https://127.0.0.1:{secure}/small.txt")
        assert result["requests"]["finished"] == 2500 and result["connections"]["opened"] == 3
        result = load("--h1", "-n2500", "-m10", f"http://127.0.0.1:{clear}/small.txt")
        assert result["requests"]["finished"] == 2500 and result["connections"]["opened"] == 3
    finally:
        other.stop()


def test_a_connection_that_ends_within_an_answer_is_lost(load, bad):
    def talk(connection, number):
        read_head(connection)
        connection.sendall(H1_ANSWER[:-1])

    result = load("--h1", "-n3", bad(talk).url(), code=1)
    assert result["requests"]["failures"]["lost"] == 3


def test_a_server_that_breaks_a_rule_is_told(load, bad):
    def talk(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 what is this\r\n\r\n")
        drain(connection)

    result = load("--h1", "-n3", bad(talk).url(), code=1)
    assert result["requests"]["failures"]["protocol"] == 3


def test_the_end_of_keep_alive_is_no_failure(load, bad):
    def talk(connection, number):  # answers two of what may be a pipeline, then closes
        read_head(connection)
        connection.sendall(H1_ANSWER)
        read_head(connection)
        connection.sendall(H1_ANSWER.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        connection.shutdown(socket.SHUT_WR)
        drain(connection)

    result = load("--h1", "-n20", "-m4", bad(talk).url())
    assert result["requests"]["finished"] == 20 and result["connections"]["opened"] >= 10


# What people see


def test_the_report_is_for_people(server, tmp_path):
    done = run("-k", "-n300", "-c2", "-m4", "--csv", tmp_path / "csv", server.url("/hello.txt"), env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0 and done.stderr == ""
    assert "300 started = 300 finished + 0 failed + 0 unfinished" in done.stdout
    assert "HPACK saved" in done.stdout and "█" in done.stdout and "p99.99" in done.stdout
    rows = (tmp_path / "csv").read_text().splitlines()
    assert rows[0] == "second,finished,failed,p50_us,p99_us,max_us" and rows[1].startswith("0,300,0,")
    assert run("-k", "-n30", "--plain", server.url(), env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout.isascii()


def test_control_c_ends_it_with_what_there_is(serve, root, tmp_path):
    log = tmp_path / "access"
    server = serve(root, "--access-log", str(log))
    process = subprocess.Popen([str(PROGRAM), "load", "-D60", "-c2", server.url("/hello.txt", "http")],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not log.exists() or log.stat().st_size < 100_000:  # some hundred answers, and two are on their way
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert "(stopped early)" in out and "finished" in out and err == ""
    assert process.returncode == 0, out


def test_limits_of_the_system_are_named(server):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    done = run("-n50", "-c200", server.url("/hello.txt", "http"), preexec_fn=few)
    assert done.returncode == 1 and "raise 'ulimit -n'" in done.stderr and done.stderr.count("\n") == 1
