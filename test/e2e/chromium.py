"""Headless Chromium, driven over chromedriver's HTTP interface (WebDriver)."""

import base64
import hashlib
import json
import re
import subprocess
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Browser:
    """Headless Chromium through chromedriver's HTTP interface (WebDriver)."""

    def __init__(self, profile, *switches):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.port = None
        for line in self.driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                self.port = int(found[1])
                break
        assert self.port, "chromedriver did not start"
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--ignore-certificate-errors",
            "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--window-size=1280,2000", *switches,
        ]  # fmt: skip
        capabilities = {"alwaysMatch": {"acceptInsecureCerts": True, "goog:chromeOptions": {"args": arguments},
                                        "goog:loggingPrefs": {"browser": "ALL"}}}  # fmt: skip
        self.session = self.call("POST", "/session", {"capabilities": capabilities})["sessionId"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method, headers={"Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode(),
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        self.call("POST", f"/session/{self.session}/url", {"url": url})

    def reload(self):
        self.call("POST", f"/session/{self.session}/refresh", {})

    def run(self, script):
        return self.call("POST", f"/session/{self.session}/execute/sync", {"script": script, "args": []})

    def log(self):
        return self.call("POST", f"/session/{self.session}/se/log", {"type": "browser"})

    def close(self):
        try:
            self.call("DELETE", f"/session/{self.session}")
        finally:
            self.driver.terminate()
            self.driver.wait(10)


class TrustingBrowser(Browser):
    """Chromium that takes our certificate for a good one: what comes under a bad one it does not keep, hints among it."""

    def __init__(self, profile, certificate, *switches):
        text = open(certificate, "rb").read()
        key = x509.load_pem_x509_certificate(text).public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.pin = base64.b64encode(hashlib.sha256(spki).digest()).decode()
        super().__init__(profile, "--ignore-certificate-errors-spki-list=" + self.pin, *switches)

    def call(self, method, path, body=None):
        if path == "/session" and body:
            wanted = body["capabilities"]["alwaysMatch"]
            del wanted["acceptInsecureCerts"]
            wanted["goog:chromeOptions"]["args"].remove("--ignore-certificate-errors")
        return super().call(method, path, body)
