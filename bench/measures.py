"""What a table of CPU per request leaves out: handshakes, memory, latency, scale, and the engines alone."""

import os
import re
import statistics
import subprocess
import tempfile
import time

import callgrind
import load
import workloads


def work_named(name):
    return next(work for work in workloads.WORKLOADS if work.name == name)


def requests(bench):
    """CPU per request, workload by workload; and the bytes of field sections, of the first."""
    for work in bench.chosen(workloads.WORKLOADS):
        count = max(work.clients * work.streams, int(work.requests * bench.scale))
        names = [name for name in bench.names if bench.servers[name].takes_part(work)]
        seen = load.paired(names, bench.rounds, lambda name: load.cost(bench.servers[name], work, count, bench.load_core))
        cpu = {name: [figure["cpu_us"] for figure in figures] for name, figures in seen.items()}
        targets = {"h2o": work.h2o, "floor": work.floor}
        row = load.row(work.label, "CPU us/request", cpu, targets, beside={"bare": work.floor})
        row["rates"] = {name: statistics.median(f["rate"] for f in figures) for name, figures in seen.items()}
        row["sleeps"] = {name: statistics.median(f["sleeps"] for f in figures) for name, figures in seen.items()}
        bench.rates[work.name] = row["rates"]
        yield row
        if work.name == "h2-1k-10x10":
            heads = {name: [f["header_bytes"] for f in figures] for name, figures in seen.items() if name not in load.MARKS}
            yield load.row("field sections, warm", "bytes/answer", heads, {"h2o": 0.80}, 1)


