"""The walls around the running worker. What they keep from whom is tried from inside by app/process/confine_test.c."""

import ctypes
import ctypes.util
import errno
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest
from conftest import PROGRAM, cases, is_sanitized
from h1_client import ask
from puppet import Puppet, can_be_used

SECCOMP = ctypes.util.find_library("seccomp")
LANDLOCK_CREATE_RULESET, SECCOMP_CALL = 444, 317  # the second on x86-64
ERRNO_ENOSYS, ALLOW = 0x00050000 | 38, 0x7FFF0000
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def has_landlock():
    return ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1) > 0


needs_landlock = pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")


def status(pid):
    """The lines of /proc/PID/status, by name."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def the_status(server):
    found = [status(pid) for pid in server.workers()]
    assert found
    return found[0]


def without(*calls):
    """For preexec_fn: these system calls are not there, as on an older kernel."""
    library = ctypes.CDLL(SECCOMP)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_load.argtypes = [ctypes.c_void_p]

    def install():
        context = library.seccomp_init(ALLOW)
        for call in calls:
            added = library.seccomp_rule_add(ctypes.c_void_p(context), ctypes.c_uint32(ERRNO_ENOSYS), call, 0)
            assert added == 0
        assert library.seccomp_load(context) == 0

    return install


def fails(*arguments, preexec=None):
    """Runs weft serve, which has to end with one line; returns its status and the line."""
    done = subprocess.run([PROGRAM, "serve", *map(str, arguments), "--listen", "http://127.0.0.1:0"],
                          capture_output=True, text=True, timeout=20, preexec_fn=preexec)  # fmt: skip
    assert done.stdout == "" and done.stderr.count("\n") == 1, done
    return done.returncode, done.stderr


def test_the_worker_is_confined_without_being_asked(serve, root):
    server = serve(root, "--threads", "2")
    assert ask(server, "/hello.txt")[0] == 200
    seen = the_status(server)
    assert seen["Seccomp"] == ["2"]
    assert seen["NoNewPrivs"] == ["1"]
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if name != "CapBnd" or os.geteuid() == 0:  # others could not take theirs away, nor use it
            assert int(seen[name][0], 16) == 0, name
    threads = [int(task.name) for pid in server.workers() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    assert len(threads) >= 3
    assert all(status(thread)["Seccomp"] == ["2"] for thread in threads)


def test_the_walls_are_left_out_where_that_is_asked_for(serve, root):
    seen = the_status(serve(root, "--sandbox", "off"))
    assert seen["Seccomp"] == ["0"]
    assert seen["NoNewPrivs"] == ["1"] and int(seen["CapEff"][0], 16) == 0


@needs_root
@pytest.mark.parametrize("user, ids", cases(("number", "65534:65534", "65534"), ("root", "root", "0")))
def test_root_serves_as_the_user_that_is_named(serve, open_root, user, ids):
    server = serve(open_root, "--user", user)
    assert ask(server, "/hello.txt")[2] == b"hello, world\n"
    seen = the_status(server)
    assert seen["Uid"] == [ids] * 4 and seen["Gid"] == [ids] * 4
    assert int(seen["CapEff"][0], 16) == 0
    assert "Permission" not in server.output()


@needs_root
def test_root_serves_as_the_usual_user_where_that_can_read_the_site(serve, open_root):
    server = serve(open_root)
    assert ask(server, "/hello.txt")[2] == b"hello, world\n"
    assert "0" not in the_status(server)["Uid"]
    assert "stays root" not in server.output()


@needs_root
def test_root_that_alone_can_read_the_site_serves_without_its_rights(serve, open_root):
    open_root.chmod(0o700)
    server = serve(open_root)
    assert ask(server, "/hello.txt")[2] == b"hello, world\n"
    assert the_status(server)["Uid"] == ["0"] * 4
    lines = [line for line in server.lines if "stays root" in line]
    assert len(lines) == 1 and str(open_root) in lines[0] and "--user" in lines[0]


@needs_root
def test_a_site_that_the_named_user_cannot_read_is_one_line(open_root):
    open_root.chmod(0o700)
    code, line = fails(open_root, "--user", "65534:65534")
    assert code == 1
    assert re.match(r"weft: \S+ cannot read the folder '.*': Permission denied; 'namei -l'", line), line


@needs_root
def test_the_key_is_read_before_root_is_left(serve, open_root, certificate, curl):
    assert os.stat(certificate.key).st_mode & 0o077 == 0
    server = serve(open_root, "--user", "65534:65534")
    assert curl(server.url("/hello.txt")) == "hello, world\n"


@needs_root
def test_a_log_that_the_user_could_not_make_anew_is_said(serve, open_root, tmp_path):
    folder = tmp_path / "log"
    folder.mkdir(mode=0o755)
    server = serve(open_root, "--user", "65534:65534", "--access-log", str(folder / "access"))
    assert any(f" cannot make the access log '{folder}/access' anew" in line for line in server.lines)
    assert ask(server, "/hello.txt")[0] == 200


def test_a_log_is_rotated_within_the_walls(serve, root, tmp_path):
    log = tmp_path / "log" / "access"
    log.parent.mkdir(mode=0o777)
    server = serve(root, "--sandbox", "on", "--access-log", str(log))
    assert ask(server, "/hello.txt")[0] == 200
    log.rename(log.with_suffix(".1"))
    server.process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + 5
    while not log.exists():
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.01)
    assert ask(server, "/alphabet.txt")[0] == 200
    assert server.stop() == 0
    assert "alphabet" in log.read_text() and "hello" in log.with_suffix(".1").read_text()


def test_no_link_leads_to_what_is_not_served(serve, root):
    (root / "shadow").symlink_to("/etc/shadow")
    (root / "up").symlink_to("../../../../../../../../etc")
    (root / "proc").symlink_to("/proc/self/root")
    server = serve(root)
    for path in ("/shadow", "/up/shadow", "/up/passwd", "/proc/etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"):
        code, _, body = ask(server, path)[:3]
        assert code in (400, 404) and b"root:" not in body, path


OPEN, SOCKET, CONNECT, CLONE, EXECVE, PTRACE, SETUID, OPENAT, PROCESS_VM_READV = 2, 41, 42, 56, 59, 101, 105, 257, 310
AT_FDCWD = -100
needs_puppet = pytest.mark.skipif(not can_be_used(), reason="only root may make another process do something, on x86-64")


@needs_puppet
@needs_landlock
def test_a_worker_that_was_taken_over_reaches_nothing(serve, root):
    """The running program's own walls, tried from inside of it."""
    server = serve(root, "--user", "root")
    with Puppet(server.worker) as worker:
        assert worker.call(OPENAT, AT_FDCWD, b"/etc/shadow", os.O_RDONLY) == -errno.EACCES
        assert worker.call(OPEN, b"/etc/passwd", os.O_RDONLY) == -errno.EACCES
        assert worker.call(OPENAT, AT_FDCWD, bytes(root.parent / "new"), os.O_WRONLY | os.O_CREAT, 0o600) == -errno.EACCES
        page = worker.call(OPENAT, AT_FDCWD, bytes(root / "index.html"), os.O_RDONLY)
        assert page >= 0, "what it serves is open to it"
        assert worker.call(OPENAT, AT_FDCWD, bytes(root / "index.html"), os.O_WRONLY) == -errno.EACCES
        assert worker.call(SOCKET, 2, 1, 0) == -errno.EACCES
        assert worker.call(CONNECT, page, 0, 0) == -errno.EACCES
        assert worker.call(SETUID, 0) == -errno.ENOSYS
    assert ask(server, "/hello.txt")[2] == b"hello, world\n"


