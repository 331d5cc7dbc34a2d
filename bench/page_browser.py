"""Chromium behind a slow link, told by chromedriver to load pages; what it says of its loads."""

import itertools
import shutil
import time

import slow_link
from chromium import TrustingBrowser

# All that a load tells of itself, by path
TOLD = """
const at = {};
for (const e of [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')])
    at[new URL(e.name).pathname] = e.responseEnd;
return [document.readyState === 'complete' && performance.getEntriesByType('navigation')[0].loadEventEnd > 0, at];
"""
FRESH_NAMES = itertools.count()


class PageBrowser:
    """A `with` around a browser in the client's namespace. Each name of the server's is an origin of its own: nothing
    is kept for it, and no connection is open."""

    def __init__(self, link, certificate, profile):
        self.link, self.certificate, self.profile = link, certificate, profile

    def __enter__(self):
        shutil.rmtree(self.profile, ignore_errors=True)
        with slow_link.inside(self.link.client_space):
            rules = f"--host-resolver-rules=MAP *.test {slow_link.SERVER}"
            self.browser = TrustingBrowser(self.profile, self.certificate, rules)
        return self

    def __exit__(self, *_):
        with slow_link.inside(self.link.client_space):
            self.browser.close()

    def load(self, page, server, warm):
        """(first paint, critical, all, kB wasted) of a load; a warm one is the second of its origin, over a new connection."""
        origin = f"https://n{next(FRESH_NAMES)}.test:{server.tls}"
        for _ in range(1 + warm):
            at = self.visit(origin + page.path)
            if warm:  # ends the connections
                with slow_link.inside(self.link.server_space):
                    server.stop()
                    server.start()
        sets = (page.first_paint, page.critical, page.all)
        return [max(at.get(path, 0) for path in paths) for paths in sets] + [0]

    def visit(self, url):
        with slow_link.inside(self.link.client_space):
            self.browser.open("about:blank")
            self.browser.open(url)
            end = time.monotonic() + 60
            while not (told := self.browser.run(TOLD))[0]:
                assert time.monotonic() < end, "the page does not end"
                time.sleep(0.05)
        return told[1]
