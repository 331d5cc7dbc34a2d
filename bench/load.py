"""Loads a server and reads what it cost: h2load on its own core, CPU from the kernel's schedstat, everything in pairs."""

import os
import re
import statistics
import subprocess

CIPHER = "TLS_AES_128_GCM_SHA256"
MARKS = ("floor", "bare")  # no servers but bench/floor.c


def pinned(core, priority=-10):
    """The start of a command line that runs on one core, before others where that is allowed."""
    nice = ["nice", "-n", str(priority)] if priority > 0 or os.getuid() == 0 else []
    return [*(["taskset", "-c", str(core)] if core is not None else []), *nice]


def go_first(pid="self"):
    """Linux shares processors among sessions before it looks at nice values: lift the session too, where allowed."""
    try:
        with open(f"/proc/{pid}/autogroup", "w") as file:
            file.write("-15")
    except OSError:
        pass


def run(server, work, requests, core, *options, priority=-10):
    """Runs h2load and makes sure that every request succeeded, over the cipher that was agreed upon."""
    base = server.url(work)
    command = [
        *pinned(core, priority),
        "h2load", "-n", str(requests), "-c", str(work.clients), "-m", str(work.streams), "-t", "1",
        f"--tls13-ciphers={CIPHER}", *(["--h1"] if work.is_http1 else []), *options,
        *[f"{base}/{name}" for name in work.files],
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    text = done.stdout
    found = re.search(r"(\d+) total, \d+ started, \d+ done, (\d+) succeeded", text)
    if not found or int(found[2]) != requests:
        raise RuntimeError(f"{server.name}, {work.name}: not all requests succeeded\n{text}{done.stderr[-2000:]}")
    if work.is_tls and ("TLSv1.3" not in text or f"Cipher: {CIPHER}" not in text):
        raise RuntimeError(f"{server.name}: not TLS 1.3 with {CIPHER}\n{text}")
    traffic = re.search(r"traffic: .*\((\d+)\) total, .*\((\d+)\) headers", text)
    return {"header_bytes": int(traffic[2]) / requests, "rate": float(re.search(r"([\d.]+) req/s", text)[1])}


def cost(server, work, requests, core, **how):
    """CPU us per request of a warm server, and what h2load saw.

    It is the difference of a long run and a short one, so that connecting and shaking hands cancel out."""
    server.prepare(work)
    few = max(work.clients * work.streams, min(requests // 10, 1000))
    marks = []
    for count in (0, few, requests + few):
        if count:
            seen = run(server, work, count, core, **how)
        marks.append((server.cpu_ns() / 1000, server.sleeps()))
    cpu, sleeps = ((last - 2 * middle + first) / requests for first, middle, last in zip(*marks))
    return {**seen, "cpu_us": cpu, "sleeps": sleeps}


def paired(names, rounds, measure):
    """Measures every name once a round, in a changing order; yields a list of figures for each."""
    seen = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in [*names[first:], *names[:first]]:
            seen[name].append(measure(name))
    return seen


def row(label, unit, seen, targets, digits=2, beside=None):
    """A row of the table: medians, ratios of weft to each other name (medians of the rounds' own ratios), verdicts.

    targets   {name: limit}; the name "best" stands for the lowest of all others but the floor and its like
    beside    the same for what is told, but no target any more"""
    values = {name: statistics.median(figures) for name, figures in seen.items() if figures}
    ratios = {
        name: statistics.median(ours / theirs for ours, theirs in zip(seen["weft"], figures))
        for name, figures in seen.items()
        if name != "weft" and figures and min(figures) > 0 and seen.get("weft")
    }
    peers = {name: ratio for name, ratio in ratios.items() if name not in MARKS}
    if peers:
        ratios["best"] = max(peers.values())  # the smallest figure among the others gives the largest ratio

    def verdicts(limits):
        return [
            {"of": name, "limit": limit, "ratio": ratios[name], "met": ratios[name] <= limit}
            for name, limit in limits.items()
            if limit and name in ratios
        ]

    return {"label": label, "unit": unit, "digits": digits, "values": values, "ratios": ratios,
            "verdicts": verdicts(targets), "beside": verdicts(beside or {}), "rounds": seen}  # fmt: skip