@needs_puppet
@pytest.mark.parametrize("number, arguments", cases(
    ("execve", EXECVE, (b"/bin/sh", 0, 0)),
    ("process_vm_readv", PROCESS_VM_READV, (1, 0, 0, 0, 0, 0)),
    ("clone of a process", CLONE, (signal.SIGCHLD, 0, 0, 0, 0)),
    ("ptrace", PTRACE, (16, 1, 0, 0)),
))  # fmt: skip
def test_a_worker_that_is_told_to_leave_its_walls_is_ended_and_replaced(serve, root, number, arguments):
    if is_sanitized() and number in (CLONE, PTRACE):
        pytest.skip("the sanitizer's own calls are let through")
    server = serve(root)
    first = server.worker
    with Puppet(first) as worker:
        assert worker.call(number, *arguments) is None, "it goes on"
    deadline = time.monotonic() + 5
    while server.worker in (first, server.process.pid):
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.02)
    assert ask(server, "/hello.txt")[2] == b"hello, world\n"
    lines = [line for line in server.lines if f"worker {first}" in line]
    assert len(lines) == 1 and "was ended by its sandbox (SIGSYS" in lines[0], server.output()


@needs_landlock
def test_all_that_can_be_required_is(serve, root):
    server = serve(root, "--sandbox", "require")
    assert ask(server, "/hello.txt")[0] == 200
    assert "Landlock" not in server.output()


