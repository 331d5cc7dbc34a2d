"""A supervisor and its worker: signals, crashes, reloads without loss, and an end without anything left behind."""

import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest
from conftest import PROGRAM, Certificate, cases, said, until
from h1_client import answers, ask, receive
from h2_client import Raw, frame, head
from steady import Steady

GET = b"GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def root(tmp_path):
    """Less than others have, and so sooner there."""
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>home</title>\n")
    (folder / "hello.txt").write_text("hello, world\n")
    (folder / "large.bin").write_bytes(bytes(1_500_000))
    return folder


def reload(server, count=1):
    server.process.send_signal(signal.SIGHUP)
    said(server, "weft: reloaded: ", count)


def state(pid):
    """Of a process: R, S, T (stopped) ...; None where it is gone or only waits to be asked for."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            letter = file.read().rpartition(")")[2].split()[0]
            return None if letter in "ZX" else letter
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_there(pid):
    return state(pid) is not None


def halt(pid):
    os.kill(pid, signal.SIGSTOP)
    until(lambda: state(pid) == "T", "it does not stop")


def state_of_descriptors(pid):
    return sorted(os.readlink(f"/proc/{pid}/fd/{fd}").partition(":")[0] for fd in os.listdir(f"/proc/{pid}/fd"))


def test_the_supervisor_serves_nothing_itself(serve, root):
    """The sockets are its, the connections are the worker's."""
    server = serve(root)
    (worker,) = server.workers()
    assert worker != server.process.pid
    with server.connect() as connection:
        connection.sendall(GET)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        ours = connection.getsockname()[1]
        held = subprocess.run(["ss", "-tnpH", f"dport = :{ours}"], capture_output=True, text=True).stdout
        assert f"pid={worker}," in held and f"pid={server.process.pid}," not in held, held


def test_a_reload_changes_the_worker_and_nothing_else(serve, root):
    server = serve(root)
    (before,) = server.workers()
    ports = dict(server.ports)
    reload(server)
    until(lambda: before not in server.workers(), "the old worker stays")
    (after,) = server.workers()
    assert after != before and server.process.poll() is None
    assert re.search(rf"reloaded: worker {after} serves, worker {before} drains", server.output())
    assert ask(server, "/hello.txt")[2] == b"hello, world\n" and server.ports == ports


def test_a_reload_reads_what_has_changed(serve, root, tmp_path, certificate):
    """A new certificate is shown after it, without a restart."""
    own = tmp_path / "own"
    own.mkdir()
    mine = Certificate(own)
    server = serve(root, certificate=mine)
    with server.connect("https") as connection:
        first = connection.getpeercert(binary_form=True)
    pathlib.Path(mine.file).write_bytes(pathlib.Path(certificate.file).read_bytes())
    pathlib.Path(mine.key).write_bytes(pathlib.Path(certificate.key).read_bytes())
    reload(server)
    with server.connect("https") as connection:
        assert connection.getpeercert(binary_form=True) != first


def test_a_reload_that_fails_leaves_all_as_it_was(serve, root, tmp_path, certificate):
    own = tmp_path / "own"
    own.mkdir()
    mine = Certificate(own)
    server = serve(root, certificate=mine)
    before = server.workers()
    good = pathlib.Path(mine.file).read_bytes()
    pathlib.Path(mine.file).write_text("nonsense\n")
    server.process.send_signal(signal.SIGHUP)
    said(server, "not reloaded: ")
    (line,) = [line for line in server.lines if "not reloaded" in line]
    assert mine.file in line and f"worker {before[0]} goes on" in line, line
    until(lambda: server.workers() == before, "something is left of the new worker")
    assert ask(server, "/hello.txt")[0] == 200
    pathlib.Path(mine.file).write_bytes(good)
    reload(server)
    assert server.workers() != before


def test_a_reload_is_told_once_the_old_worker_takes_no_connections(serve, root):
    """One that does not say so is waited for, and not for ever."""
    server = serve(root)
    (before,) = server.workers()
    halt(before)
    try:
        server.process.send_signal(signal.SIGHUP)
        said(server, "weft: reloaded: ", most=30)
    finally:
        os.kill(before, signal.SIGCONT)
    lines = [line.strip() for line in server.lines if "reloaded" in line or "does not say" in line]
    assert lines[0] == f"weft: worker {before} does not say that it takes no more connections" and "reloaded" in lines[1]
    until(lambda: before not in server.workers(), "the old worker stays")
    server.process.send_signal(signal.SIGHUP)
    said(server, "weft: reloaded: ", 2)


