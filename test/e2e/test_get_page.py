"""weft get --page: what a page needs, in the order in which a browser would ask."""

import json
import subprocess

import pytest
from chromium import Browser
from conftest import PROGRAM, cases, needs

FILES = {
    "index.html": """<!doctype html><title>t</title>
        <img src=i.png><link rel=stylesheet href="css/a.css"><script src=s.js></script><script async src=late.js></script>
        <link rel=preload as=font href=css/p.woff2 crossorigin><link rel="alternate stylesheet" href=no.css>
        <style>q { background: url(q.svg) }</style><img src="data:image/gif;base64,x"><img src="i.png#again">
        <noscript><img src=no.png></noscript><a href=no.html>x</a>""",
    "css/a.css": "@import 'b.css'; p { background: url('../p.svg') }",
    "css/b.css": "@import 'a.css'; @font-face { font-family: f; src: url(f.woff2) }",
    "css/f.woff2": "font",
    "css/p.woff2": "font",
    "p.svg": "<svg/>",
    "q.svg": "<svg/>",
    "i.png": "png",
    "s.js": "1",
    "late.js": "2",
}
NEEDED = sorted(["/"] + [f"/{name}" for name in FILES if name != "index.html"])


@pytest.fixture
def site(tmp_path):
    for name, text in FILES.items():
        file = tmp_path / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "site"


@pytest.fixture
def page():
    """The summary of weft get --page, and the whole run."""

    def run(*arguments):
        done = subprocess.run(
            [str(PROGRAM), "get", "-k", "--page", "--json", *map(str, arguments)], capture_output=True, timeout=30
        )
        return json.loads(done.stdout), done

    return run


def path(it):
    return "/" + it["url"].split("/", 3)[3]


@pytest.mark.parametrize("options, scheme", cases(
    ("http/2", [], "https"),
    ("http/1.1", ["--http1.1"], "https"),
    ("one connection", ["--connections", "1"], "http"),
    ("pipelined", ["--pipeline", "8"], "http"),
))
def test_all_that_the_page_needs_is_fetched_once(serve, site, page, options, scheme):
    summary, done = page(*options, serve(site).url("/", scheme))
    assert done.returncode == 0 and sorted(map(path, summary["requests"])) == NEEDED, done.stderr
    assert all(it["status"] == 200 for it in summary["requests"])
    assert b"a page with 9 resources of " in done.stderr


def test_what_blocks_the_page_goes_first(serve, site, page):
    """On one connection of HTTP/1.1 the order of the requests is that of the urgencies, and among equals that of the page."""
    summary, _ = page("--http1.1", "--connections", "1", serve(site).url("/"))
    order = [path(it) for it in sorted(summary["requests"], key=lambda it: it["sent_ms"])]
    assert order[0] == "/" and order.index("/css/a.css") < order.index("/i.png")
    assert order.index("/css/p.woff2") < order.index("/s.js") < order.index("/i.png") < order.index("/late.js")


def test_urgencies_are_told_and_so_is_who_asks(serve, site, page, tmp_path):
    har = tmp_path / "page.har"
    server = serve(site)
    page("--har", har, server.url("/"))
    entries = {it["request"]["url"].split("/", 3)[3]: it for it in json.loads(har.read_text())["log"]["entries"]}
    fields = {name: {f["name"]: f["value"] for f in it["request"]["headers"]} for name, it in entries.items()}
    assert [fields[name].get("priority") for name in ("", "css/a.css", "s.js", "late.js", "i.png")] == [
        "u=0, i", "u=0", "u=1", None, "u=3, i"
    ]  # fmt: skip
    assert fields[""]["sec-fetch-mode"] == "navigate" and "referer" not in fields[""]
    assert fields["css/b.css"]["referer"] == server.url("/") and fields["css/f.woff2"]["sec-fetch-dest"] == "font"
    assert entries["css/f.woff2"]["_initiator"]["type"] == "css" and entries["i.png"]["_initiator"]["type"] == "html"


@pytest.mark.parametrize("options, how", cases(("pushed", ["--push"], "promised_ms"), ("hinted", [], "initiator")))
def test_pushes_and_hints_are_used(serve, site, page, tmp_path, options, how):
    manifest = tmp_path / "manifest.yaml"
    with manifest.open("wb") as out:
        subprocess.run([str(PROGRAM), "manifest", "make", str(site)], stdout=out, check=True, capture_output=False)
    server = serve(site, "--manifest", str(manifest), "--header", "cache-control: max-age=600", "--early-hints=always")
    summary, done = page(*options, server.url("/"))
    by_path = {path(it): it for it in summary["requests"]}
    assert sorted(by_path) == NEEDED and len(summary["requests"]) == len(NEEDED), done.stderr
    assert not any(it.get("unasked") for it in summary["requests"])
    if how == "promised_ms":
        assert how in by_path["/css/a.css"] and how in by_path["/css/b.css"] and how not in by_path["/q.svg"]
    else:
        assert by_path["/css/a.css"][how] == "early-hints" and by_path["/q.svg"][how] == "css"


