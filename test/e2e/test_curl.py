"""curl in every version: the same bytes, and what it says of the protocol."""

import pytest

VERSIONS = [
    ("--http1.0", "https", "1.0"),
    ("--http1.1", "https", "1.1"),
    ("--http2", "https", "2"),
    ("--http1.0", "http", "1.0"),
    ("--http1.1", "http", "1.1"),
    ("--http2-prior-knowledge", "http", "2"),
]


@pytest.mark.parametrize("flag, scheme, version", VERSIONS)
def test_every_version_gets_the_same_bytes(server, curl, root, flag, scheme, version):
    for name in ("index.html", "hello.txt", "empty.txt", "large.bin"):
        body = curl(flag, server.url("/" + name, scheme), binary=True)
        assert body == (root / name).read_bytes(), name
    said = curl(flag, "-o", "/dev/null", "-w", "%{http_version} %{http_code}", server.url("/hello.txt", scheme))
    # a server answers a 1.0 request with its own version (RFC 9110 §2.5); curl reports the answer's
    assert said in (f"{version} 200", "1.1 200" if version == "1.0" else "")


def test_alpn_chooses_h2_and_falls_back(server, curl):
    assert curl("-o", "/dev/null", "-w", "%{http_version}", server.url()) == "2"
    assert curl("--no-alpn", "-o", "/dev/null", "-w", "%{http_version}", server.url()) == "1.1"


@pytest.mark.parametrize("flag", ["--http1.1", "--http2"])
def test_a_range_is_that_part(server, curl, flag):
    assert curl(flag, "-r", "2-4", server.url("/alphabet.txt")) == "cde"
    assert curl(flag, "-r", "-3", server.url("/alphabet.txt")) == "xyz"
    assert curl(flag, "-r", "24-", server.url("/alphabet.txt")) == "yz"
    code = curl(flag, "-r", "26-", "-o", "/dev/null", "-w", "%{http_code}", server.url("/alphabet.txt"))
    assert code == "416"


@pytest.mark.parametrize("flag", ["--http1.1", "--http2"])
def test_a_body_with_expect_is_answered(server, curl, tmp_path, flag):
    big = tmp_path / "upload"
    big.write_bytes(b"x" * 2_000_000)
    done = curl(flag, "-H", "Expect: 100-continue", "-T", big, "-o", "/dev/null", "-w", "%{http_code}",
                server.url("/hello.txt"), ok=False)  # fmt: skip
    assert done.stdout == "405", done.stderr


def test_many_requests_share_one_connection(server, curl):
    urls = [server.url(f"/hello.txt?{i}") for i in range(20)]
    for flag in ("--http1.1", "--http2"):
        said = curl(flag, "-o", "/dev/null", "-w", "%{num_connects}\n", *[part for url in urls for part in ("-o", "/dev/null", url)])
        assert sum(int(line) for line in said.split()) == 1, flag
