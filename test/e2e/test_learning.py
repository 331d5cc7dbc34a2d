"""What a server learns of its pages from how they are loaded (--learn), and what it does not let itself be taught."""

import http.client
import json
import subprocess
import time

import pytest
from conftest import PROGRAM, cases
from metrics_client import ask_path

FRESH = ("--header", "cache-control: max-age=600")
BROWSER = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none"}
QUORUM = 3
PAGE = "/docs/"
NEEDED = {"/docs/a.css": "style", "/docs/a.js": "script", "/docs/p.png": "image"}
LEARNED = ("</docs/a.css>; rel=preload; as=style, </docs/a.js>; rel=preload; as=script, "
           "</docs/p.png>; rel=preload; as=image; fetchpriority=high")  # fmt: skip


@pytest.fixture
def site(root):
    for path in (*NEEDED, "/docs/junk.css"):
        (root / path[1:]).write_bytes(b"x" * 100)
    return root


@pytest.fixture
def learn(serve, site, tmp_path):
    (tmp_path / "state").mkdir(exist_ok=True)

    def start(*more):
        file = tmp_path / "state" / "learned.yaml"
        server = serve(site, *FRESH, "--learn", "--learned", str(file), "--learn-interval", "100ms",
                       "--learn-quorum", str(QUORUM), *more)  # fmt: skip
        server.learned = file
        return server

    return start


class Visitor:
    """A browser of a network of its own, by its address."""

    def __init__(self, server, network, host=1):
        self.port = server.http
        self.connection = http.client.HTTPConnection("127.0.0.1", server.http, 10, (f"127.0.{network}.{host}", 0))

    def get(self, path, fields):
        self.connection.request("GET", path, headers=fields)
        answer = self.connection.getresponse()
        answer.read()
        return answer

    def load(self, page=PAGE, needs=NEEDED, more=()):
        """Loads a page and what it needs; returns what the page's Link field says."""
        link = self.get(page, {**BROWSER, **dict(more)}).getheader("link")
        for path, kind in needs.items():
            referer = f"http://127.0.0.1:{self.port}{page}"
            self.get(path, {"referer": referer, "sec-fetch-dest": kind, "sec-fetch-mode": "no-cors", "sec-fetch-site": "same-origin"})
        return link

    def close(self):
        self.connection.close()


def load(server, network, *arguments, host=1, **options):
    visitor = Visitor(server, network, host)
    try:
        return visitor.load(*arguments, **options)
    finally:
        visitor.close()


def has_learned(server, text, timeout=5.0):
    """Waits until the file says so."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if server.learned.exists() and text in server.learned.read_text():
            return True
        time.sleep(0.02)
    return False


def told(server, network=99):
    """What a page's Link field says; of eight views one is told nothing, so two are asked."""
    return load(server, network, needs={}) or load(server, network, needs={})


def is_told(server, link, timeout=10.0):
    """Waits until a page's Link field says it: what is taught is told after the next lesson."""
    end = time.monotonic() + timeout
    while told(server) != link:
        assert time.monotonic() < end, told(server)
        time.sleep(0.02)
    return True


def teach(server, count=QUORUM, **options):
    for network in range(1, count + 1):
        load(server, network, **options)


def test_what_pages_need_is_learned_told_and_kept_over_a_restart(learn):
    server = learn()
    assert told(server) is None
    teach(server)
    assert has_learned(server, "/docs/p.png")
    assert told(server) == LEARNED
    server.stop()
    assert told(learn()) == LEARNED


def test_one_network_alone_teaches_nothing(learn):
    server = learn()
    junk = {"/docs/junk.css": "style"}
    for host in range(1, 30):
        load(server, 1, host=host, needs=junk)
    teach(server, QUORUM + 1)  # the first of them has had its say
    assert has_learned(server, "/docs/p.png")
    assert told(server) == LEARNED


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"needs": {"/docs/gone.css": "style"}}, id="not there"),
        pytest.param({"needs": {"/docs/a.css?mine": "style"}}, id="query"),
        pytest.param({"page": "/docs/?mine"}, id="page with a query"),
        pytest.param({"more": {"authorization": "Basic eDp5"}.items()}, id="own page"),
        pytest.param({"more": {"sec-fetch-site": "same-origin"}.items()}, id="holds the site's files"),
        pytest.param({"more": {"sec-fetch-dest": "iframe"}.items()}, id="frame"),
    ],
)
def test_what_is_nobody_elses_business_is_not_learned(learn, lie):
    server = learn()
    teach(server, 8, **lie)
    teach(server, page="/", needs={"/docs/junk.css": "style"})
    assert has_learned(server, "/docs/junk.css")
    assert told(server) is None
    text = server.learned.read_text()
    assert "mine" not in text and "gone" not in text


