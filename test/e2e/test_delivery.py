"""Manifests, 103 Early Hints (RFC 8297), Link fields (RFC 8288) and server push (RFC 9113 §8.4)."""

import json
import shutil
import signal
import subprocess
import time

import h2.events
import h2.settings
import pytest
from chromium import TrustingBrowser
from conftest import PROGRAM, cases, needs, said
from h2_client import CANCEL, Client
from metrics_client import Watch

FRESH = ("--header", "cache-control: max-age=600")
BIG = 240_000  # bytes: more than a window
LARGE_PAGE = 30_000  # bytes: more than a first flight
MANIFEST = """\
pages:
  /:
    - /a.css
    - path: /text.woff2
      type: font/woff2
      mode: hint
    - {path: /big.png, mode: push}
    - preconnect: https://api.example.com
  /large.html:
    - /a.css
    - /gone.css
  /pictures.html:
    - /a.css
    - {path: /big.png, mode: hint}
"""
LINK = (
    '</a.css>; rel=preload; as=style, </text.woff2>; rel=preload; as=font; crossorigin; type="font/woff2", '
    "<https://api.example.com>; rel=preconnect"
)
NAVIGATION = (("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"))


@pytest.fixture
def site(root, tmp_path):
    (root / "a.css").write_text("p { color: green }\n" * 20)
    (root / "b.css").write_text("p { color: blue }\n")
    (root / "text.woff2").write_bytes(b"font")
    (root / "big.png").write_bytes(b"png" * (BIG // 3))
    (root / "page.html").write_text("<!doctype html><title>page</title>")
    (root / "pictures.html").write_text("<!doctype html><title>pictures</title>")
    (root / "large.html").write_text("<!doctype html><title>large</title>".ljust(LARGE_PAGE))
    (tmp_path / "site.yaml").write_text(MANIFEST)
    return root


@pytest.fixture
def deliver(serve, site, tmp_path):
    def start(*arguments):
        return serve(site, "--manifest", str(tmp_path / "site.yaml"), *arguments)

    return start


class PushClient(Client):
    """A client that takes pushes. `promises` has the path of each promised stream, `seen` the order of events."""

    def __init__(self, server, scheme="http", push=1):
        self.promises, self.seen, self.hints = {}, [], []
        super().__init__(server, scheme, push=push)

    def take(self, event):
        self.seen.append(event)
        match event:
            case h2.events.PushedStreamReceived():
                self.promises[event.pushed_stream_id] = dict(event.headers)[":path"]
                self.bodies[event.pushed_stream_id] = b""
            case h2.events.InformationalResponseReceived():
                self.hints.append(event.headers)
        super().take(event)

    def settle(self):
        """Sees to it that the server has our settings."""
        while not any(isinstance(event, h2.events.SettingsAcknowledged) for event in self.seen):
            assert self.pump()

    def load(self, path="/", fields=()):
        """Gets a page with all that is pushed with it; returns the page's stream and what was promised."""
        before = set(self.promises)
        stream = self.get(path, fields=fields)
        self.wait(stream)
        new = {key: value for key, value in self.promises.items() if key not in before}
        self.wait(*new)
        return stream, new


@pytest.fixture
def connect():
    clients = []

    def start(server, scheme="http", push=1):
        clients.append(PushClient(server, scheme, push))
        clients[-1].settle()
        return clients[-1]

    yield start
    for client in clients:
        client.socket.close()


def test_what_a_page_needs_is_promised_before_its_head(deliver, connect, site):
    client = connect(deliver())
    stream, pushed = client.load()
    assert sorted(pushed.values()) == ["/a.css", "/big.png"]  # and not what is only to be hinted
    for number, path in pushed.items():
        assert client.heads[number][":status"] == "200"
        assert client.bodies[number] == (site / path[1:]).read_bytes()
    kinds = [
        type(event)
        for event in client.seen
        if isinstance(event, (h2.events.PushedStreamReceived, h2.events.ResponseReceived))
    ]
    assert kinds == [h2.events.PushedStreamReceived] * 2 + [h2.events.ResponseReceived] * 3
    assert client.heads[stream]["link"] == LINK and not client.hints


def test_pushes_come_behind_the_page(deliver, connect):
    client = connect(deliver())
    stream, _ = client.load("/large.html")
    streams = [number for number, _ in client.order]
    last = len(streams) - 1 - streams[::-1].index(stream)
    assert all(number == stream for number in streams[: last + 1])


def test_nothing_is_pushed_twice_on_a_connection(deliver, connect):
    client = connect(deliver())
    assert len(client.load()[1]) == 2
    assert client.load()[1] == {}
    assert client.load("/large.html")[1] == {}  # /a.css is there, /gone.css is nowhere


def test_what_the_client_asked_for_itself_is_not_pushed(deliver, connect):
    client = connect(deliver())
    client.wait(client.get("/a.css"))
    assert list(client.load()[1].values()) == ["/big.png"]


def test_a_client_that_forbids_pushes_never_sees_a_promise(deliver, connect):
    client = connect(deliver(), push=0)
    client.load()
    client.load("/large.html")
    assert client.promises == {}


def test_pushes_stop_when_the_client_forbids_them_later(deliver, connect):
    client = connect(deliver())
    client.h2.update_settings({h2.settings.SettingCodes.ENABLE_PUSH: 0})
    client.seen.clear()
    client.settle()
    assert client.load()[1] == {}


def test_a_cancelled_push_ends_at_once_and_is_not_tried_again(deliver, connect):
    client = connect(deliver())
    client.holds = True
    stream = client.get("/")
    while len(client.promises) < 2:
        client.pump()
    (big,) = [number for number, path in client.promises.items() if path == "/big.png"]
    client.h2.reset_stream(big, CANCEL)
    client.flush()
    client.wait(stream)
    client.holds = False
    client.wait(client.get("/hello.txt"))  # all that was on its way is here by now
    size = len(client.bodies[big])
    assert client.load()[1] == {}
    assert len(client.bodies[big]) == size < BIG


def test_pushes_are_counted_by_what_came_of_them(deliver, connect):
    server = deliver("--metrics", "http://127.0.0.1:0")
    watch = Watch(server)
    client = connect(server)
    _, pushed = client.load()  # /a.css and /big.png
    size = sum(len(client.bodies[number]) for number in pushed)
    watch.wait('weft_pushes_total{outcome="completed"}', 2)
    assert watch.moved('weft_pushes_total{outcome="promised"}') == 2
    assert watch.moved("weft_pushed_bytes_total") == size
    assert watch.moved("weft_pushed_wasted_bytes_total") == 0

    other = connect(server)
    other.holds = True  # so that the large one cannot be whole
    stream = other.get("/")
    while len(other.promises) < 2:
        other.pump()
    (big,) = [number for number, path in other.promises.items() if path == "/big.png"]
    while not other.bodies[big]:
        other.pump()
    other.h2.reset_stream(big, CANCEL)
    other.flush()
    other.wait(stream)
    watch.wait('weft_pushes_total{outcome="cancelled"}', 1)
    watch.wait('weft_pushes_total{outcome="completed"}', 3)
    wasted = watch.moved("weft_pushed_wasted_bytes_total")
    assert len(other.bodies[big]) <= wasted < BIG
    assert watch.moved("weft_pushed_bytes_total") == size + wasted + len(other.bodies[min(set(other.promises) - {big})])


def test_a_returning_client_says_by_its_cookie_what_it_holds(deliver, connect, site):
    server = deliver()
    client = connect(server, "https")
    stream, pushed = client.load()
    assert len(pushed) == 2
    cookie = client.heads[stream]["set-cookie"]
    assert cookie.endswith("; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax") and len(cookie) < 192
    held = (("cookie", "x=y; " + cookie.split(";")[0]),)
    again = connect(server, "https")
    stream, pushed = again.load(fields=held)
    assert pushed == {} and "set-cookie" not in again.heads[stream]
    (site / "a.css").write_text("p { color: red }")  # another version: it is not held
    third = connect(server, "https")
    third.wait(third.get("/hello.txt"))
    time.sleep(1.1)  # the cache looks at files once a second
    assert list(third.load(fields=held)[1].values()) == ["/a.css"]


def test_a_cookie_that_lies_or_is_broken_harms_nobody(deliver, connect):
    server = deliver()
    for value in ("", "A" * 86, "_" * 86, "!" * 86, "A" * 4000):
        client = connect(server, "https")
        stream, pushed = client.load(fields=(("cookie", f"__Host-weft-held={value}"),))
        assert client.heads[stream][":status"] == "200"
        assert len(pushed) == 2  # one with all bits set is full, and begins anew


@pytest.mark.parametrize(
    "link, pushed",
    cases(
        ("preload", "</a.css>; rel=preload; as=style", ["/a.css"]),
        ("nopush", "</a.css>; rel=preload; as=style; nopush", []),
        ("two", "</a.css>;rel=preload, </b.css>;rel=\"next preload\"", ["/a.css", "/b.css"]),
        ("module", "</a.css>; rel=modulepreload", ["/a.css"]),
        ("other relation", "</a.css>; rel=stylesheet", []),
        ("other host", "<//evil.example/a.css>; rel=preload, <https://evil.example/a.css>; rel=preload", []),
        ("own origin", "<http://localhost/a.css>; rel=preload", ["/a.css"]),
        ("not there", "</gone.css>; rel=preload", []),
        ("hidden", "</.git/config>; rel=preload, </../etc/passwd>; rel=preload", []),
        ("broken", "</a.css; rel=preload", []),
    ),
)
def test_link_fields_of_an_answer_push_unless_they_say_nopush(serve, site, connect, link, pushed):
    client = connect(serve(site, "--header", "link: " + link))
    assert sorted(client.load("/page.html")[1].values()) == pushed
    assert client.load("/hello.txt")[1] == {}  # no page


def test_a_page_gets_only_so_many_pushes_and_none_that_are_large(serve, site, tmp_path, connect):
    paths = [f"/{number}.css" for number in range(40)]
    for path in paths:
        (site / path[1:]).write_text("p { }")
    (site / "huge.png").write_bytes(bytes(256 * 1024 + 1))
    (tmp_path / "many.yaml").write_text("pages:\n  /:\n    - /huge.png\n" + "".join(f"    - {path}\n" for path in paths))
    client = connect(serve(site, "--manifest", str(tmp_path / "many.yaml")))
    assert list(client.load()[1].values()) == paths[:32]
    assert list(client.load()[1].values()) == paths[32:]  # the rest, with the next one


def test_no_more_is_pushed_at_once_than_the_client_takes(deliver, connect):
    client = connect(deliver())
    client.h2.update_settings({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1})
    client.seen.clear()
    client.settle()
    assert list(client.load()[1].values()) == ["/a.css"]


def test_what_may_not_be_kept_is_neither_pushed_nor_hinted(deliver, connect):
    server = deliver("--header", "cache-control: no-store", "--early-hints", "always")
    client = connect(server)
    assert client.load()[1] == {}
    other = connect(server, push=0)
    other.load(fields=NAVIGATION)
    assert other.hints == []


@pytest.mark.parametrize(
    "fields, hinted",
    cases(
        ("navigation", NAVIGATION, True),
        ("mode alone", (("sec-fetch-mode", "navigate"),), True),
        ("an old browser", (("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),), True),
        ("fetch", (("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("accept", "text/html")), False),
        ("frame", (("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")), False),
        ("a tool", (("accept", "*/*"),), False),
        ("nothing said", (), False),
    ),
)
def test_hints_are_for_navigations(deliver, connect, fields, hinted):
    client = connect(deliver(*FRESH, "--early-hints", "always"), push=0)
    stream = client.get("/", fields=fields)
    client.wait(stream)
    assert client.heads[stream]["link"] == LINK
    assert client.hints == ([[(":status", "103"), ("link", LINK)]] if hinted else [])


def test_hints_carry_the_policy_and_nothing_else(deliver, connect):
    policy = "default-src 'self'"
    server = deliver(*FRESH, "--early-hints", "always", "--header", "content-security-policy: " + policy, "--header", "x-a: b")
    client = connect(server, push=0)
    client.load(fields=NAVIGATION)
    assert client.hints == [[(":status", "103"), ("link", LINK), ("content-security-policy", policy)]]


@pytest.mark.parametrize(
    "arguments, path, hinted",
    cases(
        ("nothing withheld", FRESH, "/", False),
        ("nothing withheld, large", FRESH, "/large.html", False),
        ("pictures", FRESH, "/pictures.html", True),
        ("never", (*FRESH, "--early-hints", "never"), "/pictures.html", False),
        ("fetched twice", ("--early-hints", "always"), "/pictures.html", False),
        ("not in the manifest", (*FRESH, "--early-hints", "always"), "/docs/", False),
        ("its index", (*FRESH, "--early-hints", "always"), "/index.html", True),
    ),
)
def test_hints_are_sent_where_they_win_time(deliver, connect, arguments, path, hinted):
    client = connect(deliver(*arguments), push=0)
    stream, _ = client.load(path, fields=NAVIGATION)
    assert bool(client.hints) == hinted
    assert ("link" in client.heads[stream]) == (path != "/docs/")


def test_no_hints_over_http_1_but_to_firefox_or_for_head_or_unchanged_pages(deliver, curl):
    server = deliver(*FRESH, "--early-hints", "always")
    navigation = ("-H", "sec-fetch-mode: navigate", "-H", "sec-fetch-dest: document")
    said = curl("-i", "--http1.1", *navigation, server.url("/"))
    assert " 103" not in said and f"link: {LINK}" in said
    firefox = ("-A", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    said = curl("-i", "--http1.1", *firefox, *navigation, server.url("/"))
    assert said.startswith(f"HTTP/1.1 103 Early Hints\nlink: {LINK}\n\nHTTP/1.1 200 OK\n"), said
    assert " 103" not in curl("-i", "--http1.0", *firefox, *navigation, server.url("/"))
    assert "103" not in curl("-I", *navigation, server.url("/"))
    said = curl("-i", *navigation, "-H", "if-none-match: *", server.url("/"))
    assert "HTTP/2 304" in said and "103" not in said
    said = curl("-i", *navigation, server.url("/"))
    assert said.index("HTTP/2 103") < said.index("HTTP/2 200")


@needs("nghttp")
def test_nghttp_takes_promises(deliver):
    done = subprocess.run(
        ["nghttp", "-nv", deliver().url("/")], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.count("recv PUSH_PROMISE frame") == 2, done.stdout
    assert ":path: /a.css" in done.stdout and done.stdout.count(":status: 200") == 3


@pytest.mark.parametrize(
    "text, complaint",
    cases(
        ("key", "pages:\n  /:\n    - pth: /a.css\n", ":3:7: unknown key 'pth': did you mean 'path'?"),
        ("word", "pages:\n  /:\n    - {path: /a.css, as: stlye}\n", ":3:26: unknown as 'stlye': did you mean 'style'?"),
        ("grammar", "pages:\n  /: [/a.css\n", ":3:1: did not find expected ',' or ']'"),
    ),
)
def test_a_wrong_manifest_is_refused_with_line_and_column(root, tmp_path, text, complaint):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    for command, status in ((["manifest", "check", file], 1), (["serve", root, "--manifest", file], 1)):
        done = subprocess.run([PROGRAM, *command], capture_output=True, text=True, timeout=20)
        assert done.returncode == status and f"{file}{complaint}" in done.stderr, done.stderr


def test_a_manifest_that_is_wrong_at_a_reload_leaves_the_old_one(deliver, connect, tmp_path):
    server, file = deliver(), tmp_path / "site.yaml"
    file.write_text(MANIFEST.replace("/a.css", "{path: /a.css, as: stlye}", 1))
    server.process.send_signal(signal.SIGHUP)
    said(server, f"weft: not reloaded: {file}:3:26: unknown as 'stlye': did you mean 'style'?", most=20)
    client = connect(server)
    stream, pushed = client.load()
    assert sorted(pushed.values()) == ["/a.css", "/big.png"] and client.heads[stream]["link"] == LINK
    file.write_text("pages: {/: [/b.css]}")
    server.process.send_signal(signal.SIGHUP)
    said(server, "weft: reloaded: ", most=20)
    assert list(connect(server).load()[1].values()) == ["/b.css"]


def test_check_names_what_is_not_there(site, tmp_path):
    file = tmp_path / "site.yaml"
    run = lambda *more: subprocess.run([PROGRAM, "manifest", "check", file, *more], capture_output=True, text=True)  # noqa: E731
    assert run().stdout == f"{file}: 3 pages, 8 resources: fine\n"
    done = run(site)
    assert done.returncode == 1 and done.stderr == f"{file}:11: /gone.css is not in {site}\n"


class Visitors:
    """A browser that opens a page under one name after the other: each is an origin of its own, of which nothing is kept."""

    def __init__(self, profile, certificate):
        self.browser = TrustingBrowser(profile, certificate.file, "--host-resolver-rules=MAP *.test 127.0.0.1")
        self.count = 0

    def visit(self, server, path):
        """What the page fetched, by path: why it was fetched."""
        self.count += 1
        self.name = f"h{self.count}.test"
        self.browser.open(f"https://{self.name}:{server.https}{path}")
        told = "return performance.getEntriesByType('resource').map(e => [new URL(e.name).pathname, e.initiatorType])"
        return dict(self.browser.run(told))


@pytest.fixture
def visitors(tmp_path, certificate):
    started = Visitors(tmp_path / "profile", certificate)
    yield started
    started.browser.close()


@pytest.mark.skipif(shutil.which("chromedriver") is None, reason="chromedriver is not installed")
def test_chromium_takes_the_hints(deliver, visitors, site, tmp_path):
    """Chromium calls a resource "early-hints" where its fetch for the hint had ended when the page asked for it; where it
    still ran, the page joins it, and it goes by the page's own reason. That is a race of two processes of the browser: so it
    gets some loads to win it. None of them may fetch anything twice, and without hints none is ever called so."""
    page = "<!doctype html><title>pictures</title><link rel=stylesheet href=/a.css><p>text<img src=/small.png>"
    (site / "pictures.html").write_text(page)
    (site / "small.png").write_bytes(b"png")
    manifest, log = tmp_path / "pictures.yaml", tmp_path / "access.json"
    manifest.write_text("pages:\n  /pictures.html: [/a.css, {path: /small.png, mode: hint}]\n")
    given = (*FRESH, "--manifest", str(manifest))
    without = deliver(*given, "--early-hints", "never")
    assert all("early-hints" not in visitors.visit(without, "/pictures.html").values() for _ in range(3))
    server = deliver(*given, "--access-log", str(log), "--log-format", "json")
    for _ in range(12):
        seen = visitors.visit(server, "/pictures.html")
        assert visitors.browser.run("return getComputedStyle(document.querySelector('p')).color") == "rgb(0, 128, 0)"
        asked = [line["target"] for line in map(json.loads, log.read_text().splitlines()) if visitors.name in line["authority"]]
        assert [asked.count(path) for path in ("/a.css", "/small.png")] == [1, 1]
        if seen["/a.css"] == seen["/small.png"] == "early-hints":
            return
    raise AssertionError(f"no hint was taken: {seen}")