def instructions(bench):
    """Instructions of a server in user space per request, counted once: they hardly differ from run to run."""
    for work in bench.chosen(workloads.WORKLOADS):
        count = max(2 * work.clients * work.streams, work.requests // 64)
        row = {"label": work.label, "unit": "instr/request", "digits": 0, "values": {}, "verdicts": []}
        for name in bench.names:
            if bench.servers[name].takes_part(work):
                row["values"][name] = sum(callgrind.instructions(bench, name, work, count).values())
        yield row


def handshakes(bench):
    """CPU of a server for one connection: accept, TLS 1.3 handshake, SETTINGS, close."""
    for kind, limit in (("full", 0.95), ("resumed", 0.90)):
        count = int(1000 * bench.scale)

        def measure(name, kind=kind, count=count):
            server = bench.servers[name]
            before = server.cpu_ns()
            said = peer(bench, "handshakes", server.tls, count, kind).stdout
            cpu = (server.cpu_ns() - before) / count / 1000
            if int(said.split()[0]) != (count if kind == "resumed" else 0):
                raise RuntimeError(f"{name}: {said} where all should be {kind}")
            return cpu

        names = [name for name in bench.names if name not in load.MARKS]
        for name in names:
            peer(bench, "handshakes", bench.servers[name].tls, 50, kind)  # warm
        seen = load.paired(names, bench.rounds, measure)
        yield load.row(f"TLS 1.3 handshake, {kind}", "CPU us", seen, {"h2o": limit}, 0)


def peer(bench, *arguments):
    command = [*load.pinned(bench.load_core), bench.program("peer"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, stdin=subprocess.DEVNULL)


class Held:
    """Connections that have had an answer and do nothing."""

    def __init__(self, bench, server, count):
        self.process = subprocess.Popen(
            [*load.pinned(bench.load_core), bench.program("peer"), "hold", str(server.tls), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if self.process.stdout.readline().strip() != f"held {count}":
            raise RuntimeError(f"{server.name} does not hold {count} connections")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


CROWDS = (2000, 10_000)


def memory(bench):
    """Bytes of a fresh server for each of many connections that had an answer and have been idle for 3 seconds."""

    def measure(name, count):
        with tempfile.TemporaryDirectory() as folder:
            server = bench.fresh(name, folder)
            try:
                with Held(bench, server, 10):
                    pass
                before = server.memory_kb()
                with Held(bench, server, count):
                    time.sleep(3)
                    return (server.memory_kb() - before) * 1024 / count
            finally:
                server.stop()

    names = [name for name in ("weft", "h2o", "nginx", "nghttpd") if name in bench.all_names]
    for count in CROWDS:
        seen = load.paired(names, min(bench.rounds, 2), lambda name, count=count: measure(name, count))
        yield load.row(f"memory per idle h2 TLS connection, {count:,}", "bytes", seen, {"best": 0.80}, 0)


def times(server, work, count, core, *options):
    """How long each request took, in us, less the first tenth; what h2load has logged."""
    with tempfile.NamedTemporaryFile("r") as log:
        load.run(server, work, count, core, f"--log-file={log.name}", *options)
        taken = [int(line.split("\t")[2]) for line in log]
    return taken[len(taken) // 10 :]


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def latency(bench):
    """p99 at half of the rate that the slower of the two reaches; and whether single requests ever wait for a timer."""
    work = work_named("h2-1k-10x10")
    names = [name for name in ("weft", "h2o") if name in bench.names]
    if work.name not in bench.rates:
        bench.rates[work.name] = {n: load.cost(bench.servers[n], work, 50_000, bench.load_core)["rate"] for n in names}
    rate = min(bench.rates[work.name][name] for name in names) / 2
    each = max(1, int(rate / work.clients))
    roomy = workloads.dataclasses.replace(work, streams=100)
    count = int(rate * 1.5)

    def measure(name):
        return percentile(times(bench.servers[name], roomy, count, bench.load_core, f"--rps={each}"), 0.99)

    seen = load.paired(names, bench.rounds, measure)
    yield load.row(f"p99 at {rate / 1000:.0f},000 requests/s, h2 TLS", "us", seen, {"h2o": 1.0}, 0)
    for name in ("h2-1k-1x1", "h2c-1k-10x10", "h1-1k-100"):
        alone = workloads.dataclasses.replace(work_named(name), clients=1, streams=1)
        seen = load.paired(
            names, min(3, bench.rounds),
            lambda n, alone=alone: percentile(times(bench.servers[n], alone, 500, bench.load_core), 0.99),
        )  # fmt: skip
        row = load.row(f"1 x 1, {alone.protocol}: p99", "us", seen, {}, 0)
        worst = row["values"]["weft"]
        row["verdicts"] = [{"of": "no 40 ms stall", "limit": 35_000, "ratio": worst, "met": worst < 35_000}]
        yield row


def scale(bench):
    """Two threads beside one, by CPU per request; 10,000 connections of which 1 % ask beside 100."""
    work = work_named("h2-1k-100x100")
    count = int(200_000 * bench.scale)
    with tempfile.TemporaryDirectory() as folder:
        running = {}
        try:
            for offset, threads in ((100, 1), (110, 2)):
                running[threads] = bench.fresh("weft", os.path.join(folder, str(threads)), threads, offset, pin=False)
            seen = load.paired(
                [1, 2], bench.rounds, lambda t: load.cost(running[t], work, count, None, priority=10)["cpu_us"]
            )
            figures = {"weft": seen[2], "1 thread": seen[1]}
            yield load.row("2 threads, h2 TLS 1 KiB, 100 x 100", "CPU us/request", figures, {"1 thread": 1.11})
        finally:
            for server in running.values():
                server.stop()
    work = workloads.dataclasses.replace(work, streams=1)
    count = int(50_000 * bench.scale)

    def measure(held):
        with tempfile.TemporaryDirectory() as folder:
            server = bench.fresh("weft", folder)
            try:
                if not held:
                    return load.cost(server, work, count, bench.load_core)["cpu_us"]
                with Held(bench, server, held):
                    return load.cost(server, work, count, bench.load_core)["cpu_us"]
            finally:
                server.stop()

    seen = load.paired([0, 9900], min(bench.rounds, 3), measure)
    figures = {"weft": seen[9900], "100 alone": seen[0]}
    yield load.row("10,000 connections, 100 ask", "CPU us/request", figures, {"100 alone": 1.30})


def engines(bench):
    """lib/ in memory beside libnghttp2."""
    pin = load.pinned(bench.server_core)
    for streams in (10, 100):
        command = [*pin, bench.program("bench_engine"), str(int(100_000 * bench.scale)), str(streams), str(max(5, bench.rounds))]
        text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
        pairs = re.findall(r"^round (\d+) (\d+)$", text, re.M)
        seen = {"weft": [float(a) for a, _ in pairs], "libnghttp2": [float(b) for _, b in pairs]}
        row = load.row(f"lib alone, GET + 1 KiB, {streams} streams", "CPU ns", seen, {"libnghttp2": 0.50}, 0)
        row["allocations"] = float(re.search(r"([\d.]+) allocations", text)[1])
        yield row
    folders = [folder for folder in bench.stories if os.path.isdir(folder)]
    if not folders:
        print("no HPACK stories: hand in their folders with --stories", flush=True)
    for folder in folders:
        text = subprocess.run(
            [*pin, bench.program("bench_hpack"), folder, "-r", "21"], capture_output=True, text=True, check=True, timeout=300
        ).stdout
        for task in ("decode", "encode"):
            seen = {}
            for who, label in (("weft", "ours"), ("libnghttp2", "libnghttp2")):
                seen[who] = [float(re.search(rf"{task}, {label} +([\d.]+) ns/section", text)[1])]
            name = os.path.basename(folder.rstrip("/"))
            yield load.row(f"HPACK {task}, {name}", "ns/section", seen, {"libnghttp2": 0.60}, 0)


ALL = {f.__name__: f for f in (requests, instructions, handshakes, memory, latency, scale, engines)}
