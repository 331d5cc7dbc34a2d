"""script/soak for some seconds: good clients, slow ones and attacks at once."""

import os
import subprocess
import sys

import pytest
from conftest import PROGRAM, TOP, is_sanitized


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer keeps what was freed")
def test_a_server_holds_for_a_short_while():
    done = subprocess.run([sys.executable, str(TOP / "script/soak"), "8"], capture_output=True, text=True, timeout=85,
                          env={**os.environ, "WEFT_BINARY": str(PROGRAM)})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("held")


@pytest.mark.parametrize("words", [["x"], ["0"], ["1", "2"]])
def test_a_wrong_word_is_told(words):
    done = subprocess.run([sys.executable, str(TOP / "script/soak"), *words], capture_output=True, text=True)
    assert done.returncode == 2 and "expected a number of seconds" in done.stderr
