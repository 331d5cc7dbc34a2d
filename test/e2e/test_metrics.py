"""Metrics, health and state: what is done moves its figure, and who asks harms nobody."""

import json
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import time

import pytest
from conftest import PROGRAM, Certificate, cases, open_sockets
from h2_client import CANCEL, PING, RST_STREAM, Client, Raw, frame, head
from metrics_client import Watch, ask, ask_path, figures, read

METRICS = ("--metrics", "http://127.0.0.1:0")


@pytest.fixture
def observed(serve, root):
    return serve(root, *METRICS, "--threads", "2")


def requests(site="default", protocol="HTTP/2", status="2xx"):
    return f'weft_http_requests_total{{site="{site}",protocol="{protocol}",status="{status}"}}'


def test_a_request_moves_its_figures(observed, curl):
    watch = Watch(observed)
    with Client(observed) as client:
        for path in ("/hello.txt", "/hello.txt", "/nothing"):
            client.wait(client.get(path))
        assert watch.wait(requests(), 2) == 2
        assert watch.moved(requests(status="4xx")) == 1
        assert watch.moved('weft_connections_open{protocol="HTTP/2"}') == 1
        assert watch.moved("weft_connection_memory_bytes") > 1000
        assert watch.moved('weft_hpack_saved_bytes_total{direction="in"}') > 50
        assert watch.moved('weft_hpack_saved_bytes_total{direction="out"}') > 50
        assert watch.moved('weft_content_bytes_total{protocol="HTTP/2",direction="out"}') > 2 * 13
        assert watch.moved('weft_file_cache_lookups_total{result="hit"}') >= 1
    curl("--http1.1", observed.url("/hello.txt", "http"))
    curl("--http1.0", observed.url("/hello.txt", "http"))
    assert watch.wait(requests(protocol="HTTP/1.1"), 1) == 1
    assert watch.wait(requests(protocol="HTTP/1.0"), 1) == 1
    assert watch.moved('weft_connections_accepted_total{transport="tcp"}') == 3
    labels = 'site="default",protocol="HTTP/2",status="2xx"'
    for name in ("weft_http_first_byte_seconds", "weft_http_request_duration_seconds"):
        assert watch.moved(f"{name}_count{{{labels}}}") == 2
        assert watch.moved(f'{name}_bucket{{{labels},le="+Inf"}}') == 2
    assert watch.wait('weft_connections_open{protocol="HTTP/2"}', 0) == 0


def test_time_is_seen_in_the_histogram(observed):
    """An answer that the client holds back for half a second."""
    watch = Watch(observed)
    with Client(observed) as client:
        client.holds = True
        stream = client.get("/large.bin")
        client.pump()
        time.sleep(0.5)
        client.holds = False
        client.let_go(stream)
        client.wait(stream)
    labels = 'site="default",protocol="HTTP/2",status="2xx"'
    watch.wait(f"weft_http_request_duration_seconds_count{{{labels}}}", 1)
    assert 0.4 < watch.moved(f"weft_http_request_duration_seconds_sum{{{labels}}}") < 10
    assert watch.moved(f"weft_http_first_byte_seconds_sum{{{labels}}}") < 0.4
    assert watch.moved(f'weft_http_request_duration_seconds_bucket{{{labels},le="0.262144"}}') == 0


def test_resets_limits_and_goaway_are_counted_by_name(observed):
    watch = Watch(observed)
    with Raw(observed) as raw:
        for stream in (1, 3):
            raw.send(head(stream, flags=4, block=b"\x83\x86\x84\x01\x09localhost") + frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))
        watch.wait('weft_stream_resets_total{by="client",code="CANCEL"}', 2)
        raw.flood(frame(PING, 0, 0, bytes(8)) for _ in range(100))
    assert watch.wait('weft_limit_reached_total{limit="ping_burst"}', 1) == 1
    assert watch.moved('weft_goaways_total{by="server",code="ENHANCE_YOUR_CALM"}') == 1
    assert watch.moved('weft_limit_reached_total{limit="reset_burst"}') == 0


