"""What Chromium says of urgency (RFC 9218 fields, RFC 7540 weights and PRIORITY frames) orders what it gets. Its frames are
read between the two, over a line that is slower than both; judged is how many bytes go ahead, and no time."""

import random
import shutil
import struct
import zlib

import pytest
from chromium import TrustingBrowser
from conftest import Server
from wire_tap import Tap

pytestmark = pytest.mark.skipif(shutil.which("chromedriver") is None, reason="chromedriver is not installed")

RATE = 600_000  # bytes a second
SIDE = 640  # of an image: 400 KB each
IMAGES = 6
BLOCKING = 60_000  # bytes of what a page waits for
# What sockets on the way hold already when a signal comes, and what then has its turn by the floor. In turns with all the
# images it would be five times the size of what is asked for, in the order of the requests all that is left of them.
LET_GO = 200_000

PAGE = """<!doctype html><title>page</title><body><div style="height: 20000px"></div>
<script>
function add(path, priority) {
    const image = new Image();
    if (priority) image.fetchPriority = priority;
    image.src = path;
    document.body.append(image);
}
function prefetch(path) {
    const link = document.createElement('link');
    link.rel = 'prefetch';
    link.href = path;
    document.head.append(link);
}
function open_inner() {
    const frame = document.createElement('iframe');
    frame.src = 'inner.html';
    document.body.prepend(frame);
}
</script>"""
INNER = "<!doctype html><title>inner</title><link rel=stylesheet href=a.css><script src=a.js></script><p>text"


def image(dice):
    """A PNG of SIDE times SIDE grey dots that nothing makes smaller."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + dice.randbytes(SIDE) for _ in range(SIDE))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def plant(root):
    dice = random.Random(1)
    root.mkdir()
    for number in range(IMAGES):
        (root / f"{number}.png").write_bytes(image(dice))
    (root / "index.html").write_text(PAGE)
    (root / "inner.html").write_text(INNER)
    (root / "a.css").write_text("@font-face { font-family: f; src: url(a.woff2) } p { font-family: f }".ljust(BLOCKING))
    (root / "a.js").write_text(" " * BLOCKING)
    (root / "a.woff2").write_bytes(b"wOF2" + dice.randbytes(BLOCKING))
    return root


class Line(Tap):
    """A tap between a server and a browser."""

    def __init__(self, folder, certificate):
        fresh = ("--header", "cache-control: max-age=600", "--compress", "off")
        self.count, server = 0, Server(plant(folder / "root"), *fresh, certificate=certificate)
        super().__init__(server, certificate, RATE)
        self.browser = TrustingBrowser(folder / "profile", certificate.file, "--host-resolver-rules=MAP *.test 127.0.0.1")

    def open(self):
        """Opens the page under a name that is new: an origin of which nothing is kept, and a connection of its own."""
        self.count += 1
        self.browser.open("about:blank")
        with self.news:
            self.asked, self.arrived = {}, []
        self.browser.open(f"https://n{self.count}.test:{self.port}/")

    def end(self):
        self.browser.close()
        self.close()
        assert self.server.stop() == 0

    def sent(self, stream=None):
        return sum(size for number, size, _ in self.arrived if stream in (None, number))

    def is_whole(self, path):
        return path in self.asked and (self.asked[path].stream, True) in ((stream, ends) for stream, _, ends in self.arrived)

    def ahead(self, path, start=None):
        """Bytes of others that came from the request, or the piece `start`, on until the answer was whole."""
        asked, others = self.asked[path], 0
        for stream, size, ends in self.arrived[asked.start if start is None else start :]:
            if stream == asked.stream and ends:
                return others
            others += size if stream != asked.stream and stream[0] == asked.stream[0] else 0
        raise AssertionError(f"{path} is not whole")


@pytest.fixture(scope="module")
def one_line(tmp_path_factory, certificate):
    line = Line(tmp_path_factory.mktemp("chromium"), certificate)
    yield line
    line.end()


@pytest.fixture
def line(one_line):
    one_line.open()
    return one_line


def begin_images(line, numbers=range(IMAGES), priority=""):
    """Asks for images, and waits until the line is full of them."""
    for number in numbers:
        line.browser.run(f"add('{number}.png', '{priority}')")
    line.wait(lambda: all(f"/{number}.png" in line.asked and line.sent(line.asked[f"/{number}.png"].stream) for number in numbers))


def urgency(asked):
    """By its field; what is left out is 3 (RFC 9218 §4.1)."""
    words = (asked.priority or "").replace(" ", "").split(",")
    return next((int(word[2:]) for word in words if word.startswith("u=")), 3)


def test_style_sheets_scripts_and_fonts_go_ahead_of_images_in_flight(line):
    begin_images(line)
    line.browser.run("open_inner()")
    line.wait(lambda: line.is_whole("/a.css") and line.is_whole("/a.js") and line.is_whole("/a.woff2"))
    assert not any(line.is_whole(f"/{number}.png") for number in range(IMAGES))
    images = [line.asked[f"/{number}.png"] for number in range(IMAGES)]
    for path in ("/a.css", "/a.js", "/a.woff2"):
        asked = line.asked[path]
        assert urgency(asked) < min(map(urgency, images)), line.asked  # it says so, in both ways
        assert asked.weight > max(other.weight for other in images), line.asked
    print("\n ", *line.asked.values(), sep="\n  ")
    print("  bytes ahead:", {path: line.ahead(path) for path in ("/a.css", "/a.js", "/a.woff2")})
    for path in ("/a.css", "/a.js", "/a.woff2"):
        assert line.ahead(path) <= LET_GO + 2 * BLOCKING  # these two may be before it


# An image is as any other, by what it is; that it goes first is by the field alone.
def test_the_field_of_an_image_is_read_and_not_only_what_it_is(line):
    begin_images(line, range(IMAGES - 1), "low")
    line.browser.run(f"add('{IMAGES - 1}.png', 'high')")
    path = f"/{IMAGES - 1}.png"
    line.wait(lambda: line.is_whole(path))
    print("\n  bytes ahead:", line.ahead(path), line.asked[path])
    assert urgency(line.asked[path]) < urgency(line.asked["/0.png"])
    assert line.ahead(path) <= LET_GO


# Later changes Chromium tells by PRIORITY frames of RFC 7540 alone.
def test_a_priority_frame_raises_what_was_prefetched(line):
    path = f"/{IMAGES - 1}.png"
    begin_images(line, range(IMAGES - 1))
    line.browser.run(f"prefetch('{path[1:]}')")
    line.wait(lambda: path in line.asked)
    asked, before = line.asked[path], line.sent()
    line.wait(lambda: line.sent() > before + 300_000)
    assert line.sent(asked.stream) <= 40_000  # it is for the background: a turn of the floor
    line.browser.run(f"add('{path[1:]}', 'high')")
    line.wait(lambda: asked.changes)
    start, weight = asked.changes[0]
    assert weight > asked.weight
    line.wait(lambda: line.is_whole(path))
    print("\n  bytes ahead:", line.ahead(path, start), asked)
    assert line.ahead(path, start) <= LET_GO
