"""nghttp, h2load, Node and Chromium against the built program."""

import base64
import json
import re
import shutil
import subprocess
import time

import pytest
from chromium import Browser
from conftest import LARGE, TOP, needs


@needs("nghttp")
def test_nghttp_loads_a_page_with_what_it_needs(serve):
    server = serve(TOP / "site")
    done = subprocess.run(["nghttp", "-nas", server.url("/")], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^ *\d+ .* (\d{3}) +\S+ (/\S*)$", done.stdout, re.M)
    assert len(rows) > 10 and all(code == "200" for code, _ in rows), done.stdout


@needs("nghttp")
def test_nghttp_uploads_and_sees_trailers_and_padding_accepted(server, tmp_path):
    (tmp_path / "body").write_bytes(b"x" * 100_000)
    done = subprocess.run(
        ["nghttp", "-v", "-b", "100", "--trailer", "x-checksum: 1", "-d", str(tmp_path / "body"), server.url("/hello.txt")],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ":status: 405" in done.stdout and "PROTOCOL_ERROR" not in done.stdout, done.stdout[-2000:]


@needs("h2load")
@pytest.mark.parametrize("arguments", [["-c10", "-m10"], ["-c100", "-m1"], ["-c5", "-m100"], ["--h1", "-c10"], ["--h1", "-c10", "-m16"]])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_h2load_gets_every_answer(server, arguments, scheme):
    done = subprocess.run(
        ["h2load", "-n2000", *arguments, server.url("/hello.txt", scheme), server.url("/alphabet.txt", scheme)],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert "2000 succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout + done.stderr


NODE = """
const http2 = require('http2');
const session = http2.connect(process.argv[1], {rejectUnauthorized: false});
const paths = process.argv.slice(2);
let left = paths.length;
const seen = {};
session.on('error', (error) => { console.error(error); process.exit(1); });
for (const path of paths) {
  const stream = session.request({':path': path});
  let size = 0;
  stream.on('response', (head) => { seen[path] = {status: head[':status']}; });
  stream.on('data', (piece) => { size += piece.length; });
  stream.on('end', () => { seen[path].size = size; if (--left === 0) { console.log(JSON.stringify(seen)); session.close(); } });
}
"""


@needs("node")
def test_node_gets_the_same(server, root):
    names = ["hello.txt", "large.bin", "alphabet.txt", "docs/"]
    done = subprocess.run(["node", "-e", NODE, server.url(""), *["/" + n for n in names]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["/large.bin"] == {"status": 200, "size": LARGE}
    assert seen["/hello.txt"] == {"status": 200, "size": 13}


@pytest.fixture
def browse(tmp_path):
    opened = []

    def start(*switches):
        opened.append(Browser(tmp_path / f"profile{len(opened)}", *switches))
        return opened[-1]

    yield start
    for browser in opened:
        browser.close()


ENTRIES = """
return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map((e) => ({name: e.name, protocol: e.nextHopProtocol, size: e.decodedBodySize, status: e.responseStatus}));
"""


def load_site(browser, server):
    browser.open(server.url("/").replace("127.0.0.1", "localhost"))
    deadline = time.monotonic() + 20
    while browser.run("return document.readyState") != "complete" or not browser.run("return document.getElementById('protocol').dataset.protocol"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(0.5)
    return browser.run(ENTRIES)


@pytest.mark.skipif(shutil.which("chromedriver") is None, reason="chromedriver is not installed")
@pytest.mark.parametrize("switches, protocol", [([], "h2"), (["--disable-http2"], "http/1.1")])
def test_chromium_loads_the_demo_site(serve, browse, tmp_path, switches, protocol):
    log = tmp_path / "access.json"
    server = serve(TOP / "site", "--access-log", str(log), "--log-format", "json")
    browser = browse(*switches)
    entries = load_site(browser, server)
    assert len(entries) > 15
    assert {entry["protocol"] for entry in entries} == {protocol}, entries
    assert all(entry["status"] in (200, 304) for entry in entries), entries
    assert browser.run("return document.getElementById('protocol').dataset.protocol") == protocol
    problems = [line for line in browser.log() if line["level"] == "SEVERE"]
    assert not problems, problems
    broken = browser.run("return [...document.images].filter((i) => !i.complete || !i.naturalWidth).map((i) => i.src)")
    assert not broken
    browser.close = lambda: (Browser.close(browser))
    server.stop()
    peers = {json.loads(line)["peer"] for line in log.read_text().splitlines()}
    if protocol == "h2":
        assert len(peers) == 1, f"{len(peers)} connections carried the page"
    else:
        assert 1 < len(peers) <= 6


FETCH = """
const seen = {};
const ask = new XMLHttpRequest();
ask.open("GET", arguments_path, false);
ask.overrideMimeType("text/plain; charset=x-user-defined");
ask.send();
const entry = performance.getEntriesByType("resource").filter((one) => one.name.endsWith(arguments_path)).pop();
return {coding: ask.getResponseHeader("content-encoding"), length: ask.getResponseHeader("content-length"),
        body: btoa([...ask.responseText].map((c) => String.fromCharCode(c.charCodeAt(0) & 255)).join("")),
        packed: entry.encodedBodySize, whole: entry.decodedBodySize};
"""


@pytest.mark.skipif(shutil.which("chromedriver") is None, reason="chromedriver is not installed")
@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
def test_chromium_decodes_what_is_compressed(serve, root, browse, coding):
    """Byte for byte: what is compressed while it is sent, and what is kept."""
    content = b"".join(b"%d the quick brown fox\n" % (i * i % 977) for i in range(3000))
    (root / "words.txt").write_bytes(content)
    server = serve(root, "--compress", coding)
    browser = browse()
    browser.open(server.url("/index.html"))
    deadline, streamed = time.monotonic() + 30, 0
    while True:
        path = f"/words.txt?{streamed}"
        seen = browser.run(FETCH.replace("arguments_path", json.dumps(path)))
        assert seen["coding"] == coding and base64.b64decode(seen["body"]) == content
        assert seen["packed"] < len(content) / 3 and seen["whole"] == len(content)
        if seen["length"]:
            assert int(seen["length"]) == seen["packed"]
            break
        streamed += 1
        assert time.monotonic() < deadline, "it was never kept"
    assert streamed > 0, "the first answer was not compressed while it was sent"