def test_secrets_stay_with_their_origin_and_insecure_things_out(serve, site, page, tmp_path):
    log = tmp_path / "other.log"
    other = serve(site)
    (site / "index.html").write_text(
        f"<img src='{other.url('/i.png')}'><img src='{other.url('/p.svg', 'http')}'><img src=i.png><img src=http:///x>"
    )
    har = tmp_path / "page.har"
    summary, done = page("-u", "me:secret", "--har", har, serve(site).url("/"))
    told = {
        it["request"]["url"]: "authorization" in {f["name"] for f in it["request"]["headers"]}
        for it in json.loads(har.read_text())["log"]["entries"]
    }
    assert told.pop(other.url("/i.png")) is False and all(told.values()) and len(told) == 2, told
    assert b"a page over https takes nothing over http" in done.stderr and not log.exists()


def test_resources_that_fail_are_told(serve, site, page):
    (site / "index.html").write_text("<img src=gone.png><img src=http://127.0.0.1:1/x><p>")
    summary, done = page(serve(site).url("/", "http"))
    assert {path(it): it["status"] for it in summary["requests"]} == {"/": 200, "/gone.png": 404, "/x": 0}
    assert done.returncode == 1 and b"127.0.0.1:1/x: " in done.stderr


def test_the_page_goes_to_standard_output_and_no_resource_does(serve, site):
    done = subprocess.run([str(PROGRAM), "get", "-k", "--page", serve(site).url("/")], capture_output=True, timeout=30)
    assert done.stdout.decode() == FILES["index.html"]


def test_the_number_of_resources_is_bounded(serve, site, page):
    (site / "index.html").write_text("".join(f"<img src={n}>" for n in range(1200)))
    summary, done = page(serve(site).url("/"))
    assert len(summary["requests"]) == 1001 and b"more than 1000 resources" in done.stderr and done.returncode == 1


@pytest.mark.parametrize("options", cases(("head", ["-I"]), ("data", ["-d", "x"]), ("method", ["-X", "PUT"])))
def test_page_goes_with_get_alone(options):
    done = subprocess.run([str(PROGRAM), "get", "--page", *options, "http://127.0.0.1:1/"], capture_output=True, timeout=30)
    assert done.returncode == 2 and b"--page asks with GET" in done.stderr


def test_stats_tell_what_each_field_cost(serve, site):
    done = subprocess.run(
        [str(PROGRAM), "get", "-k", "--page", "--stats", serve(site).url("/")], capture_output=True, timeout=30
    )
    rows = {row.split()[0]: row.split()[1:] for row in done.stderr.decode().splitlines() if len(row.split()) == 7}
    sent_text, sent_wire, sent_times, _, _, received_times = map(int, rows[":path"])
    assert sent_times == 10 and received_times == 0 and 0 < sent_wire < sent_text
    assert int(rows["content-type"][5]) == 10


@needs("chromedriver")
def test_the_timeline_as_a_page_is_what_chromium_shows(serve, site, page, tmp_path):
    """Every request has a row with pieces that lie within the lane, in the order of time, and the page loads nothing."""
    html = tmp_path / "run.html"
    summary, _ = page("--push", "--html", html, serve(site).url("/"))
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(html.as_uri())
        rows = browser.run(
            """return [...document.querySelectorAll("tr.request")].map(row => {
                const lane = row.querySelector(".lane").getBoundingClientRect();
                const pieces = [...row.querySelectorAll(".lane i")].map(it => [it.className, it.getBoundingClientRect()]);
                return {title: row.querySelector(".name").title, cells: [...row.cells].map(it => it.textContent),
                        pieces: pieces.map(([kind, at]) => [kind, (at.left - lane.left) / lane.width, at.width / lane.width])};
            })"""
        )
        title = browser.run("return document.title")
        loaded = browser.run("return performance.getEntriesByType('resource').length + document.scripts.length")
        complaints = browser.log()
    finally:
        browser.close()
    wanted = {it["url"]: it for it in summary["requests"]}
    assert {row["title"] for row in rows} == set(wanted) and len(rows) == len(wanted)
    for row in rows:
        it = wanted[row["title"]]
        assert row["cells"][1:3] == [str(it["status"]), str(it["content"])], row
        kinds, starts = [kind for kind, _, _ in row["pieces"]], [start for _, start, _ in row["pieces"]]
        assert kinds == ["blocked", "waiting", "data"] and starts == sorted(starts), row
        assert all(-0.01 <= start and start + width <= 1.02 for _, start, width in row["pieces"]), row
        assert abs(starts[0] - it["asked_ms"] / summary["total_ms"]) < 0.02, row
    assert title == f"weft get: {len(wanted)} requests" and loaded == 0 and complaints == []
