"""weft abuse: our server bounds every attack, servers with a fault are told apart, and nobody else is attacked."""

import json
import pathlib
import subprocess
import sys

import pytest
from conftest import PROGRAM, cases

CARELESS = pathlib.Path(__file__).with_name("careless_server.py")
SHORT = [f"{name}_timeout_ms=200" for name in ("header", "idle", "body", "write", "settings")]
LIMITS = [word for limit in SHORT for word in ("--limit", limit)]
# What the server may take as it is: it is answered well, and costs little.
ABSORBED = {"h1/cl-0", "h1/early-answer", "h1/trailer-length", "h1/h2c-upgrade", "h1/tls-upgrade", "h1/pipeline", "h1/pipeline-deaf",
            "h1/heads", "h1/churn", "h1/churn-reset", "h2/bomb-held", "h2/hpack-bomb-held", "h2/table-churn", "h2/huffman", "h2/byte-data"}  # fmt: skip
# What ends by limits that are looked at once a second: longer than a short run waits.
HELD = {"h2/zero-windows", "h2/zero-windows-kept", "h2/dribble", "h2/uploads", "h2/slow-body"}


def abuse(*arguments, timeout=60):
    return subprocess.run([str(PROGRAM), "abuse", *arguments], capture_output=True, text=True, timeout=timeout)


def one(seen):
    (case,) = seen["cases"]
    return case


def play(*arguments):
    done = abuse("--json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    seen = json.loads(done.stdout)
    bounded = [case["bounded"] for case in seen["cases"]]
    assert (bounded.count(True), bounded.count(False), bounded.count(None)) == (seen["bounded"], seen["not_bounded"], seen["skipped"])
    assert done.returncode == (seen["not_bounded"] > 0)
    return seen


@pytest.fixture
def limited(serve, root):
    """With limits of time that a short run can see, and as little memory kept by a sanitizer as it can do with."""
    options = "detect_leaks=1:abort_on_error=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
    return serve(root, *LIMITS, "--limit", "ping_burst=1000", env={"ASAN_OPTIONS": options})


def test_our_server_bounds_every_attack(limited):
    seen = play("--large", "/large.bin", limited.url("/", "http"))
    assert seen["processes"] >= 1 and len(seen["cases"]) > 190
    unbounded = [case for case in seen["cases"] if case["bounded"] is False]
    assert [case for case in unbounded if case["outcome"] not in ("slow", "toiled")] == [], json.dumps(unbounded)
    for case in unbounded:  # times, which a busy machine may stretch, but not twice
        again = play("--large", "/large.bin", "--only", case["id"], limited.url("/", "http"))
        assert again["not_bounded"] == 0, json.dumps(again)
    # A busy machine comes to the limit, or to the end of a time, later than a short run waits.
    late = {case["id"] for case in seen["cases"] if case["outcome"] == "absorbed"} - ABSORBED
    late |= {case["id"] for case in seen["cases"] if case["outcome"] == "held"} - HELD
    for attack in late:
        again = play("--long", "--large", "/large.bin", "--only", attack, limited.url("/", "http"))
        assert not {case["outcome"] for case in again["cases"]} & {"absorbed", "held"}, again
    for case in seen["cases"]:
        if "ENHANCE_YOUR_CALM" in case["said"]:
            assert "limit: " in case["said"], case


FAULTS = [
    ("trusting", "h1/cl-te", "broken", "behind it"),
    ("trusting", "h1/connect", "broken", "as if all were well"),
    ("trusting", "h1/early-answer", "broken", "as a request"),
    ("hoarding", "h1/long-field", "grew", "memory grew"),
    ("single", "h1/slowloris", "slow", "was answered after"),
    ("toiling", "h1/no-host", "toiled", "computed"),
    ("mortal", "h1/no-host", "died", "ended"),
    ("patient", "h2/ping-size", "broken", "let pass"),
    ("patient", "h2/continuation", "broken", "did not end"),
    ("patient", "h2/two-paths", "broken", "not refused"),
]


@pytest.mark.parametrize("fault, case, outcome, why", FAULTS)
def test_a_server_with_a_fault_is_found_out(fault, case, outcome, why):
    process = subprocess.Popen([sys.executable, str(CARELESS), fault], stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline())
        chosen = ("--only", case, "--pid", str(process.pid), f"http://127.0.0.1:{port}/")
        seen = one(play(*chosen))
        if fault == "toiling" and seen["outcome"] != outcome:  # a busy machine leaves it no time to compute
            seen = one(play("--long", *chosen))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert (seen["bounded"], seen["outcome"]) == (False, outcome), seen
    assert why in seen["why"]


@pytest.mark.parametrize("url", ["http://192.0.2.1/", "https://[2001:db8::1]/", "http://0.0.0.0:8080/", "http://[::ffff:192.0.2.1]/"])
def test_nobody_else_is_attacked(url):
    done = abuse(url)
    assert done.returncode == 2 and done.stdout == ""
    assert "loopback" in done.stderr and done.stderr.count("\n") == 1


def test_the_table_is_for_people(limited):
    done = abuse("--only", "h2/rapid*", limited.url("/", "http"))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["attack", "outcome", "memory", "CPU", "fresh", "what", "the", "server", "said"]
    assert lines[1].startswith("h2/rapid-reset ") and "ended" in lines[1] and "limit: reset_burst" in lines[1]
    assert lines[-1].startswith("3 bounded, 0 not bounded")


def test_attacks_are_listed_without_a_server():
    listed = abuse("--list", "--only", "CVE-2025-8671").stdout
    assert listed.count("MadeYouReset") == 6
    assert "h1/cl-te" in abuse("--list").stdout


@pytest.mark.parametrize("arguments, words", cases(
    ("no url", [], "expected one URL"),
    ("a path of nothing", ["--only", "nothing-such", "http://127.0.0.1/"], "no attack matches"),
    ("no scheme", ["localhost:8080"], "http"),
    ("bad pid", ["--pid", "x", "http://127.0.0.1/"], "--pid 'x'"),
    ("mistyped", ["--jsn"], "did you mean --json"),
))  # fmt: skip
def test_wrong_usage_is_told_in_a_line(arguments, words):
    done = abuse(*arguments)
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_server_that_is_not_there_is_told(limited):
    port = limited.http
    limited.stop()
    done = abuse(f"http://127.0.0.1:{port}/")
    assert done.returncode == 1 and "is it running?" in done.stderr


def test_our_server_bounds_every_attack_on_tls(limited):
    seen = play("--only", "tls/*", limited.url())
    assert len(seen["cases"]) > 25 and [case for case in seen["cases"] if case["bounded"] is not True] == []
    said = {case["id"]: case["said"] for case in seen["cases"]}
    assert "protocol_version" in said["tls/ssl3"] and "no_application_protocol" in said["tls/alpn-unknown"], said
