"""The built program as its users meet it: started, spoken to by real peers, and stopped.

WEFT_BINARY names the program; build/dev/weft where it is not set. A server that a sanitizer stops, that leaks or that
does not end with status 0 fails the test that used it."""

import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("WEFT_BINARY", TOP / "build/dev/weft")).resolve()
LARGE = 1_500_000  # bytes of large.bin
LONG = ("priorities", "process", "abuse", "delivery", "memory", "peers", "timeouts", "load", "auth")  # test files


def pytest_collection_modifyitems(items):
    """Files that take long come first, so that none is left over at the end while the other cores wait."""
    items.sort(key=lambda item: item.path.stem.removeprefix("test_") not in LONG)


def is_sanitized():
    code = PROGRAM.read_bytes()
    return b"__asan_init" in code or b"__tsan_init" in code


class Server:
    """A running `weft serve`. `http` and `https` are the ports of its two listeners."""

    def __init__(self, root, *arguments, certificate, env=None, preexec=None, program=PROGRAM, wrapper=(), pass_fds=()):
        self.root = pathlib.Path(root)
        listeners = ["--listen", "http://127.0.0.1:0", "--listen", "https://127.0.0.1:0"]
        if "--listen" in arguments:
            listeners = []
        command = [*wrapper, str(program), "serve", str(root), *listeners]
        if certificate:
            command += ["--cert", certificate.file, "--key", certificate.key]
        if not any(argument.startswith("--threads") for argument in arguments):
            command += ["--threads", "1"]
        self.start(
            [*command, *arguments],
            (2 if listeners else arguments.count("--listen")) + arguments.count("--metrics"),
            env,
            preexec,
            pass_fds,
        )

    def start(self, command, listeners, env=None, preexec=None, pass_fds=()):
        """Starts it and waits until it has told so many schemes' listeners."""
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", **(env or {})},
            preexec_fn=preexec,
            pass_fds=pass_fds,
        )
        self.lines = []
        self.ports = {}
        self._news = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        deadline = time.monotonic() + 20
        while len(self.ports) < listeners:
            try:
                line = self._news.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                break
            if line is None:
                break
            for scheme, port, path in re.findall(r"\b(https?)://(?:\[[^\s\]]+\]|[^\s:/]+):(\d+)/?(metrics)?", line):
                self.ports[path or scheme] = int(port)
        assert self.ports, "weft did not say where it listens:\n" + "".join(self.lines)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            self._news.put(line)
        self._news.put(None)

    def workers(self):
        """The processes that serve, the newest last; the server's own process only sees to them."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return sorted(map(int, file.read().split())) or [self.process.pid]

    @property
    def worker(self):
        return self.workers()[-1]

    @property
    def http(self):
        return self.ports["http"]

    @property
    def https(self):
        return self.ports["https"]

    def url(self, path="/", scheme="https"):
        return f"{scheme}://127.0.0.1:{self.ports[scheme]}{path}"

    def output(self):
        return "".join(self.lines)

    def connect(self, scheme="http", alpn=(), timeout=10):
        """A raw connection."""
        raw = socket.create_connection(("127.0.0.1", self.ports[scheme]), timeout)
        if scheme == "http":
            return raw
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context.wrap_socket(raw, server_hostname="localhost")

    def stop(self, how=signal.SIGTERM, timeout=20):
        """Ends it and returns its exit status; what a sanitizer said fails here."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("weft did not end:\n" + self.output()) from None
        time.sleep(0.02)
        assert "Sanitizer" not in self.output() and "runtime error" not in self.output(), self.output()
        return status


def open_sockets(server):
    """How many sockets the server holds, its listeners among them."""
    count = 0
    for entry in pathlib.Path(f"/proc/{server.worker}/fd").iterdir():
        try:
            count += os.readlink(entry).startswith("socket:")
        except FileNotFoundError:
            pass
    return count


class Certificate:
    """A key and a certificate for localhost, made once a run."""

    def __init__(self, folder, names=("localhost",), kind="P-256"):
        self.file, self.key = str(folder / "cert.pem"), str(folder / "key.pem")
        algorithm = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "P-256" else ["rsa:2048"]
        alternatives = ",".join(f"DNS:{name}" for name in names) + ",IP:127.0.0.1"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", "30", "-subj", f"/CN={names[0]}",
             "-addext", f"subjectAltName={alternatives}", "-keyout", self.key, "-out", self.file],
            check=True, capture_output=True,
        )  # fmt: skip


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("certificate"))


def plant(folder):
    """A small site."""
    (folder / "docs").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>home</title><p>hello\n")
    (folder / "docs/index.html").write_text("<!doctype html><title>docs</title>\n")
    (folder / "hello.txt").write_text("hello, world\n")
    (folder / "alphabet.txt").write_text("abcdefghijklmnopqrstuvwxyz")
    (folder / "empty.txt").write_text("")
    (folder / "large.bin").write_bytes((bytes(i * i % 251 for i in range(251)) * (LARGE // 251 + 1))[:LARGE])
    return folder


@pytest.fixture
def root(tmp_path):
    """A small site of the test's own, which it may change."""
    return plant(tmp_path / "root")


@pytest.fixture
def open_root():
    """The same for every user to read; pytest's own folders are for one."""
    with tempfile.TemporaryDirectory(prefix="weft-open-") as folder:
        os.chmod(folder, 0o755)
        yield plant(pathlib.Path(folder) / "root")


@pytest.fixture
def serve(certificate):
    """Starts servers, and sees to it that each ends well."""
    started = []

    def start(root, *arguments, **options):
        server = Server(root, *arguments, **{"certificate": certificate, **options})
        started.append(server)
        return server

    yield start
    for server in started:
        ended = server.process.poll() is not None
        status = server.stop()
        assert ended or status == 0, f"weft ended with {status}:\n{server.output()}"


@pytest.fixture(scope="session")
def one_for_all(tmp_path_factory, certificate):
    """Keeps one server for all tests that leave it as it was; one that a test brought down is replaced."""
    folder, running = plant(tmp_path_factory.mktemp("shared") / "root"), []

    def get():
        if not running or running[-1].process.poll() is not None:
            running.append(Server(folder, certificate=certificate))
        return running[-1]

    yield get
    if running:
        assert running[-1].stop() == 0


@pytest.fixture
def server(one_for_all):
    """A server with the files of `root`. It is shared: who stops it or changes its files takes `serve` instead."""
    shared = one_for_all()
    yield shared
    status = shared.process.poll()
    assert status is None, f"weft ended with {status}:\n{shared.output()}"


@pytest.fixture
def curl():
    """curl -sS, with the body in stdout; fails the test where curl fails (unless ok=False)."""

    def run(*arguments, ok=True, binary=False):
        done = subprocess.run(
            ["curl", "-sS", "-k", "--max-time", "30", *map(str, arguments)], capture_output=True, text=not binary
        )
        assert done.returncode == 0 or not ok, f"curl {arguments}: {done.returncode} {done.stderr}"
        return done if not ok else done.stdout

    return run


def until(holds, what, most=10.0):
    """Waits until something holds, which is what it returns; fails with `what` after so many seconds."""
    deadline = time.monotonic() + most
    while not (found := holds()):
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
    return found


def said(server, words, count=1, most=10.0):
    """Waits until the server has said something so often."""
    until(lambda: server.output().count(words) >= count, f"it did not say '{words}':\n{server.output()}", most)


def cases(*rows):
    """Rows of a table of tests; the first column is a case's name and no argument."""
    return [pytest.param(*row[1:], id=row[0]) for row in rows]


def needs(program):
    """Marks a test that is skipped where a peer is not installed."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")