def handshake(server, context, session=None):
    with socket.create_connection(("127.0.0.1", server.https), 10) as raw:
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as connection:
            connection.sendall(b"GET /hello.txt HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            while connection.recv(65536):
                pass
            return connection.session


def test_handshakes_are_full_resumed_or_failed(observed):
    watch = Watch(observed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    session = handshake(observed, context)
    handshake(observed, context, session)
    with socket.create_connection(("127.0.0.1", observed.https), 10) as raw:
        raw.sendall(b"\x16\x03\x01\x00\x05hello")  # and is gone
    results = [watch.wait(f'weft_tls_handshakes_total{{result="{result}"}}', 1) for result in ("full", "resumed", "failed")]
    assert results == [1, 1, 1]


def test_what_the_log_cannot_take_is_counted(serve, root, tmp_path):
    if not pathlib.Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    server = serve(root, *METRICS, "--access-log", "/dev/full", "--log-format", "json")
    watch = Watch(server)
    with Client(server) as client:
        client.wait(*[client.get("/hello.txt?" + "x" * 1500) for _ in range(80)])
    assert watch.wait('weft_log_lines_dropped_total{log="access"}', 1) < 80


def test_health_state_and_draining(observed):
    assert ask_path(observed, "/healthz") == (200, "live\n")
    assert ask_path(observed, "/readyz") == (200, "ready\n")
    status, text = ask_path(observed, "/status")
    state = json.loads(text)
    assert status == 200 and state["state"] == "serving" and state["threads"] == {"all": 2, "silent": 0}
    assert ask_path(observed, "/nothing")[0] == 404
    with Client(observed, window=1000) as client:
        client.holds = True  # an answer that keeps it from ending
        client.get("/large.bin")
        client.pump()
        observed.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 5
        while ask_path(observed, "/readyz") != (503, "draining\n"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert ask_path(observed, "/healthz")[0] == 200
        assert figures(observed)["weft_draining"] == 1
    assert observed.process.wait(10) == 0


def test_a_reload_is_seen_in_state_and_figures(serve, root, tmp_path):
    """Each worker counts from 0, which Prometheus takes for a reset: its start has moved too. A reload that failed is told by
    the worker that goes on."""
    certificate = Certificate(tmp_path)
    server = serve(root, *METRICS, certificate=certificate)

    def state(holds, what):
        deadline = time.monotonic() + 20
        while True:
            try:
                seen = json.loads(ask_path(server, "/status")[1])["configuration"], figures(server)
                if holds(*seen):
                    return seen
            except OSError:
                pass  # between two workers
            assert time.monotonic() < deadline, what
            time.sleep(0.05)

    def counted(figures):
        return sum(value for name, value in figures.items() if name.startswith("weft_http_requests_total"))

    with Client(server) as client:
        client.wait(*[client.get("/hello.txt") for _ in range(5)])
    first, before = state(lambda _, figures: counted(figures) == 5, "five requests are not counted")
    assert first["generation"] == before["weft_config_generation"] == 1
    assert first["last_reload_failed"] is first["failure"] is None and before["weft_config_last_reload_successful"] == 1

    server.process.send_signal(signal.SIGHUP)
    second, after = state(lambda it, seen: it["generation"] == seen["weft_config_generation"] == 2, "the generation is not told")
    assert second["loaded"] >= first["loaded"]
    assert counted(after) == 0 and after["weft_start_time_seconds"] >= before["weft_start_time_seconds"]

    good = pathlib.Path(certificate.file).read_bytes()
    try:
        pathlib.Path(certificate.file).write_text("nonsense\n")
        server.process.send_signal(signal.SIGHUP)
        third, failed = state(lambda it, seen: it["failure"] and not seen["weft_config_last_reload_successful"], "the failure is not told")
    finally:
        pathlib.Path(certificate.file).write_bytes(good)
    assert third["generation"] == 2 and certificate.file in third["failure"] and third["failure"].startswith("not reloaded: ")
    assert third["last_reload_failed"] >= second["loaded"] and failed["weft_config_generation"] == 2
    server.process.send_signal(signal.SIGHUP)
    fourth, fine = state(lambda it, seen: it["generation"] == seen["weft_config_generation"] == 3, "the next reload is not told")
    assert fourth["failure"] is None and fine["weft_config_last_reload_successful"] == 1


@pytest.mark.parametrize("request_text, status", cases(
    ("another name, as after DNS rebinding", b"GET /metrics HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n", 421),
    ("a change", b"POST /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc", 405),
    ("a head alone", b"HEAD /metrics HTTP/1.1\r\nhost: 127.0.0.1:9100\r\nconnection: close\r\n\r\n", 200),
    ("HTTP/1.0", b"GET /metrics HTTP/1.0\r\n\r\n", 200),
    ("no HTTP", b"\x00\x01\r\n\r\n", 400),
))  # fmt: skip
def test_who_may_ask_what(observed, request_text, status):
    got, body = ask(observed, request_text)
    assert got == status
    assert request_text[:4] != b"HEAD" or body == ""


def test_slow_and_many_scrapers_take_nothing_from_others(observed, curl):
    """Sixty connections that ask and read nothing: the newest are turned away, the page is still had, files are still served."""
    crowd = []
    try:
        for _ in range(60):
            connection = socket.create_connection(("127.0.0.1", observed.ports["metrics"]), 5)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            crowd.append(connection)
            connection.sendall(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n" * 20)
        assert curl(observed.url("/hello.txt")) == "hello, world\n"
        assert open_sockets(observed) < 40
    finally:
        for connection in crowd:
            connection.close()
    deadline = time.monotonic() + 5
    while True:  # once they have gone
        try:
            assert read(ask(observed)[1])
            break
        except (OSError, IndexError):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_scrapes_over_http2_share_a_connection(observed):
    """The same engine as for everybody: a listener speaks HTTP/2 with prior knowledge too."""

    class Door:
        def connect(self, scheme, alpn=()):
            return socket.create_connection(("127.0.0.1", observed.ports["metrics"]), 10)

    with Client(Door(), window=1 << 20) as client:
        streams = [client.get("/metrics") for _ in range(4)]
        for stream in streams:
            client.wait(stream)
        texts = {client.bodies[stream] for stream in streams}
        assert len(texts) == 1 and read(texts.pop().decode())


def test_series_do_not_grow_with_what_clients_think_of(observed, curl):
    def ask_for(names):
        for name in names:
            curl("--http1.1", "-o", "/dev/null", "-H", f"host: {name}.example", "-X", name, observed.url(f"/{name}", "http"))

    ask_for(["GET"])
    curl("--http1.1", "-o", "/dev/null", "-X", "BREW", observed.url("/", "http"))
    before = set(figures(observed))
    ask_for([f"M{i}" for i in range(20)])
    assert set(figures(observed)) == before


@pytest.mark.parametrize("arguments, said", cases(
    ("an address for all", ["--metrics", "http://0.0.0.0:0"], "--metrics-public"),
    ("every address", ["--metrics", "http://*:0"], "--metrics-public"),
    ("TLS", ["--metrics", "https://127.0.0.1:0"], "expected http://"),
))  # fmt: skip
def test_others_see_figures_only_where_that_was_asked_for(root, arguments, said):
    done = subprocess.run([PROGRAM, "serve", root, "--listen", "http://127.0.0.1:0", *arguments], capture_output=True, text=True, timeout=20)
    assert done.returncode in (1, 2) and said in done.stderr and done.stderr.count("\n") == 1, done


def test_where_it_was_asked_for_they_do(serve, root):
    server = serve(root, "--metrics", "http://0.0.0.0:0", "--metrics-public")
    assert figures(server)["weft_draining"] == 0
