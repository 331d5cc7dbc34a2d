"""The pages that bench/delivery loads, and what each of them needs for what."""

import os
import pathlib
import random
import re
import shutil
import struct
import zlib
from urllib.parse import urljoin

TAG = re.compile(rb"<(link|script|img)\b[^>]*>", re.I)
ATTRIBUTE = re.compile(rb"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
FONT = re.compile(rb"src:\s*url\(['\"]?([^'\")]+)")
IMPORT_CSS = re.compile(rb"@import\s+(?:url\()?['\"]([^'\"]+)")
IMPORT_JS = re.compile(rb"^(?:import|export)\b[^'\";]*['\"](\.[^'\"]+)['\"]", re.M)
HEROES = 3  # images of the first screen


def named_by_html(base, text):
    """What HTML names, as far as it has come, in its order: (path, kind)."""
    for tag in TAG.finditer(text):
        attributes = {
            name.lower(): b"".join(values) for name, *values in ATTRIBUTE.findall(tag[0][1 + len(tag[1]) : -1])
        }
        name, rel = tag[1].lower(), attributes.get(b"rel", b"").lower()
        target = attributes.get(b"href" if name == b"link" else b"src")
        if not target:
            continue
        if name == b"img":
            kind = "image"
        elif name == b"script":
            late = {b"defer", b"async"} & attributes.keys()
            kind = "module" if attributes.get(b"type") == b"module" else "deferred" if late else "script"
        else:
            kind = {b"stylesheet": "style", b"modulepreload": "module"}.get(rel)
        if kind:
            yield urljoin(base, target.decode()), kind


def named_by(path, kind, text):
    """What a file names that is not HTML."""
    if kind == "style":
        for found in IMPORT_CSS.finditer(text):
            yield urljoin(path, found[1].decode()), "style"
        for found in FONT.finditer(text):
            yield urljoin(path, found[1].decode()), "font"
    elif kind == "module":
        for found in IMPORT_JS.finditer(text):
            yield urljoin(path, found[1].decode()), "module"


class Page:
    """A page of a folder: `kinds` by path, and the sets that are waited for."""

    def __init__(self, name, root, path="/"):
        self.name, self.root, self.path = name, pathlib.Path(root), path
        self.kinds = {path: "page"}
        waiting = list(named_by_html(path, self.file(path).read_bytes()))
        while waiting:
            target, kind = waiting.pop(0)
            if target not in self.kinds:
                self.kinds[target] = kind
                waiting += named_by(target, kind, self.file(target).read_bytes())
        images = [target for target, kind in self.kinds.items() if kind == "image"]
        self.first_paint = self.of("page", "style", "script")
        self.critical = self.first_paint | self.of("font", "deferred", "module") | set(images[:HEROES])
        self.all = set(self.kinds)

    def file(self, path):
        return self.root / (path[1:] or "index.html")

    def of(self, *kinds):
        return {path for path, kind in self.kinds.items() if kind in kinds}

    def size(self, paths):
        return sum(self.file(path).stat().st_size for path in paths)


def png(size, seed):
    """A picture of noise of about so many bytes."""
    side = max(1, int((size / 3) ** 0.5))
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(3 * side) for _ in range(side))

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def padded(text, size):
    """A text with a comment behind it, so that it has that size."""
    noise = random.Random(size).randbytes(size).hex()
    return text + "/*" + noise[: max(0, size - len(text) - 4)] + "*/"


def make_synthetic(root):
    """90 files, some 1.9 MB, spread as on pages of today: a page, 8 style sheets (4 fonts come through one of them), 4
    scripts that block, 16 that do not, 57 images of which 3 are large."""
    root.mkdir()
    styles = [f"/css/{i}.css" for i in range(8)]
    blocking, later = [f"/js/head{i}.js" for i in range(4)], [f"/js/later{i}.js" for i in range(16)]
    images = [f"/img/{i}.png" for i in range(57)]
    for folder in ("css", "js", "img", "font"):
        (root / folder).mkdir()
    for i, path in enumerate(styles):
        rules = f".c{i} {{ color: #{i}{i}{i}; margin: {i}px }}\n"
        if i == 0:
            for font in range(4):
                rules += f"@font-face {{ font-family: f{font}; src: url(/font/{font}.woff2) format('woff2'); }}\n"
                rules += f"#f{font} {{ font-family: f{font}, serif }}\n"
        (root / path[1:]).write_text(padded(rules, 4000 + 1800 * i))
    for i in range(4):
        (root / f"font/{i}.woff2").write_bytes(random.Random(i).randbytes(32_000))
    for i, path in enumerate(blocking + later):
        (root / path[1:]).write_text(padded(f"window.seen{i} = 1;\n", 30_000 if path in blocking else 12_000 + 1500 * i))
    for i, path in enumerate(images):
        (root / path[1:]).write_bytes(png(60_000 if i < HEROES else 4000 + 450 * i, i))
    head = "".join(f'<link rel="stylesheet" href="{path}">\n' for path in styles)
    head += "".join(f'<script src="{path}"></script>\n' for path in blocking)
    head += "".join(f'<script defer src="{path}"></script>\n' for path in later)
    body = "".join(f'<p id="f{i}">text in a font of its own</p>\n' for i in range(4))
    for i, path in enumerate(images):
        words = " ".join(f"word{i * 61 + n}" for n in range(45))
        body += f'<img src="{path}" width="300" height="200" alt="">\n<p class="c{i % 8}">{words}</p>\n'
    (root / "index.html").write_text(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>ninety</title>\n{head}</head>\n<body>\n{body}</body></html>\n'
    )


def make_all(work, site):
    """The demo site and the synthetic page."""
    shutil.copytree(site, work / "site")
    make_synthetic(work / "ninety")
    os.chmod(work, 0o755)
    return [Page("demo site", work / "site"), Page("90 resources", work / "ninety")]
