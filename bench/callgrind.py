"""Instructions in user space, counted by valgrind: the same from run to run where times are not."""

import collections
import os
import re
import tempfile

import load


def stage_of(path, thing):
    """The room of the house that a source file belongs to, else the library."""
    found = re.search(r"/((?:lib|app)/[a-z0-9]+)/[^/]+\.[ch]$", path)
    if found:
        return found[1]
    for part in ("gnutls", "nettle", "hogweed", "gmp", "libc", "ld-linux"):
        if part in thing:
            return "libgnutls (record layer and AES-GCM)" if part == "gnutls" else part
    return os.path.basename(thing) or "?"


def read_callgrind(path):
    """Exclusive instructions by stage."""
    costs, names = collections.Counter(), {}
    thing = place = ""
    skip = False
    with open(path, errors="replace") as file:
        for line in file:
            kind = re.match(r"(ob|fl|fi|fe|cob|cfi|cfl|fn|cfn)=\((\d+)\)(?: (.*))?", line)
            if kind:
                space = {"cob": "ob", "ob": "ob", "fn": "fn", "cfn": "fn"}.get(kind[1], "fl")
                if kind[3]:
                    names[space, kind[2]] = kind[3].strip()
                name = names.get((space, kind[2]), "")
                if kind[1] == "ob":
                    thing = name
                elif kind[1] in ("fl", "fi", "fe"):
                    place = name
            elif line.startswith("calls="):
                skip = True
            elif re.match(r"[+\-*\d]", line):
                if not skip:
                    costs[stage_of(place, thing)] += int(line.split()[1])
                skip = False
    return costs


def instructions(bench, name, work, count):
    """User-space instructions per request by stage, by valgrind: two runs of a server, long less short."""
    totals = []
    few = work.clients * work.streams
    for requests in (few, few + count):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "callgrind.%p")
            server = bench.make(name, folder, offset=200)
            server.workload = work
            server.start(["valgrind", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={out}"])
            load.run(server, work, requests, bench.load_core)
            server.stop()
            total = collections.Counter()
            for file in os.listdir(folder):
                if file.startswith("callgrind."):
                    total.update(read_callgrind(os.path.join(folder, file)))
            totals.append(total)
    totals[1].subtract(totals[0])
    return {stage: number / count for stage, number in totals[1].items() if number > 0}