def test_a_reload_ends_well_where_the_old_worker_is_gone_before_it_says_so(serve, root):
    server = serve(root)
    (before,) = server.workers()
    halt(before)
    server.process.send_signal(signal.SIGHUP)
    assert ask(server, "/hello.txt")[0] == 200  # by the new one
    after = server.worker
    os.kill(before, signal.SIGKILL)
    said(server, f"worker {after} serves")
    server.process.send_signal(signal.SIGHUP)
    said(server, f" serves, worker {after} drains")


def test_an_idle_connection_may_ask_once_more_while_the_old_worker_drains(serve, root):
    """RFC 9112 §9.6: the answer says that it is the last, so nothing is lost."""
    server = serve(root)
    with server.connect() as connection:
        connection.sendall(GET)
        assert b"hello, world" in connection.recv(1000)
        reload(server)
        time.sleep(0.3)
        connection.sendall(GET)
        (answer,) = answers(receive(connection))
    assert answer.status == 200 and answer.fields["connection"] == "close"


def test_who_has_connected_and_not_asked_yet_is_answered_by_the_old_worker(serve, root):
    server = serve(root)
    with server.connect() as clear, server.connect("https", ("http/1.1",)) as secure:
        until(lambda: server.workers(), "")
        reload(server)
        time.sleep(0.2)
        for connection in (clear, secure):
            connection.sendall(GET)
            (answer,) = answers(receive(connection))
            assert answer.status == 200 and answer.fields["connection"] == "close"


def test_http2_is_told_twice_and_takes_what_is_under_way(serve, root):
    """RFC 9113 §6.8"""
    server = serve(root)
    with Raw(server) as raw:
        raw.send(frame(4, 1, 0) + head(1))
        assert raw.until(0, 1)
        reload(server)
        assert raw.until(7, 0)[3][:4] == b"\x7f\xff\xff\xff"
        raw.send(head(3))
        assert raw.until(0, 3)
        assert raw.until(7, 0)[3][:4] == b"\0\0\0\3"