KERNELS = cases(
    ("landlock", "Landlock", LANDLOCK_CREATE_RULESET),
    ("seccomp", "seccomp filters", SECCOMP_CALL),
)


@pytest.mark.skipif(not SECCOMP or os.uname().machine != "x86_64", reason="takes the call away by its number")
@pytest.mark.parametrize("name, call", KERNELS)
def test_what_a_kernel_lacks_is_said_and_may_be_required(serve, root, name, call):
    server = serve(root, preexec=without(call))
    assert ask(server, "/hello.txt")[2] == b"hello, world\n"
    lines = [line for line in server.lines if "this kernel has no" in line]
    assert len(lines) == 1 and name in lines[0], server.output()
    code, line = fails(root, "--sandbox", "require", *user_who_can_read(), preexec=without(call))
    assert code == 1 and f"--sandbox require: this kernel has no {name}" in line


def user_who_can_read():
    """So that no line is said of who serves."""
    return ["--user", "root"] if os.geteuid() == 0 else []


@pytest.mark.parametrize("option, value, expected", cases(
    ("sandbox", "--sandbox", "maybe", "expected on, off or require"),
    ("user", "--user", "", "expected NAME or NAME:GROUP"),
))  # fmt: skip
def test_wrong_words_are_wrong_usage(root, option, value, expected):
    code, line = fails(root, option, value)
    assert code == 2 and expected in line


def test_an_unknown_user_is_one_line(root):
    code, line = fails(root, "--user", "no-such-user")
    assert code == 1 and "there is no user no-such-user" in line


@pytest.mark.skipif(is_sanitized(), reason="the sanitizer's own calls are let through")
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_no_call_is_missed_while_everything_is_asked_for(serve, root, curl, tmp_path):
    """Calls that the filter does not know would come back as ENOSYS; strace sees them."""
    trace = tmp_path / "trace"
    server = serve(root, "--threads", "2")
    pid = server.workers()[0]
    tracer = subprocess.Popen(["strace", "-f", "-p", str(pid), "-o", str(trace)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 5
    while status(pid)["TracerPid"] == ["0"]:
        assert time.monotonic() < deadline and tracer.poll() is None
        time.sleep(0.02)
    for path in ("/hello.txt", "/large.bin", "/docs/", "/missing"):
        curl(server.url(path), binary=True)
        curl("--http1.1", server.url(path), binary=True)
    assert server.stop() == 0
    tracer.wait(10)
    missed = [line for line in trace.read_text().splitlines() if "ENOSYS" in line and "clone3" not in line]
    assert not missed
