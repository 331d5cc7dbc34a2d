"""The configuration file: what it sets, what is refused and how, and that what is shown means the same."""

import json
import os
import re
import signal
import socket
import subprocess
import threading

import jsonschema
import pytest
import yaml
from conftest import PROGRAM, TOP, Certificate, Server, cases, until


def weft(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=20,
                          stdin=subprocess.DEVNULL, **options)  # fmt: skip


class Configured(Server):
    """A running `weft serve --config`, with a listener of each scheme in the file."""

    def __init__(self, file, *arguments, listeners=2, env=None):
        self.command = [str(PROGRAM), "serve", "--config", str(file), *arguments]
        self.start(self.command, listeners, env=env)


@pytest.fixture
def config(tmp_path):
    """Writes weft.yaml beside two roots; texts of other files may follow."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(f"<!doctype html><title>{name}</title>\n")

    def write(text, **others):
        for name, content in others.items():
            (tmp_path / f"{name}.yaml").write_text(content)
        (tmp_path / "weft.yaml").write_text(text)
        return tmp_path / "weft.yaml"

    return write


@pytest.fixture
def run():
    started = []

    def start(*arguments, **options):
        started.append(Configured(*arguments, **options))
        return started[-1]

    yield start
    for server in started:
        ended = server.process.poll() is not None
        status = server.stop()
        assert ended or status == 0, server.output()


LISTEN = "listen: [http://127.0.0.1:0, https://127.0.0.1:0]\nthreads: 1\n"


def test_sites_by_host_and_by_sni(config, run, curl, tmp_path):
    pairs = {}
    for name in ("a.test", "b.test"):
        (tmp_path / name).mkdir()
        pairs[name] = Certificate(tmp_path / name, names=(name,))
    file = config(
        LISTEN + "include: more.yaml\n"
        f"certificates:\n- certificate: {pairs['a.test'].file}\n  key: {pairs['a.test'].key}\n"
        "sites:\n- names: a.test\n  root: a\n",
        more=f"certificates:\n- certificate: b.test/cert.pem\n  key: b.test/key.pem\nsites:\n- names: [b.test]\n  root: b\n",
    )
    server = run(file)
    for name in ("a.test", "b.test"):
        said = subprocess.run(
            ["curl", "-sS", "--cacert", pairs[name].file, "--resolve", f"{name}:{server.https}:127.0.0.1",
             f"https://{name}:{server.https}/"], capture_output=True, text=True, timeout=20)  # fmt: skip
        assert f"<title>{name[0]}</title>" in said.stdout, said.stderr
        assert f"<title>{name[0]}</title>" in curl("-H", f"Host: {name}", f"http://127.0.0.1:{server.http}/")
    code = curl("-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: c.test", f"http://127.0.0.1:{server.http}/")
    assert code == "421"


def test_the_environment_is_put_in(config, run, curl):
    file = config("listen: http://127.0.0.1:${PORT:-0}\nsites: [{root: \"${WHICH}\"}]\n")
    server = run(file, listeners=1, env={"WHICH": "b"})
    assert "<title>b</title>" in curl(f"http://127.0.0.1:{server.http}/")
    environment = {name: value for name, value in os.environ.items() if name != "WHICH"}
    done = weft("check", file, env=environment)
    assert done.returncode == 1 and "weft.yaml:2:16: WHICH is not set in the environment" in done.stderr


def test_a_reload_reads_the_file_and_a_wrong_one_changes_nothing(config, run, curl):
    server = run(config(LISTEN + "sites: [{root: a}]\n"))

    def serves(name):
        return f"<title>{name}</title>" in curl(server.url("/", "http"))

    assert serves("a")
    config(LISTEN + "sites: [{root: b}]\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: serves("b"), server.output())
    file = config(LISTEN + "sites: [{root: a}]\nthreds: 2\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "not reloaded" in server.output(), server.output())
    assert f"weft: {file}:4:1: unknown setting 'threds': did you mean 'threads'?" in server.output()
    assert serves("b")
    config(LISTEN + "sites: [{root: a}]\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: serves("a"), server.output())


def test_who_comes_once_a_reload_is_told_has_the_new_configuration(config, run):
    def title():
        with server.connect() as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            received = b""
            while piece := connection.recv(1000):
                received += piece
        return re.search(rb"<title>(.*)</title>", received)[1].decode()

    text = "listen: http://127.0.0.1:0\nthreads: 3\nsites: [{{root: {}}}]\n"
    server = run(config(text.format("a")), listeners=1)
    for count, name in enumerate("baba", 1):
        config(text.format(name))
        server.process.send_signal(signal.SIGHUP)
        until(lambda count=count: server.output().count("weft: reloaded: ") == count, server.output())
        assert {title() for _ in range(10)} == {name}


def test_a_reload_opens_and_closes_listeners_and_changes_threads(config, run):
    """What stays is not closed for a moment; what goes is closed once the new worker serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        added = probe.getsockname()[1]

    def listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def reload(listeners, threads, count):
        config(f"listen: [{listeners}]\nthreads: {threads}\nsites: [{{root: a}}]\n")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: server.output().count("weft: reloaded: ") == count, server.output())

    server = run(config(LISTEN + "sites: [{root: a}]\n"))
    assert not listens(added)
    reload(f"http://127.0.0.1:0, http://127.0.0.1:{added}", 3, 1)
    until(lambda: not listens(server.https), "what is not asked for is still open")
    assert listens(added) and listens(server.http)
    reload("http://127.0.0.1:0", 1, 2)  # two sockets more than threads: each is served
    until(lambda: not listens(added), "the listener that went is still there")
    for _ in range(30):
        with server.connect() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_listener_moves_to_one_address_and_back_under_load(config, run):
    """*:PORT and 127.0.0.1:PORT overlap: the new sockets are opened beside the old ones, and those who wait in the
    old ones are let in. Only who comes in the microseconds between the last accept and the close is turned away."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    everywhere, here = (f"listen: [http://{host}:{port}]\nsites: [{{root: a}}]\n" for host in ("*", "127.0.0.1"))
    done, failures, asked = threading.Event(), [], [0]

    def ask():
        while not done.is_set():
            try:
                with socket.create_connection(("127.0.0.1", port), 10) as connection:
                    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    assert connection.recv(1000).startswith(b"HTTP/1.1 200")
                    asked[0] += 1
            except (OSError, AssertionError) as error:
                failures.append(repr(error))

    def is_refused_elsewhere():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.2", port)) != 0

    server = run(config(everywhere), listeners=1)
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for count, text in enumerate((here, everywhere) * 3, 1):
            config(text)
            server.process.send_signal(signal.SIGHUP)
            until(lambda count=count: server.output().count("weft: reloaded: ") == count, server.output())
            until(lambda text=text: is_refused_elsewhere() == (text is here), "127.0.0.2 does not follow")
            before = asked[0]
            until(lambda before=before: asked[0] > before + 20, "nobody is answered")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert len(failures) <= 2 < 100 < asked[0], failures[:3]


def test_options_win_over_the_file(config, run, curl, tmp_path):
    file = config(LISTEN + "sites: [{root: a}]\n")
    server = run(file, "--listen", "http://127.0.0.1:0", str(tmp_path / "b"), listeners=1)
    assert "https" not in server.ports
    assert "<title>b</title>" in curl(f"http://127.0.0.1:{server.http}/")
    assert "From the command line, not from" in server.output() and "--listen, DIR" in server.output()


@pytest.mark.parametrize("arguments, words", cases(
    ("a folder for several sites", ["b"], "has 2 sites"),
    ("an option of one site", ["--listing"], "has 2 sites"),
    ("a header of one site", ["--header", "a: b"], "has 2 sites"),
))  # fmt: skip
def test_options_of_one_site_are_refused_for_several(config, arguments, words):
    file = config(LISTEN + "sites: [{root: a}, {root: b, names: b.test}]\n")
    done = weft("serve", "--config", file, *arguments, cwd=file.parent)
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1


RULES = LISTEN + """
sites:
- root: a
  error_pages: {404: /errors/lost.html}
  headers:
  - set: {x-frame-options: DENY}
    remove: [server, x-content-type-options]
  - path: /assets/*
    set: {cache-control: "public, max-age=31536000, immutable"}
    add: {link: "</assets/a.css>; rel=preload; as=style"}
  redirects:
  - {from: /old, to: /new, status: 308}
  - {from: /blog/*, to: "https://blog.test/*", status: 302}
  - {from: "/café", to: /coffee?cup=1}
"""


@pytest.fixture
def ruled(config, run, tmp_path):
    for name in ("assets/a.css", "errors/lost.html", "b.css"):
        (tmp_path / "a" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "a" / name).write_text(f"content of {name}\n")
    return run(config(RULES))


def fetch(curl, url, *arguments):
    """The status, the fields as pairs with names in lower case, and the content."""
    head, _, content = curl("-i", *arguments, url).replace("\r", "").partition("\n\n")
    first, *lines = head.split("\n")
    return int(first.split()[1]), [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)], content


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_fields_by_path(ruled, curl, version):
    for _ in range(2):  # from the file, then from the cache
        status, fields, content = fetch(curl, ruled.url("/assets/a.css"), version)
        assert status == 200 and content == "content of assets/a.css\n"
        names = [name for name, _ in fields]
        assert ("x-frame-options", "DENY") in fields and "server" not in names and "x-content-type-options" not in names
        assert [value for name, value in fields if name == "cache-control"] == ["public, max-age=31536000, immutable"]
        assert ("link", "</assets/a.css>; rel=preload; as=style") in fields and "etag" in names and "date" in names
    etag = dict(fields)["etag"]
    status, fields, _ = fetch(curl, ruled.url("/assets/a.css"), version, "-H", f"If-None-Match: {etag}")
    assert status == 304 and ("cache-control", "public, max-age=31536000, immutable") in fields
    status, fields, content = fetch(curl, ruled.url("/assets/a.css"), version, "-r", "0-6")
    assert status == 206 and content == "content" and names.count("link") == 1 and ("x-frame-options", "DENY") in fields
    status, fields, _ = fetch(curl, ruled.url("/b.css"), version)
    assert ("cache-control", "no-cache") in fields and "link" not in dict(fields) and ("x-frame-options", "DENY") in fields


def test_what_is_missing_is_not_kept_for_a_year(ruled, curl):
    status, fields, content = fetch(curl, ruled.url("/assets/none"))
    assert status == 404 and content == "content of errors/lost.html\n"
    assert [value for name, value in fields if name == "cache-control"] == ["no-cache"]
    assert ("x-frame-options", "DENY") in fields and "server" not in dict(fields)


@pytest.mark.parametrize("path, status, location", cases(
    ("a path", "/old", 308, "/new"),
    ("with its query", "/old?a=b", 308, "/new?a=b"),
    ("as it is decoded", "/%6fl%64", 308, "/new"),
    ("a pattern", "/blog/2026/%20x?q", 302, "https://blog.test/2026/%20x?q"),
    ("a name that is no ASCII", "/caf%C3%A9?q", 301, "/coffee?cup=1"),
))  # fmt: skip
def test_redirects(ruled, curl, path, status, location):
    for scheme in ("http", "https"):
        got, fields, _ = fetch(curl, ruled.url(path, scheme))
        assert got == status and dict(fields)["location"] == location and ("x-frame-options", "DENY") in fields


def test_a_manifest_of_the_file_gives_hints_with_the_policy_of_the_path(config, run, curl):
    file = config(
        LISTEN + "sites:\n- root: a\n  manifest: pages.yaml\n  early_hints: always\n  headers:\n"
        "  - set: {cache-control: max-age=600}\n  - path: /\n    set: {content-security-policy: default-src 'self'}\n",
        pages="version: 1\npages:\n  /: [/a.css]\n  /index.html: [/a.css]\n",
    )
    server = run(file)
    for path, policies in (("/", 2), ("/index.html", 0)):
        said = curl("--http2", "-i", "-H", "Sec-Fetch-Mode: navigate", "-H", "Sec-Fetch-Dest: document", server.url(path))
        assert said.startswith("HTTP/2 103") and said.count("link: </a.css>") == 2, said
        assert said.count("content-security-policy: default-src 'self'") == policies
        assert said.count("cache-control: max-age=600") == 1


HSTS = "max-age=31536000; includeSubDomains; preload"


def test_https_only_and_hsts(config, run, curl):
    server = run(config(LISTEN + "sites: [{root: a, https_only: true, hsts: {max_age: 365d, include_subdomains: true, "
                                 "preload: true}, redirects: [{from: /old, to: /}]}]\n"))  # fmt: skip
    for path, method, status in (("/x/%20y?q=1", "GET", 301), ("/old", "GET", 301), ("/", "POST", 308)):
        got, fields, _ = fetch(curl, server.url(path, "http"), "-X", method)
        assert got == status and dict(fields)["location"] == f"https://127.0.0.1:{server.https}{path}"
        assert "strict-transport-security" not in dict(fields)  # RFC 6797 §7.2
    for path in ("/", "/none", "/old"):
        got, fields, _ = fetch(curl, server.url(path))
        assert got == {"/": 200, "/none": 404, "/old": 301}[path] and ("strict-transport-security", HSTS) in fields
    with server.connect() as raw:  # no Host: where to?
        raw.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_https_port_is_what_clients_see(config, run, curl):
    server = run(config(LISTEN + "https_port: 443\nsites: [{root: a, https_only: true}]\n"))
    _, fields, _ = fetch(curl, server.url("/", "http"), "-H", "Host: a.test:8080")
    assert dict(fields)["location"] == "https://a.test/"


SITE = "sites: [{root: a}]\n"


@pytest.mark.parametrize("text, place, words", cases(
    ("an unknown setting", SITE + "lisen: http://a", "2:1", "unknown setting 'lisen': did you mean 'listen'?"),
    ("an unknown limit", SITE + "limits: {idle: 1s}", "2:10", "unknown setting 'idle'"),
    ("a wrong number", SITE + "threads: many", "2:10", "found 'many', expected a number from 1 to 64"),
    ("a time without unit", SITE + "drain_timeout: 10", "2:16", "found '10', expected a time"),
    ("a wrong word", SITE + "log_format: jsn", "2:13", "unknown word 'jsn': did you mean 'json'?"),
    ("a setting twice", SITE + "threads: 1\nthreads: 2", "3:1", "stands twice: first in"),
    ("no YAML", SITE + "listen: [", "3:1", "did not find expected node content"),
    ("a tag", SITE + "threads: !!int 2", "2:10", "tags (!) mean nothing here"),
    ("no root", "sites: [{names: a}]", "1:9", "'root' is missing"),
    ("a root that is not there", "sites: [{root: x}]", "1:16", "there is nothing: check the path"),
    ("a root that is a file", "sites: [{root: weft.yaml}]", "1:16", "it is not a directory (name the folder it is in)"),
    ("a circle of files", SITE + "include: weft.yaml", "2:10", "files include each other in a circle"),
    ("a file that is not there", SITE + "include: x.yaml", "2:10", "no such file: check the path"),
    ("a certificate without key", SITE + "certificates: [{certificate: a}]", "2:16", "'key' is missing"),
    ("a certificate that is not there", SITE + "certificates: [{certificate: x, key: y}]", "2:16", "cannot read the certificate"),
    ("a certificate that is none", SITE + "certificates: [{certificate: weft.yaml, key: y}]", "2:16", "no certificate in PEM form"),
    ("redirects in a circle", "sites: [{root: a, redirects: [{from: /*, to: /x/*}]}]", "1:9", "circle: /x -> /x/x -> /x/x/x"),
    ("a redirect to nowhere", "sites: [{root: a, redirects: [{from: /a, to: b}]}]", "1:31", "expected a target: /PATH"),
    ("a field that is the server's", "sites: [{root: a, headers: [{set: {Date: x}}]}]", "1:36", "written by the server itself"),
    ("an error page that is missing", "sites: [{root: a, error_pages: {404: /x}}]", "1:9", "'/x' is no file beneath the root"),
    ("hsts without https_only", "sites: [{root: a, hsts: {max_age: 1d}}]", "1:9", "hsts needs 'https_only: true'"),
    ("https_only without https", "listen: http://127.0.0.1:0\nsites: [{root: a, https_only: true}]", None, "no listener is https"),
    ("two default sites", "sites: [{root: a}, {root: b}]", "1:20", "a second site without names"),
    ("a name twice", "sites: [{root: a, names: x}, {root: b, names: X}]", "1:47", "'X' stands twice: first in"),
    ("no site", "threads: 1", None, "no site"),
))  # fmt: skip
def test_what_is_wrong_is_one_line_with_its_place(config, text, place, words):
    file = config(text)
    done = weft("check", file)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith(f"weft: {file}:{place}: " if place else f"weft: {file}: "), done.stderr
    assert words in done.stderr
    served = weft("serve", "--config", file)
    assert served.returncode in (1, 2) and words in served.stderr and served.stderr.count("\n") == 1, served.stderr


def test_all_faults_are_told(config):
    done = weft("check", config("threads: x\nlisen: y\nsites: [{root: nowhere, listing: yes}]\n"))
    assert done.returncode == 1 and [line.split(": ")[1].split(":", 1)[1] for line in done.stderr.splitlines()] == [
        "1:10", "2:1", "3:16", "3:34"]  # fmt: skip


def test_a_file_that_cannot_be_read(tmp_path):
    for name, words in (("none.yaml", "check the path"), (".", "expected a file of YAML")):
        for command in (["check"], ["serve", "--config"]):
            done = weft(*command, tmp_path / name)
            assert done.returncode == 1 and words in done.stderr and done.stderr.count("\n") == 1, done.stderr


def make_certificate(folder, name, days, key=None):
    """A certificate that expires in so many days; with the key of another where one is given."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.utcnow()
    end = now + datetime.timedelta(days=days, hours=1)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(private.public_key())
        .serial_number(7).not_valid_before(now - datetime.timedelta(days=400))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False).sign(private, hashes.SHA256())
    )  # fmt: skip
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.key").write_bytes(pem)
    return end.strftime("%Y-%m-%d")


def test_certificates_are_judged_with_their_keys(config, run, tmp_path):
    days = {name: make_certificate(tmp_path, name, left) for name, left in (("old", -3), ("soon", 5), ("good", 90))}
    rows = {"old": f"old.pem expired on {days['old']}", "soon": f"soon.pem expires on {days['soon']}", "good": ""}
    for name, words in rows.items():
        file = config(LISTEN + SITE + f"certificates:\n- certificate: {name}.pem\n  key: {name}.key\n")
        done = weft("check", file)
        assert done.returncode == 0 and words in done.stderr and done.stderr.count("\n") == (words != ""), done.stderr
        assert not words or f"weft: {file}:5:3: warning: " in done.stderr
    server = run(config(LISTEN + SITE + "certificates: [{certificate: old.pem, key: old.key}]\n"))
    assert server.output().count(rows["old"]) == 1
    done = weft("check", config(SITE + "certificates: [{certificate: good.pem, key: old.key}]\n"))
    assert done.returncode == 1 and "does not belong to the certificate" in done.stderr and ":2:16:" in done.stderr


def test_names_that_no_certificate_covers_are_told(config, tmp_path):
    make_certificate(tmp_path, "a.test", 90)
    make_certificate(tmp_path, "*.b.test", 90)
    rows = "".join(f"- {{certificate: '{name}.pem', key: '{name}.key'}}\n" for name in ("a.test", "*.b.test"))
    sites = "sites:\n- {root: a, names: [a.test, '*.b.test', x.b.test]}\n- {root: b, names: [b.test, '*.a.test']}\n- root: a\n"
    done = weft("check", config(LISTEN + "certificates:\n" + rows + sites))
    assert done.returncode == 0 and [line.split("'")[1] for line in done.stderr.splitlines()] == ["b.test", "*.a.test"]
    assert all(": warning: no certificate covers" in line for line in done.stderr.splitlines())


def test_a_key_that_may_not_be_read_is_told_with_its_remedy(config, tmp_path):
    make_certificate(tmp_path, "good", 90)
    file = config(SITE + "certificates: [{certificate: good.pem, key: good.key}]\n")
    (tmp_path / "good.key").chmod(0)
    lesser = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]  # root as others are
    for command in (["check", file], ["serve", "--config", file]):
        done = subprocess.run([*lesser, PROGRAM, *command], capture_output=True, text=True, timeout=20)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and ":2:16: cannot read the key" in done.stderr
        assert "give this user the right to read it" in done.stderr


def test_an_expired_certificate_of_the_command_line_is_told(serve, root, tmp_path):
    day = make_certificate(tmp_path, "old", -3)
    server = serve(root, "--cert", str(tmp_path / "old.pem"), "--key", str(tmp_path / "old.key"), certificate=None)
    assert server.output().count(f"expired on {day}") == 1


def test_a_port_in_use_is_told_and_nothing_is_started(config, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        file = config(f"listen: [http://127.0.0.1:0, http://127.0.0.1:{port}]\naccess_log: log\n{SITE}")
        assert weft("check", file).returncode == 0
        done = weft("serve", "--config", file)
    assert done.returncode == 1 and done.stdout == "" and f"port {port} is in use" in done.stderr


FULL = LISTEN + """
access_log: none
log_format: json
congestion: "a${WEFT_NOT:-b} $${c} \\u00e4 \\u2028"
cache: 1500k
metrics: http://127.0.0.1:9100
learn_interval: 90s
drain_timeout: 1500ms
limits: {idle_timeout_ms: 90, memory_budget: 2M, ping_burst: 7}
sites:
- names: [a.test, "*.a.test"]
  root: a
  index: [x.html, y.html]
  listing: true
- root: b
  early_hints: never
  learn: true
  learn_quorum: 4
  learned: pages.yaml
  compression: {codings: [br, gzip], level: 5, least: 2k, types: [text/html, "text/*"]}
  https_only: true
  hsts: {max_age: 30d}
  error_pages: {404: /index.html, 503: /index.html}
  headers:
  - path: "/*.css"
    set: {cache-control: max-age=9, X-A: "1"}
    add: {x-a: "2"}
    remove: [server]
  redirects:
  - {from: "/a/*", to: "https://b.test/*", status: 308}
  - {from: /c, to: "/d?e"}
"""


@pytest.fixture(scope="module")
def schema():
    done = weft("check", "--schema")
    made = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def test_what_is_shown_means_the_same(config, schema, tmp_path):
    file = config(FULL)
    first = weft("check", "--show", file)
    assert first.returncode == 0 and first.stderr == "", first.stderr
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown/weft.yaml").write_text(first.stdout)
    second = weft("check", "--show", tmp_path / "shown/weft.yaml")
    assert second.stdout == first.stdout and second.stderr == ""
    shown = yaml.safe_load(first.stdout)
    schema.validate(shown)
    schema.validate(yaml.safe_load(file.read_text()))
    assert shown["congestion"] == "ab $${c} \u00e4 \u2028"
    assert shown["limits"]["idle_timeout_ms"] == "90ms" and shown["limits"]["reset_burst"] == 100
    assert shown["sites"][0]["root"] == str(tmp_path / "a") and shown["sites"][1]["index"] == ["index.html"]


def test_the_defaults_are_shown_and_fit_the_schema(schema):
    done = weft("check", "--show")
    assert done.returncode == 0
    shown = yaml.safe_load(done.stdout)
    schema.validate(shown)
    known = schema.schema["properties"]
    assert shown["cache"] == known["cache"]["default"] == "64M"
    assert shown["limits"].keys() == known["limits"]["properties"].keys()


@pytest.mark.parametrize("text", ["lisen: http://a", "threads: many", "threads: 0", "log_format: jsn", "cache: 1q",
                                  "sites: [{names: a}]", "sites: [{root: a, listing: maybe}]", "limits: {idle: 1s}",
                                  "certificates: [{certificate: a}]"])  # fmt: skip
def test_the_schema_refuses_what_the_program_refuses(config, schema, text):
    assert not schema.is_valid(yaml.safe_load(text))
    assert weft("check", config(text)).returncode == 1


def test_the_example_is_right(schema):
    example = TOP / "examples/weft.yaml"
    done = weft("check", example)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    schema.validate(yaml.safe_load(example.read_text()))


@pytest.mark.parametrize("arguments", [["check"], ["check", "a", "b"], ["check", "--shwo", "a"], ["check", "--show", "a", "b"]])
def test_wrong_usage(arguments):
    done = weft(*arguments)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and done.stdout == ""
