"""Attacks from beside the connection: the file system and the process's limits turn hostile while the server works."""

import os
import resource
import socket
import threading
import time


def get(server, path):
    """The whole answer of a connection of its own."""
    with server.connect() as raw:
        raw.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path.encode())
        answer = b""
        while piece := raw.recv(65536):
            answer += piece
        return answer


def test_a_log_that_may_not_grow_does_not_end_the_server(serve, root, tmp_path):
    log, most = tmp_path / "log", 5000
    server = serve(
        root, "--access-log", str(log), preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    )
    for _ in range(most // 50 + 20):
        assert get(server, "/hello.txt").endswith(b"hello, world\n")
    assert log.stat().st_size <= most
    assert server.process.poll() is None


def swap_things(root, outside, until):
    """Turns a name into a file, a link that leads out and a FIFO, and a folder into a link and back."""
    name, folder, gone = root / "swapped", root / "folder", root / "gone"
    while time.monotonic() < until:
        name.unlink(missing_ok=True)
        name.symlink_to(outside / "secret.txt")
        os.rename(folder, gone)
        folder.symlink_to(outside)
        name.unlink()
        name.write_text("harmless")
        folder.unlink()
        os.rename(gone, folder)
        os.mkfifo(root / "fifo")
        os.rename(root / "fifo", name)


def test_no_swap_of_links_and_folders_leads_out_of_the_root(serve, root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "folder").mkdir()
    (root / "folder/secret.txt").write_text("harmless")
    (outside / "secret.txt").write_text("SECRET")
    server = serve(root, "--listing")
    until = time.monotonic() + 3
    swapping = threading.Thread(target=swap_things, args=(root, outside, until))
    swapping.start()
    seen = set()
    while time.monotonic() < until:
        for path in ("/swapped", "/folder/secret.txt", "/folder/", "/swapped/", "/gone/secret.txt"):
            answer = get(server, path)
            seen.add(answer[9:12])
            assert b"SECRET" not in answer, path
    swapping.join()
    assert seen <= {b"200", b"404", b"301"} and b"200" in seen, seen


def test_a_file_that_shrinks_while_it_is_sent_ends_its_answer_as_an_error(serve, root):
    server = serve(root)
    file = root / "shrinks.bin"
    file.write_bytes(b"a" * 3_000_000)
    with server.connect() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        raw.sendall(b"GET /shrinks.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = raw.recv(1000)
        os.truncate(file, 10_000)
        while piece := raw.recv(65536):
            answer += piece
    assert b"content-length: 3000000" in answer.lower()
    assert len(answer) < 3_000_000, "bytes were made up"