def test_an_answer_on_its_way_is_completed_by_the_old_worker(serve, root):
    (root / "huge.bin").write_bytes(bytes(12_000_000))
    server = serve(root)
    with server.connect() as connection:
        connection.sendall(b"GET /huge.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        raw = connection.recv(1000)
        reload(server)
        assert len(server.workers()) == 2
        raw += receive(connection)
    assert len(answers(raw)[0].body) == 12_000_000
    until(lambda: len(server.workers()) == 1, "the old worker stays")


def test_old_workers_do_not_outlast_the_drain(serve, root):
    server = serve(root, "--drain-timeout", "500ms")
    (before,) = server.workers()
    with Raw(server, settings=b"\0\x04\0\0\0\0") as raw:  # an answer that cannot end
        raw.send(frame(4, 1, 0) + head(1))
        raw.until(1, 1)
        reload(server)
        until(lambda: not is_there(before), "it outlasts its drain", 3)


def test_a_worker_that_does_not_obey_is_killed_in_time(serve, root):
    """SIGTERM has to come to an end, whatever the worker does."""
    server = serve(root, "--drain-timeout", "300ms")
    halt(server.worker)
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 4
    assert "did not end in time and was killed" in server.output()


def test_many_reloads_leave_nothing_behind(serve, root):
    server = serve(root, "--limit", "drain_ms=10")
    reload(server)
    until(lambda: len(server.workers()) == 1, "the old worker stays")
    before = state_of_descriptors(server.process.pid), state_of_descriptors(server.worker)
    for i in range(20):
        reload(server, i + 2)
        if i % 5 == 0:
            assert ask(server, "/hello.txt")[0] == 200
    until(lambda: len(server.workers()) == 1, "old workers stay")
    assert (state_of_descriptors(server.process.pid), state_of_descriptors(server.worker)) == before


def test_reloads_in_a_row_come_down_to_the_last(serve, root):
    """A signal that comes while a worker starts is not forgotten."""
    server = serve(root)
    for i in range(1, 3):
        for _ in range(5):
            server.process.send_signal(signal.SIGHUP)
        said(server, "weft: reloaded: ", i)
    until(lambda: len(server.workers()) == 1, "old workers stay")
    assert ask(server, "/hello.txt")[0] == 200


@pytest.fixture
def upgradable(serve, root, tmp_path, request):
    """A server whose program can be replaced; a parameter is its drain_ms."""
    program = tmp_path / "weft"
    shutil.copy(PROGRAM, program)
    return serve(root, "--limit", f"drain_ms={getattr(request, 'param', 100)}", program=program), program


def replace(program, made):
    """Puts another file in the place of the program, as package managers do: by a rename."""
    other = program.with_name("weft.new")
    made(other)
    if other.exists():
        other.chmod(0o755)
        other.rename(program)
    else:
        program.unlink()


def test_an_upgrade_takes_the_supervisors_place(upgradable):
    """The process stays: a service manager sees nothing of it."""
    server, program = upgradable
    (before,) = server.workers()
    with Raw(server) as raw:
        raw.send(frame(4, 1, 0) + head(1))
        assert raw.until(0, 1)
        for i in range(1, 3):
            replace(program, lambda path: shutil.copy(PROGRAM, path))
            server.process.send_signal(signal.SIGUSR2)
            said(server, "weft: upgraded to weft ", i)
        assert raw.until(7, 0), "no GOAWAY"
    assert server.process.poll() is None
    until(lambda: len(server.workers()) == 1, "the old worker stays")
    (after,) = server.workers()
    for pid in (server.process.pid, after):
        assert os.readlink(f"/proc/{pid}/exe") == str(program), "it still runs the old file"
    assert after != before and ask(server, "/hello.txt")[0] == 200
    reload(server)
    end_worker(server, signal.SIGKILL)
    assert ask(server, "/hello.txt")[0] == 200


def test_upgrades_leave_nothing_behind(upgradable):
    server, program = upgradable
    before = state_of_descriptors(server.process.pid), state_of_descriptors(server.worker)
    for i in range(3):
        server.process.send_signal(signal.SIGUSR2)
        said(server, "weft: upgraded to weft ", i + 1)
    until(lambda: len(server.workers()) == 1, "old workers stay")
    assert (state_of_descriptors(server.process.pid), state_of_descriptors(server.worker)) == before


@pytest.mark.parametrize("made, words", cases(
    ("that is not there", lambda path: None, "No such file"),
    ("that is no program", lambda path: path.write_text("nonsense\n"), "Exec format error"),
    ("that is another one", lambda path: shutil.copy("/bin/true", path), "ended with status 0 before it was ready"),
    ("that crashes", lambda path: path.write_text("#!/bin/sh\nkill -SEGV $$\n"), "was ended by SIGSEGV before it was ready"),
))  # fmt: skip
def test_a_program_that_is_bad_is_not_taken(upgradable, made, words):
    server, program = upgradable
    (before,) = server.workers()
    replace(program, made)
    server.process.send_signal(signal.SIGUSR2)
    said(server, "not upgraded: ")
    until(lambda: server.lines[-1].endswith("\n"), "")
    assert words in server.lines[-1] and f"worker {before} goes on" in server.lines[-1], server.lines
    until(lambda: server.workers() == [before], "something is left of it")
    assert ask(server, "/hello.txt")[0] == 200
    reload(server)  # with the program that runs, whose file is gone
    assert ask(server, "/hello.txt")[0] == 200


def end_worker(server, how):
    worker = server.worker
    os.kill(worker, how)
    until(lambda: not is_there(worker), "it lives on")
    return worker


def test_a_crashed_worker_is_replaced_at_once_and_then_after_a_while(serve, root):
    server = serve(root)
    first = end_worker(server, signal.SIGKILL)
    assert ask(server, "/hello.txt")[2] == b"hello, world\n"  # it waits in the socket until a worker takes it
    said(server, f"worker {first} was ended by SIGKILL; another one starts\n")
    second = end_worker(server, signal.SIGKILL)
    started = time.monotonic()
    assert ask(server, "/hello.txt")[2] == b"hello, world\n"
    assert 0.5 < time.monotonic() - started < 5
    said(server, f"worker {second} was ended by SIGKILL; another one starts in 1 s\n")


def test_a_segmentation_fault_is_named(serve, root):
    server = serve(root)
    worker = end_worker(server, signal.SIGSEGV)
    said(server, f"worker {worker} ")
    line = next(line for line in server.lines if f"worker {worker} " in line)
    assert "was ended by SIGSEGV" in line or "ended with status 1" in line, line  # a sanitizer takes the signal
    assert ask(server, "/hello.txt")[0] == 200
    server.lines[:] = [line for line in server.lines if "Sanitizer" not in line]  # its report is what was asked for


def test_a_worker_that_ends_by_a_signal_of_its_own_is_replaced(serve, root):
    """SIGTERM to the worker alone drains it; the service goes on."""
    server = serve(root)
    worker = end_worker(server, signal.SIGTERM)
    said(server, f"worker {worker} ended with status 0; another one starts")
    assert ask(server, "/hello.txt")[0] == 200


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGUSR2])
def test_signals_for_the_supervisor_do_not_end_a_worker(serve, root, how):
    """A terminal and `pkill weft` reach all processes."""
    server = serve(root)
    before = server.workers()
    os.kill(server.worker, how)
    time.sleep(0.2)
    assert server.workers() == before and ask(server, "/hello.txt")[0] == 200


