"""A client that loads a page as a browser does: it reads what has come for what else is needed, asks for that with the
urgencies that Chromium gives, and withholds images and late scripts while something blocks the first paint. It takes
pushes where it is told to, and early hints always."""

import re
import select
import time

import h2.errors
import h2.events
import h2_client
import pages

# Chromium's: what is left out has the default
URGENCY = {"page": "u=0, i", "style": "u=0", "script": "u=1", "module": "u=1", "font": "u=1", "deferred": "", "image": "i", "other": "u=1"}
WITHHELD = ("image", "deferred")
WITHHELD_MOST = 2  # of these go out at once, while something blocks
HINTED = {"style": "style", "script": "script", "font": "font", "image": "image"}
LINK = re.compile(r"<([^>]+)>([^,]*)")


class Load(h2_client.Client):
    """One load over a new connection. `done` has the seconds at which each path was there."""

    def __init__(self, far, path="/", takes_pushes=False, cached=(), cookie=None):
        self.done, self.kinds, self.needed = {}, {}, set()
        self.cached, self.cookie = set(cached), cookie
        self.streams, self.paths = {}, {}  # by path, and the other way round
        self.promised, self.wasted, self.received = {}, 0, {}
        self.waiting, self.fonts, self.texts = [], [], {}
        self.cancelled, self.frames = set(), b""
        self.page, self.start = path, time.monotonic()
        super().__init__(far, "https", window=6 << 20, push=int(takes_pushes))
        self.h2.increment_flow_control_window(15 << 20)
        self.need(path, "page")
        while not self.is_over():
            if not self.pump():
                raise ConnectionError("the server closed the connection")
        self.wasted += sum(size for where, size in self.received.items() if where not in self.needed)
        self.socket.close()

    def pump(self, timeout=20.0):
        self.flush()
        if not self.socket.pending() and not select.select([self.socket], [], [], timeout)[0]:
            raise TimeoutError(f"not there: {self.needed - set(self.done)}")
        received = self.socket.recv(65536)
        self.count_cancelled(received)
        for event in self.h2.receive_data(received):
            self.take(event)
        self.flush()
        return bool(received)

    def count_cancelled(self, received):
        """What still comes of pushes that were given up, of which Python's h2 does not tell."""
        self.frames += received
        while len(self.frames) >= 9 and len(self.frames) >= 9 + (size := int.from_bytes(self.frames[:3], "big")):
            if self.frames[3] == h2_client.DATA and int.from_bytes(self.frames[5:9], "big") in self.cancelled:
                self.wasted += size
            self.frames = self.frames[9 + size :]

    def is_over(self):
        return self.page in self.done and not self.waiting and not self.fonts and self.needed <= set(self.done)

    def is_blocked(self):
        """Is something that blocks the first paint still to come, as far as it is known?"""
        if self.page not in self.done and b"<body" not in self.texts.get(self.page, b""):
            return True
        return any(self.kinds[path] in ("style", "script") and path not in self.done for path in self.needed)

    def need(self, path, kind):
        if path in self.needed:
            return
        self.needed.add(path)
        self.fetch(path, kind, self.waiting if kind in WITHHELD else self.fonts if kind == "font" else None)

    def fetch(self, path, kind, later=None):
        """Asks for it now or, where that has to wait, later; not where it is here or on its way."""
        if self.kinds.get(path) not in (None, "other"):
            return
        is_coming = path in self.kinds
        self.kinds[path] = kind
        if path in self.cached and path != self.page:
            self.take_whole(path, None)
        elif path in self.done:
            self.read(path)
        elif not is_coming:
            later.append(path) if later is not None else self.ask(path)

    def ask(self, path):
        urgency = URGENCY[self.kinds[path]]
        fields = [("accept-encoding", "gzip, br, zstd")] + ([("priority", urgency)] if urgency else [])
        if path == self.page:
            fields += [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]
            fields += [("cookie", self.cookie)] if self.cookie else []
        stream = self.get(path, fields=fields)
        self.streams[path], self.paths[stream] = stream, path

    def go_on(self):
        """Lets out what was withheld."""
        if self.is_blocked():
            out = sum(self.kinds[path] in WITHHELD and path not in self.done for path in self.streams)
            ready, self.waiting = self.waiting[: max(0, WITHHELD_MOST - out)], self.waiting[max(0, WITHHELD_MOST - out) :]
        else:
            ready, self.waiting, self.fonts = self.fonts + self.waiting, [], []
        for path in ready:
            self.ask(path)

    def take(self, event):
        match event:
            case h2.events.PushedStreamReceived():
                self.take_promise(event)
            case h2.events.InformationalResponseReceived():
                self.take_hints(dict(event.headers).get("link", ""))
            case h2.events.DataReceived():
                path = self.paths[event.stream_id]
                self.received[path] = self.received.get(path, 0) + len(event.data)
                if path == self.page:
                    self.texts[path] = self.texts.get(path, b"") + event.data
                    for target, kind in pages.named_by_html(path, self.texts[path]):
                        self.need(target, kind)
        super().take(event)
        if isinstance(event, h2.events.StreamEnded) and event.stream_id in self.paths:
            path = self.paths[event.stream_id]
            self.take_whole(path, self.bodies[event.stream_id])
        self.go_on()

    def take_promise(self, event):
        path, stream = dict(event.headers)[":path"], event.pushed_stream_id
        self.bodies[stream], self.paths[stream] = b"", path
        if path in self.kinds or path in self.cached:
            self.h2.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
            self.cancelled.add(stream)
            return
        self.streams[path], self.kinds[path] = stream, "other"  # until the page says what it is

    def take_hints(self, link):
        for target, parameters in LINK.findall(link):
            if "modulepreload" in parameters:
                self.fetch(target, "module")
            elif "rel=preload" in parameters:
                self.fetch(target, HINTED.get(re.search(r"as=(\w+)", parameters)[1], "other"))

    def take_whole(self, path, text):
        self.done[path] = time.monotonic() - self.start
        self.texts[path] = text
        self.read(path)

    def read(self, path):
        """What it names, once it is here and wanted."""
        text = self.texts.get(path)
        if path in self.needed and text is not None:
            for target, kind in pages.named_by(path, self.kinds[path], text):
                self.need(target, kind)

    def until(self, paths):
        return max(self.done.get(path, 0) for path in paths) * 1000

    def digest(self):
        """The cookie that tells what is held, for the next load."""
        cookie = self.heads[self.streams[self.page]].get("set-cookie")
        return cookie.split(";")[0] if cookie else None
