"""What is asked for: each workload is a row of the table."""

import dataclasses
import os
import random

KIB = 1024


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    label: str
    protocol: str  # "h2", "h2c", "http/1.1" (TLS) or "http/1.1-clear"
    clients: int
    streams: int
    requests: int
    files: tuple = ("1k.bin",)
    h2o: float = None  # what must hold: CPU of weft at most so much of h2o's, and of the floor's; bare is told beside it
    floor: float = None

    @property
    def is_tls(self):
        return self.protocol in ("h2", "http/1.1")

    @property
    def is_http1(self):
        return self.protocol.startswith("http/1.1")


MIX = tuple(f"mix/{i}.bin" for i in range(100))
WORKLOADS = [
    Workload("h2-1k-10x10", "h2 TLS 1 KiB, 10 x 10", "h2", 10, 10, 100_000, h2o=0.70, floor=1.30),
    Workload("h2-1k-100x100", "h2 TLS 1 KiB, 100 x 100", "h2", 100, 100, 150_000, h2o=0.70, floor=1.30),
    Workload("h2-1k-1x1", "h2 TLS 1 KiB, 1 x 1", "h2", 1, 1, 10_000, h2o=0.95, floor=1.15),
    Workload("h2-mix-10x10", "h2 TLS mix of 100, 10 x 10", "h2", 10, 10, 40_000, MIX, h2o=0.75, floor=1.25),
    Workload("h2-16k-10x10", "h2 TLS 16 KiB, 10 x 10", "h2", 10, 10, 25_000, ("16k.bin",), h2o=0.95, floor=1.10),
    Workload("h2-1m-10x10", "h2 TLS 1 MiB, 10 x 10", "h2", 10, 10, 600, ("1m.bin",), h2o=1.00, floor=1.15),
    Workload("h2c-1k-10x10", "h2c 1 KiB, 10 x 10", "h2c", 10, 10, 120_000, h2o=0.70, floor=1.40),
    Workload("h2c-1k-100x100", "h2c 1 KiB, 100 x 100", "h2c", 100, 100, 200_000, h2o=0.70, floor=1.40),
    Workload("h1-tls-1k-100", "HTTP/1.1 TLS 1 KiB, 100", "http/1.1", 100, 1, 40_000, h2o=0.90, floor=1.20),
    Workload("h1-1k-100", "HTTP/1.1 1 KiB, 100", "http/1.1-clear", 100, 1, 60_000, h2o=0.90, floor=1.20),
    Workload("h1-1k-100-pipelined", "HTTP/1.1 1 KiB, 100, x16", "http/1.1-clear", 100, 16, 200_000, h2o=0.60, floor=1.20),
]


def size_of(root, name):
    return os.path.getsize(os.path.join(root, name))


def make_site(root):
    """Files of bytes that do not compress; the mix has the sizes of a page's assets (median 6 KB, a few large)."""
    source = random.Random(1)
    os.makedirs(os.path.join(root, "mix"), exist_ok=True)
    sizes = {"1k.bin": KIB, "16k.bin": 16 * KIB, "1m.bin": 1024 * KIB}
    for i in range(100):
        sizes[f"mix/{i}.bin"] = max(120, min(120_000, int(source.lognormvariate(8.7, 1.1))))
    for name, size in sizes.items():
        with open(os.path.join(root, name), "wb") as file:
            file.write(source.randbytes(size))
    with open(os.path.join(root, "index.html"), "w") as file:
        file.write("<!doctype html><title>bench</title>\n")
