"""weft load against the servers that people run: every request is answered in every version, and counted as h2load counts."""

import pytest
from conftest import needs
from test_get_peers import CLEAR_H2, NO_H1, SIZE, peer  # noqa: F401 (a fixture)
from test_load import cases, h2load, load  # noqa: F401 (a fixture)

WAYS = cases(("h2", ["-m5"], "https"), ("h2c", ["-m5"], "http"), ("1.1", ["--h1"], "http"), ("1.1 over TLS", ["--h1"], "https"),
             ("pipelined", ["--h1", "-m4"], "http"), ("a connection each", ["--h1", "--new-connection"], "https"))


def skip_what_it_lacks(peer, options, scheme):
    if "--h1" in options and peer.name in NO_H1:
        pytest.skip("it speaks no HTTP/1")
    if "--h1" not in options and scheme == "http" and peer.name not in CLEAR_H2:
        pytest.skip("it does not speak HTTP/2 in clear text")


def url_of(peer, scheme, name):
    return f"https://localhost:{peer.secure}/{name}" if scheme == "https" else f"http://127.0.0.1:{peer.clear}/{name}"


@pytest.mark.parametrize("options, scheme", WAYS)
def test_every_request_is_answered(peer, load, options, scheme):  # noqa: F811
    skip_what_it_lacks(peer, options, scheme)
    result = load("-n30", "-c3", "--cacert", peer.certificate.file, *options, url_of(peer, scheme, "large.bin"))
    assert result["requests"]["finished"] == result["status"]["2xx"] == 30, result
    assert result["received"]["content"] == 30 * SIZE
    version = "HTTP/1.1" if "--h1" in options else "HTTP/2"
    assert result["protocol"].startswith(version)


@needs("h2load")
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_it_counts_what_h2load_counts(peer, load, scheme):  # noqa: F811
    skip_what_it_lacks(peer, [], scheme)
    common = ["-n100", "-c3", "-m4", url_of(peer, scheme, "small.txt")]
    requests, traffic, statuses = h2load(*common)
    ours = load("--cacert", peer.certificate.file, *common)
    assert requests == [100, 100, ours["requests"]["finished"], 100]
    assert statuses == [ours["status"][name] for name in ("2xx", "3xx", "4xx", "5xx")]
    assert traffic[2] == ours["received"]["content"]
