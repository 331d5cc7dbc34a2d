"""weft hpack: blocks taken apart and made, with the examples of RFC 7541 Appendix C."""

import subprocess

import pytest
from conftest import PROGRAM, cases

C4 = ["828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
      "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"]  # fmt: skip


def hpack(*arguments, text=None):
    return subprocess.run([PROGRAM, "hpack", *arguments], input=text, capture_output=True, text=True, timeout=20)


def rows(text):
    """The fields of an output: (bytes, text, representation, index, field)."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 4 and words[0].isdigit() and words[1].isdigit():
            long = words[3] == "indexed" and words[2] in ("not", "never")
            rest = words[4:] if long else words[3:]
            found.append((int(words[0]), int(words[1]), " ".join(words[2 : 4 if long else 3]), rest[0], " ".join(rest[1:])))
    return found


def test_a_block_is_shown_field_by_field():
    done = hpack("decode", C4[0])
    assert done.returncode == 0, done.stderr
    assert rows(done.stdout) == [
        (1, 14, "indexed", "2", ":method: GET"),
        (1, 15, "indexed", "6", ":scheme: http"),
        (1, 10, "indexed", "4", ":path: /"),
        (14, 29, "incremental", "1", ":authority: www.example.com"),
    ]


def test_the_table_after_the_examples_of_the_rfc():
    done = hpack("table", text="\n".join(["# Appendix C.4", *C4, ""]))
    assert done.returncode == 0, done.stderr
    lines = [line.split(None, 2) for line in done.stdout.splitlines()]
    assert ["62", "54", "custom-key: custom-value"] in lines
    assert ["63", "53", "cache-control: no-cache"] in lines
    assert ["64", "57", ":authority: www.example.com"] in lines
    assert "3 entries, 164 bytes" in done.stdout  # C.4.3


def test_a_missing_earlier_block_is_named_as_the_reason():
    done = hpack("decode", C4[1])
    assert done.returncode == 1
    assert "earlier block" in done.stderr and "index 62" in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_was_encoded_decodes_to_the_same():
    fields = [":method: GET", ":path: /a", "user-agent: weft", "cookie: a=b", "x-Own: 1 2"]
    text = "\n".join([*fields, "", *fields, ""])
    made = hpack("encode", "--hex", text=text)
    assert made.returncode == 0, made.stderr
    blocks = made.stdout.split()
    assert len(blocks) == 2 and len(blocks[1]) < len(blocks[0])
    read = hpack("decode", text=made.stdout)
    assert [row[4] for row in rows(read.stdout)] == 2 * [field.replace("x-Own", "x-own") for field in fields]
    assert [row[2] for row in rows(read.stdout) if row[4] == "cookie: a=b"] == ["never indexed"] * 2


def test_a_stream_and_the_digits_of_other_tools_are_understood():
    done = hpack("decode", text="7: 82:86 84\n")
    assert done.returncode == 0, done.stderr
    assert "stream 7" in done.stdout and len(rows(done.stdout)) == 3


@pytest.mark.parametrize("arguments, code, words", cases(
    ("nothing", [], 2, "decode"),
    ("an unknown word", ["decod"], 2, "did you mean 'decode'"),
    ("no digits", ["decode", "82zz"], 1, "column 3"),
    ("half a byte", ["decode", "828"], 1, "two digits"),
    ("a block that is cut short", ["decode", "41"], 1, "cut short"),
    ("index 0", ["decode", "80"], 1, "index 0"),
    ("no file", ["decode", "--file", "/nonexistent/x"], 1, "/nonexistent/x"),
    ("a table size that is none", ["decode", "-t", "x", "82"], 2, "table-size"),
    ("--hex without encode", ["decode", "--hex", "82"], 2, "encode"),
    ("no field", ["encode", "cookie"], 1, "name: value"),
))  # fmt: skip
def test_what_is_wrong_is_told_in_one_line(arguments, code, words):
    done = hpack(*arguments, text="")
    assert done.returncode == code
    assert words in done.stderr and done.stderr.count("\n") == 1