def test_what_is_gone_is_forgotten(learn, site):
    server = learn()
    teach(server)
    assert has_learned(server, "/docs/p.png")
    (site / "docs/p.png").unlink()
    time.sleep(1.1)  # the cache looks at files once a second
    load(server, 20)
    load(server, 21)
    end = time.monotonic() + 5
    while "/docs/p.png" in server.learned.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    assert "/docs/p.png" not in server.learned.read_text()
    assert told(server) == LEARNED.rsplit(",", 1)[0]


def test_the_report_says_what_came_of_it(learn):
    server = learn()
    teach(server)
    assert has_learned(server, "/docs/p.png")
    for network in range(10, 15):
        load(server, network)
    assert has_learned(server, "asked: ")
    server.stop()
    done = subprocess.run([PROGRAM, "manifest", "report", server.learned], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["as", "mode", "bytes", "needed", "hinted", "asked", "pushed", "given", "up", "wasted"]
    assert lines[1] == "/docs/"
    row = lines[2].split()
    assert row[:5] == ["/docs/a.css", "style", "both", "100", "100%"] and int(row[5]) >= 4 and row[6] == row[5], lines
    assert lines[-1] == "1 page, 0 bytes wasted"


def test_a_learned_file_that_is_wrong_is_refused(serve, site, tmp_path):
    file = tmp_path / "learned.yaml"
    file.write_text("pages:\n  /: [{path: /a.css, seen: few}]\n")
    done = subprocess.run([PROGRAM, "serve", site, "--learn", "--learned", file], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and f"{file}:2:28: expected a number" in done.stderr, done.stderr


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two pages, mounted where the learned file is."""
    folder = tmp_path / "state"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "weft-test", folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def lines_of(path, count=1, timeout=10.0):
    """The lines of a log, once there are so many."""
    end = time.monotonic() + timeout
    while len(found := path.read_text().splitlines() if path.exists() else []) < count:
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


OLD = "pages:\n  /: [{path: /docs/junk.css, seen: 9, of: 9}]\n"


def fill(folder):
    (folder / "filler").write_bytes(bytes(4096))


def forbid(folder):
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)


def allow(folder):
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True)


def empty(folder):
    (folder / "filler").unlink()


@pytest.mark.parametrize(
    "hinder, why, help",
    cases(
        ("full", fill, "No space left on device", empty),
        ("read-only", forbid, "Read-only file system", allow),
    ),
)
def test_a_disk_that_takes_nothing_is_told_and_harms_neither_the_file_nor_who_is_served(small_disk, learn, tmp_path, hinder, why, help):
    file, log = small_disk / "learned.yaml", tmp_path / "errors"
    file.write_text(OLD)
    server = learn("--error-log", str(log))
    hinder(small_disk)
    teach(server)
    (line,) = lines_of(log)
    assert line.endswith(f" error: what was learned cannot be written; it is tried again: {file}: {why}")
    assert is_told(server, LEARNED)  # it serves, and tells what it has learned
    assert file.read_text() == OLD and sorted(path.name for path in small_disk.iterdir() if path != file) in ([], ["filler"])
    help(small_disk)
    assert has_learned(server, "/docs/p.png")  # without anybody coming
    assert len(lines_of(log)) == 1
    assert [path.name for path in small_disk.iterdir()] == ["learned.yaml"]


def test_a_folder_that_is_gone_is_told_and_the_server_goes_on(learn, tmp_path):
    log = tmp_path / "errors"
    server = learn("--error-log", str(log))
    server.learned.parent.rmdir()
    teach(server)
    (line,) = lines_of(log)
    assert line.endswith(f"{server.learned}: No such file or directory")
    assert is_told(server, LEARNED)
    server.stop()
    assert len(lines_of(log)) == 1


def test_whoever_runs_the_server_sees_what_came_of_it(learn):
    server = learn("--metrics", "http://127.0.0.1:0")
    teach(server)
    assert has_learned(server, "/docs/p.png")
    load(server, 20)
    assert has_learned(server, "asked: 1")
    status, text = ask_path(server, "/delivery")
    told = json.loads(text)
    assert status == 200
    assert told["lost_notes"] == 0
    (row, *_) = told["sites"][0]["pages"]["/docs/"]
    assert row["path"] == "/docs/a.css" and row["seen"] == row["of"] == QUORUM
    assert row["hinted"] == row["asked"] == 1 and row["wasted"] == 0
