#!/usr/bin/env python3
"""Finds the perfect hash of lib/http/field.c and prints its table; run it when a name is added to field.h."""
import itertools
import pathlib
import re

header = pathlib.Path(__file__).resolve().parent.parent / "lib/http/field.h"
names = re.findall(r'X\((\w+), "([a-z-]+)"\)', header.read_text())
SLOTS = 256


def table(a, b, c):
    slots = {}
    for identifier, name in names:
        slot = (len(name) * a + ord(name[0]) * b + ord(name[-2]) * c + ord(name[-1])) % SLOTS
        if slot in slots:
            return None
        slots[slot] = identifier
    return slots


for a, b, c in itertools.product(range(1, 64), repeat=3):
    found = table(a, b, c)
    if found:
        print(f"size * {a} + first * {b} + last but one * {c} + last")
        for slot in sorted(found):
            print(f"    [{slot}] = WEFT_HTTP_FIELD_{found[slot]},")
        break
else:
    raise SystemExit("no hash found: try more slots")
