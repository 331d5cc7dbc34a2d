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
TRIES = 5


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
        """(first paint, critical, all) of a load; a warm one asks anew, over a new connection, for a page that was loaded."""
        url = f"https://n{next(FRESH_NAMES)}.test:{server.tls}{page.path}"
        for _ in range(TRIES):  # a browser that has just started may see its network change
            at = self.visit(url)
            if page.all <= at.keys():
                break
        else:
            raise RuntimeError(f"Chromium never had {sorted(page.all - at.keys())}")
        if warm:
            with slow_link.inside(self.link.server_space):  # which ends the connections
                server.stop()
                server.start()
            at = self.visit(None)
        return [max(at.get(path, 0) for path in paths) for paths in (page.first_paint, page.critical, page.all)]

    def visit(self, url):
        """When each path was there, in milliseconds; loads the page again where there is no URL."""
        with slow_link.inside(self.link.client_space):
            if url:
                self.browser.open("about:blank")
                self.browser.open(url)
            else:
                self.browser.reload()
            end = time.monotonic() + 60
            while not (told := self.browser.run(TOLD))[0]:
                assert time.monotonic() < end, "the page does not end"
                time.sleep(0.05)
        return told[1]
