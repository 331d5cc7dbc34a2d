"""What systemd is told, and what it hands over: sd_notify(3), sd_listen_fds(3), and the units."""

import ctypes
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest
from conftest import PROGRAM, TOP, needs
from h1_client import ask

PTRACE_ATTACH, PTRACE_DETACH = 16, 17


class Manager:
    """A service manager's end of NOTIFY_SOCKET."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.heard = []

    def environment(self, **more):
        return {"NOTIFY_SOCKET": str(self.path), **more}

    def next(self, timeout=5):
        """The next datagram's lines, as a dictionary; None where none comes in time."""
        self.socket.settimeout(timeout)
        try:
            text = self.socket.recv(4096).decode()
        except TimeoutError:
            return None
        return dict(line.partition("=")[::2] for line in text.splitlines())

    def wait_for(self, word, timeout=5):
        deadline = time.monotonic() + timeout
        while (told := self.next(max(0.01, deadline - time.monotonic()))) is not None:
            if word in told:
                return told
        raise AssertionError(f"{word} was not told")


@pytest.fixture
def manager(tmp_path):
    made = Manager(tmp_path / "notify")
    yield made
    made.socket.close()


def test_a_manager_hears_of_start_reload_and_end(serve, root, manager):
    server = serve(root, env=manager.environment())
    told = manager.next()
    assert told["READY"] == "1" and told["STATUS"] == f"worker {server.worker} serves"
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    first = server.worker
    server.process.send_signal(signal.SIGHUP)
    told = manager.next()
    assert told["RELOADING"] == "1"
    assert before <= int(told["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    told = manager.next()
    assert told["READY"] == "1" and str(first) not in told["STATUS"]
    assert server.stop() == 0
    assert manager.next()["STOPPING"] == "1"
    assert manager.next(0.1) is None


def test_a_reload_that_fails_ends_with_ready_too(serve, root, manager, tmp_path):
    """systemd would wait for it until its timeout."""
    file = tmp_path / "weft.yaml"
    file.write_text(f"sites: [{{root: {root}}}]\nlisten: ['http://127.0.0.1:0']\n")
    server = serve(root, "--config", str(file), env=manager.environment())
    assert manager.next()["READY"] == "1"
    file.write_text("sitse: []\n")
    server.process.send_signal(signal.SIGHUP)
    assert manager.next()["RELOADING"] == "1"
    told = manager.next()
    assert told["READY"] == "1" and told["STATUS"] == f"not reloaded, worker {server.worker} serves"
    assert ask(server, "/hello.txt")[0] == 200


def test_no_other_process_hears_of_the_manager(serve, root, manager):
    server = serve(root, env=manager.environment(WATCHDOG_USEC="1000000", LISTEN_PID="1", LISTEN_FDS="1"))
    environment = pathlib.Path(f"/proc/{server.worker}/environ").read_bytes()
    assert b"NOTIFY_SOCKET" not in environment and b"WATCHDOG" not in environment and b"LISTEN_" not in environment


def test_a_manager_that_is_not_there_is_said_and_served_without(serve, root, tmp_path):
    server = serve(root, env={"NOTIFY_SOCKET": str(tmp_path / "nowhere")})
    assert "cannot tell the service manager (NOTIFY_SOCKET): No such file" in server.output()
    assert ask(server, "/hello.txt")[0] == 200


def loop_thread(pid):
    """A thread of the worker that serves: not its first."""
    return max(int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


class Hung:
    """Stops one thread of a process, as a fault of ours could."""

    def __init__(self, thread):
        self.thread, self.libc = thread, ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def __enter__(self):
        if self.libc.ptrace(PTRACE_ATTACH, self.thread, None, None) != 0:
            pytest.skip(f"may not stop a thread: {os.strerror(ctypes.get_errno())}")
        os.waitpid(self.thread, 0x40000000)  # __WALL

    def __exit__(self, *_):
        self.libc.ptrace(PTRACE_DETACH, self.thread, None, None)


def test_signs_of_life_are_those_of_the_threads_that_serve(serve, root, manager):
    half = 0.15
    server = serve(root, "--threads", "2", env=manager.environment(WATCHDOG_USEC=str(int(2 * half * 1e6))))
    manager.wait_for("READY")
    told = [manager.wait_for("WATCHDOG", 2) and time.monotonic() for _ in range(4)]
    assert half * 0.5 < (told[-1] - told[0]) / 3 < half * 2
    with Hung(loop_thread(server.worker)):
        silent = None
        for _ in range(12):  # who has answered before it hung is well once more or twice
            silent = manager.next(3 * half)
            if silent is None:
                break
        assert silent is None, "a thread hangs, and the manager is told that all is well"
        assert server.process.poll() is None
    manager.wait_for("WATCHDOG", 5)


# Sockets

PORTS = re.compile(r"\bhttps?://(?:\[[^\s\]]+\]|[^\s:/]+):(\d+)")


def listening(host="127.0.0.1", port=0):
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if ":" in host:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen(16)
    return made


@pytest.fixture
def activated(serve, root):
    """Starts a server with sockets that were handed over: (name, socket) each."""

    def start(*arguments, sockets):
        fds = [handed.fileno() for _, handed in sockets]
        moves = " ".join(f"{3 + i}<&{fd}" for i, fd in enumerate(fds))
        shell = f'LISTEN_PID=$$ exec "$@" {moves}'
        names = ":".join(name for name, _ in sockets)
        return serve(
            root, *arguments, wrapper=("bash", "-c", shell, "bash"), pass_fds=fds,
            env={"LISTEN_FDS": str(len(fds)), "LISTEN_FDNAMES": names},
        )  # fmt: skip

    return start


def get(address, path="/hello.txt"):
    with socket.create_connection(address, 5) as raw:
        return finish(raw, path)


def finish(raw, path="/hello.txt"):
    raw.settimeout(5)
    raw.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path.encode())
    answer = b""
    while piece := raw.recv(65536):
        answer += piece
    return answer


@pytest.mark.parametrize("threads", ["1", "3"])
def test_a_socket_that_is_handed_over_is_served(activated, threads):
    """Who came before the server was there is answered, and who comes while it is away is not refused."""
    with listening() as handed:
        address = handed.getsockname()
        early = socket.create_connection(address, 5)
        server = activated("--listen", f"http://127.0.0.1:{address[1]}", "--threads", threads,
                           "--limit", "drain_ms=100", sockets=[("web", handed)])  # fmt: skip
        assert "handed over" not in server.output()
        assert finish(early).endswith(b"hello, world\n")
        for _ in range(20):
            assert get(address).endswith(b"hello, world\n")
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 5
        while "reloaded" not in server.output():
            assert time.monotonic() < deadline, server.output()
            time.sleep(0.02)
        for _ in range(10):
            assert get(address).endswith(b"hello, world\n")
        assert server.stop() == 0
        socket.create_connection(address, 5).close()  # it waits in the socket for the next server


def test_a_socket_may_be_wanted_by_its_name(activated):
    with listening() as one, listening() as other:
        server = activated("--listen", "http://@web", sockets=[("other", other), ("web", one)])
        assert get(one.getsockname()).endswith(b"hello, world\n")
        lines = [line for line in server.lines if "no listener is on" in line]
        assert len(lines) == 1 and f"127.0.0.1:{other.getsockname()[1]} (other)" in lines[0]


def test_a_listener_that_was_not_handed_over_is_opened_and_said(activated, curl):
    with listening() as handed:
        with listening() as free:
            port = free.getsockname()[1]
        address = handed.getsockname()
        server = activated("--listen", f"http://127.0.0.1:{address[1]}", "--listen", f"https://127.0.0.1:{port}",
                           sockets=[("web", handed)])  # fmt: skip
        assert f"https://127.0.0.1:{port} was not handed over: it is opened here" in server.output()
        assert get(address).endswith(b"hello, world\n")
        assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_a_dual_socket_is_for_every_address(activated):
    """ListenStream=443 of a unit is one socket for both kinds of addresses."""
    try:
        handed = listening("::")
    except OSError:
        pytest.skip("no IPv6 here")
    with handed:
        port = handed.getsockname()[1]
        server = activated("--listen", f"http://*:{port}", sockets=[("web", handed)])
        assert "handed over" not in server.output()
        assert get(("127.0.0.1", port)).endswith(b"hello, world\n") and get(("::1", port)).endswith(b"hello, world\n")


def test_a_name_that_was_not_handed_over_is_one_line(root):
    done = subprocess.run([PROGRAM, "serve", str(root), "--listen", "http://@web"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "weft: no socket named web was handed over: its unit needs FileDescriptorName=web\n"


# Units

SERVICE = TOP / "share/systemd/weft.service.in"


@needs("systemd-analyze")
def test_the_service_is_hardened(tmp_path):
    unit = tmp_path / "weft.service"
    unit.write_text(SERVICE.read_text().replace("@CMAKE_INSTALL_FULL_BINDIR@", "/usr/bin"))
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager", str(unit)],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout[-500:] + done.stderr


@needs("setpriv")
@pytest.mark.skipif(os.geteuid() != 0, reason="the unit starts as root")
def test_the_rights_of_the_service_are_enough(serve, open_root):
    """As root with the unit's capabilities and no others: to start, to reload, to end a worker that is another user."""
    kept = re.search(r"^CapabilityBoundingSet=(.*)$", SERVICE.read_text(), re.M)[1].split()
    bounds = "-all," + ",".join("+" + name.removeprefix("CAP_").lower() for name in kept)
    server = serve(open_root, "--user", "65534:65534", "--sandbox", "require",
                   wrapper=("setpriv", "--bounding-set", bounds, "--no-new-privs"))  # fmt: skip
    assert ask(server, "/hello.txt")[0] == 200
    status = pathlib.Path(f"/proc/{server.worker}/status").read_text()
    assert re.search(r"^Uid:\s+65534\s+65534\s+65534\s+65534$", status, re.M)
    assert re.search(r"^CapEff:\s+0+$", status, re.M)
    first = server.worker
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 5
    while server.worker == first or os.path.exists(f"/proc/{first}"):
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.02)
    assert ask(server, "/hello.txt")[0] == 200
    assert server.stop() == 0
