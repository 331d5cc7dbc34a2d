"""The demo site: it is whole, takes nothing from elsewhere, runs no inline code, and its figures are right."""

import html.parser
import pathlib
import shutil
import subprocess

import pytest

SITE = pathlib.Path(__file__).resolve().parents[2] / "site"
PAGES = ("index.html", "404.html")


class Page(html.parser.HTMLParser):
    """What a page refers to, and the code that stands in it."""

    def __init__(self, name):
        super().__init__()
        self.references, self.ids, self.inline, self.images, self.headings = [], set(), [], [], []
        self.feed((SITE / name).read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.references += [given[name] for name in ("src", "href") if name in given]
        self.ids.add(given.get("id"))
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        if tag == "img":
            self.images.append(given)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))


@pytest.fixture(params=PAGES)
def page(request):
    return Page(request.param)


def test_every_reference_is_ours_and_leads_somewhere(page):
    on_purpose = "no-such-thread"  # the way to the error page
    for reference in page.references:
        assert ":" not in reference and not reference.startswith("//"), f"{reference} is elsewhere"
        if reference.startswith("#"):
            assert reference[1:] in page.ids, reference
        elif reference not in ("/", on_purpose):
            assert (SITE / reference.lstrip("/")).is_file(), reference


def test_no_code_stands_in_the_page(page):
    assert page.inline == []


def test_every_image_has_a_text_and_a_size(page):
    for image in page.images:
        assert "alt" in image and image["width"].isdigit() and image["height"].isdigit(), image["src"]


def test_headings_leave_no_level_out(page):
    assert page.headings[0] == 1 and page.headings.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in zip(page.headings, page.headings[1:]))


def test_there_is_enough_to_multiplex_and_not_too_much_to_carry():
    files = [path for path in SITE.rglob("*") if path.is_file()]
    assert len(files) > 25
    assert sum(path.stat().st_size for path in files) < 400_000


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """Runs a module of JavaScript beside those of the site and returns the words that it prints."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(SITE / "js", folder / "js")
    (folder / "package.json").write_text('{"type": "module"}')

    def run(text):
        (folder / "run.js").write_text(text)
        done = subprocess.run(["node", "run.js"], cwd=folder, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return run


def test_the_hpack_lab_counts_as_the_rfc_does(script):
    """RFC 7541 C.4: three requests on one connection, bytes of the block and size of the table after each."""
    said = script("""
        import { Encoder } from './js/hpack.js';
        const encoder = new Encoder();
        const site = [':authority', 'www.example.com'];
        const requests = [
            [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], site],
            [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], site, ['cache-control', 'no-cache']],
            [[':method', 'GET'], [':scheme', 'https'], [':path', '/index.html'], site, ['custom-key', 'custom-value']],
        ];
        for (const fields of requests) {
            const sizes = fields.map(([name, value]) => encoder.encode({ name, value }).bytes);
            console.log(sizes.reduce((a, b) => a + b), encoder.size);
        }
    """)
    assert said == ["17", "57", "12", "110", "24", "164"]


def test_the_hpack_lab_evicts_the_oldest(script):
    """RFC 7541 §4.4; an entry that is larger than the table empties it."""
    said = script("""
        import { Encoder } from './js/hpack.js';
        const encoder = new Encoder(120);
        for (const value of ['a', 'b', 'c']) encoder.encode({ name: 'x-field-name', value });
        console.log(encoder.entries.map((entry) => entry.value).join(''), encoder.size);
        encoder.encode({ name: 'x-field-name', value: 'd'.repeat(100) });
        console.log(encoder.entries.length, encoder.size);
    """)
    assert said == ["cb", "90", "0", "0"]


def test_the_model_agrees_with_the_formulas_on_the_page(script):
    rtt, count, per_file, hello = 60, 40, 3, 2
    said = script(f"""
        import {{ runModel }} from './js/model.js';
        const plan = {{ rtt: {rtt}, count: {count}, perFile: {per_file}, slow: 0, hello: {hello} }};
        for (const way of runModel(plan)) console.log(Math.max(...way.arrivals));
    """)
    at_once = (hello + 1) * rtt + count * per_file
    http_1_0 = count * ((hello + 1) * rtt + per_file)
    keep_alive = hello * rtt + count * (rtt + per_file)
    six = hello * rtt + max(-(-count // 6) * (rtt + per_file), rtt + count * per_file)
    arrived = [float(word) for word in said]
    assert arrived[:3] == [http_1_0, keep_alive, at_once]
    assert abs(arrived[3] - six) <= 6 * per_file  # the page says "about"
    assert arrived[4:] == [at_once, at_once - (hello - 1) * rtt]


def test_a_slow_first_answer_holds_back_a_pipeline_and_no_stream(script):
    said = script("""
        import { runModel } from './js/model.js';
        const ways = runModel({ rtt: 10, count: 3, perFile: 1, slow: 100, hello: 2 });
        for (const name of ['pipelining', 'HTTP/2']) console.log(...ways.find((way) => way.name === name).arrivals);
    """)
    assert said == ["131", "132", "133", "131", "31", "32"]