def test_without_a_supervisor_the_worker_ends(serve, root):
    server = serve(root)
    worker = server.worker
    with server.connect() as connection:
        connection.sendall(GET[:10])
        server.process.kill()
        server.process.wait()
        connection.sendall(GET[10:])  # what has begun is still answered
        assert answers(receive(connection))[0].status == 200
    until(lambda: not is_there(worker), "the worker outlives its supervisor")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.http)) != 0


def test_who_waits_in_the_socket_is_still_let_in_at_the_end(serve, root):
    server = serve(root)
    halt(server.worker)  # so that nobody accepts
    waiting = [server.connect() for _ in range(5)]
    for connection in waiting:
        connection.sendall(GET)
    server.process.terminate()
    time.sleep(0.2)
    os.kill(server.worker, signal.SIGCONT)
    for connection in waiting:
        (answer,) = answers(receive(connection))
        assert answer.status == 200  # some before it hears of the end, without a word of it
        connection.close()
    assert server.stop() == 0


def test_content_that_nobody_wants_is_not_waited_for_at_the_end(serve, root):
    """A stalled upload over HTTP/1: it has its answer, and SIGTERM its end."""
    server = serve(root)
    with server.connect() as connection:
        connection.sendall(b"POST /hello.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf")
        time.sleep(0.2)
        started = time.monotonic()
        server.process.terminate()
        (answer,) = answers(receive(connection))
        assert answer.status == 405 and answer.fields["connection"] == "close"
    assert server.process.wait(10) == 0
    assert time.monotonic() - started < 5


def test_signals_of_a_terminal_reach_all_and_end_once(serve, root):
    """Ctrl-C: the supervisor's and the worker's are one and the same."""
    server = serve(root, preexec=os.setsid)
    with server.connect() as connection:
        connection.sendall(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        raw = connection.recv(1000)
        os.killpg(server.process.pid, signal.SIGINT)
        raw += receive(connection)
    assert answers(raw)[0].fields["content-length"] == str(len(answers(raw)[0].body))
    assert server.process.wait(10) == 0


def test_a_terminal_that_hangs_up_ends_it(root):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(PROGRAM, [str(PROGRAM), "serve", str(root), "--listen", "http://127.0.0.1:0", "--threads", "1", "--no-access-log"])
    text = b""
    while b"Ctrl-C" not in text:
        text += os.read(terminal, 1000)
    os.close(terminal)
    deadline = time.monotonic() + 10
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        assert time.monotonic() < deadline or os.kill(pid, signal.SIGKILL), "it serves on without its terminal"
        time.sleep(0.02)


def test_a_single_process_serves_without_a_supervisor(serve, root):
    server = serve(root, "--single-process")
    assert server.workers() == [server.process.pid]
    assert ask(server, "/hello.txt")[0] == 200
    assert server.stop() == 0


def test_tickets_are_good_across_reloads(serve, root):
    """RFC 8446 §2.2: a session is resumed by a worker that has not made its ticket."""
    server = serve(root)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def connect(session):
        with context.wrap_socket(socket.create_connection(("127.0.0.1", server.https), 5),
                                 server_hostname="localhost", session=session) as secure:  # fmt: skip
            secure.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            receive(secure)
            return secure.session_reused, secure.session

    _, session = connect(None)
    reload(server)
    until(lambda: len(server.workers()) == 1, "the old worker stays")
    assert connect(session)[0], "the ticket was worth nothing"


@pytest.mark.parametrize("upgradable", [10_000], indirect=True, ids=["patient"])
def test_under_load_reloads_and_an_upgrade_lose_nothing(upgradable):
    """The short form of bench/reload: every answer comes, and no connection ends without a word. A drain that is over
    loses what is in flight, as it should, so here it lasts."""
    server, program = upgradable
    with Steady(server.ports, clients=1) as load:
        for i in range(4):
            until(lambda i=i: load.have("joined", i + 1), "not every connection is answered", 30)
            if i < 3:
                reload(server, i + 1)
            else:
                replace(program, lambda path: shutil.copy(PROGRAM, path))
                server.process.send_signal(signal.SIGUSR2)
                said(server, "weft: upgraded to weft ")
            until(lambda i=i: load.have("told", i + 1), "the connections that stay have to be told", 30)
    assert load.total("lost") == 0, load.reasons()
    assert load.total("told") >= 4 * 6
    assert all(tally["requests"] > 3 for tally in load.results.values()), load.results


def test_the_load_would_see_a_loss(serve, root):
    """A crash loses what is in flight: clients who do not notice prove nothing above."""
    server = serve(root)
    with Steady(server.ports, clients=1) as load:
        time.sleep(0.3)
        end_worker(server, signal.SIGKILL)
        time.sleep(0.5)
    assert load.total("lost") > 0 and load.reasons()
