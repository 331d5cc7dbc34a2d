"""Sites for those who have a password: HTTP Basic authentication (RFC 7617, RFC 9110 §11)."""

import base64
import http.client
import json
import signal
import socket
import struct
import subprocess
import threading

import pytest
from conftest import PROGRAM, Server, cases, needs, said, until
from h1_client import answers
from h2_client import Client
from metrics_client import Watch

QUICK = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"  # of "secret"
SLOW = "$2b$13$abcdefghijklmnopqrstuuyd9ipDgNyTEie103vumVuve9x.2WtxW"  # the same; takes about a second
UTF8 = "$y$j75$saltsalt$MjHOcwDg3E986UIGesMtFT5idMy3PIUSCZdetme6L94"  # of "pässwörd: 密码"
CHALLENGE = 'Basic realm="Staff \\"only\\"", charset="UTF-8"'
METRICS = ("--metrics", "http://127.0.0.1:0")
RIGHT, WRONG, KNOWN = (f'weft_logins_total{{result="{result}"}}' for result in ("right", "wrong", "known"))


def basic(text):
    return "Basic " + base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def login(text):
    return [("authorization", basic(text))]


@pytest.fixture
def passwords(tmp_path):
    """A file that a test may write anew."""
    file = tmp_path / "passwd"
    file.write_text(f"# who may come in\n\nanna:{QUICK}\nzoe:{QUICK}\nJörg M:{UTF8}\n")
    return file


@pytest.fixture
def guarded(serve, root, passwords):
    def start(*arguments, **options):
        return serve(root, "--auth", f'Staff "only":{passwords}', *arguments, **options)

    return start


def ask(server, path="/hello.txt", method="GET", headers=None, body=None, scheme="http"):
    """(status, fields, body) of a request of HTTP/1.1."""
    with server.connect(scheme, alpn=("http/1.1",)) as connection:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines += [f"Content-Length: {len(body)}"] if body is not None else []
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
        received = b""
        while piece := connection.recv(65536):
            received += piece
    answer = answers(received, [method])[-1]
    return answer.status, answer.fields, answer.body


def status_of(server, user, **options):
    return ask(server, headers={"Authorization": basic(user)}, **options)[0]


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_who_has_the_password_is_let_in_and_nobody_else(guarded, curl, version):
    server = guarded()
    for url in (server.url("/hello.txt"), server.url("/hello.txt", "http")):
        if "http://" in url and version == "--http2":
            version = "--http2-prior-knowledge"
        head = curl(version, "-i", url)
        assert " 401" in head.splitlines()[0] and f"www-authenticate: {CHALLENGE}\n" in head
        assert "hello, world" not in head
        assert curl(version, "-u", "anna:secret", url) == "hello, world\n"
        assert curl(version, "-u", "Jörg M:pässwörd: 密码", url) == "hello, world\n"
        for wrong in ("anna:secreT", "anna:", ":secret", "bert:secret", "Anna:secret"):
            assert curl(version, "-o", "/dev/null", "-w", "%{http_code}", "-u", wrong, url) == "401"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/hello.txt", "/none", "/docs", "/docs/", "/%00", "/../x"])
def test_all_that_a_site_says_is_behind_the_door(one_guarded, path, method):
    with_body = b"x" * 100 if method == "POST" else None
    status, fields, body = ask(one_guarded, path, method, body=with_body)
    assert (status, fields["www-authenticate"]) == (401, CHALLENGE)
    assert "allow" not in fields and "etag" not in fields and "location" not in fields
    inside = ask(one_guarded, path, method, {"Authorization": basic("anna:secret")}, body=with_body)
    assert inside[0] != 401 and "www-authenticate" not in inside[1]


@pytest.fixture(scope="module")
def one_guarded(tmp_path_factory, certificate):
    """A server for tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "root/docs").mkdir(parents=True)
    (folder / "root/hello.txt").write_text("hello, world\n")
    (folder / "passwd").write_text(f"anna:{QUICK}\n")
    limits = ["--limit", "failed_login_rate=0"]
    server = Server(folder / "root", "--auth", f'Staff "only":{folder / "passwd"}', "--listing", *limits, certificate=certificate)
    yield server
    assert server.stop() == 0


@pytest.mark.parametrize(
    "value",
    cases(
        ("nothing", ""),
        ("only the scheme", "Basic"),
        ("another scheme", "Bearer YW5uYTpzZWNyZXQ="),
        ("no base64", "Basic !!!!"),
        ("cut base64", "Basic YW5uYTpzZWNyZXQ"),
        ("no colon", basic("anna")),
        ("no name", basic(":secret")),
        ("a NUL behind the password", basic("anna:secret\0")),
        ("a NUL in the name", basic("anna\0:secret")),
        ("a control byte", basic("anna\n:secret")),
        ("Latin-1", basic("J\xf6rg M:secret".encode("latin-1"))),
        ("a long name", basic("a" * 300 + ":secret")),
        ("a long password", basic("anna:" + "s" * 600)),
        ("far too long", basic("anna:" + "s" * 5000)),
        ("digest", 'Digest username="anna", realm="x"'),
    ),
)
def test_what_is_not_well_formed_is_challenged_and_tried_by_nobody(one_guarded, value):
    status, fields, body = ask(one_guarded, headers={"Authorization": value})
    assert status == 401 and fields["www-authenticate"] == CHALLENGE
    assert b"hello, world" not in body


def test_two_fields_are_none(one_guarded):
    with one_guarded.connect() as connection:
        field = f"Authorization: {basic('anna:secret')}\r\n"
        connection.sendall(f"GET /hello.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{field}{field}\r\n".encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answers(received)[-1].status in (400, 401)


def test_a_connection_goes_on_behind_a_challenge(guarded):
    server = guarded()
    connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=30)
    for user, status in ((None, 401), ("anna:wrong", 401), ("anna:secret", 200), (None, 401), ("zoe:secret", 200)):
        for body in (None, b"x" * 2000):
            fields = {"Authorization": basic(user)} if user else {}
            connection.request("POST" if body else "GET", "/hello.txt", body=body, headers=fields)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == (405 if body and status == 200 else status)
    connection.close()


def test_pipelined_requests_keep_their_order(guarded):
    server = guarded()
    users = ["anna:secret", "anna:wrong", "zoe:secret"]
    with server.connect() as connection:
        for user in users:
            connection.sendall(f"GET /hello.txt HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(user)}\r\n\r\n".encode())
        connection.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert [answer.status for answer in answers(received)] == [200, 401, 200, 401]


def test_streams_of_one_connection_are_judged_one_by_one(guarded):
    server = guarded(*METRICS)
    watch = Watch(server)
    with Client(server) as client:
        streams = {}
        for user, status in (("anna:secret", "200"), ("zoe:wrong", "401"), (None, "401"), ("zoe:secret", "200")):
            for _ in range(5):
                streams[client.get("/hello.txt", fields=login(user) if user else ())] = status
        client.wait(*streams)
        assert {stream: client.heads[stream][":status"] for stream in streams} == streams
        assert watch.wait(RIGHT, 2) == 2 and watch.wait(WRONG, 1) == 1  # who asks the same waits for one trial
        stream = client.get("/hello.txt", fields=login("anna:secret"))
        client.wait(stream)
        watch.wait(KNOWN, 1)
        assert watch.moved(RIGHT) == 2


@needs("nghttp")
def test_nghttp_is_let_in(guarded):
    server = guarded()
    said = subprocess.run(
        ["nghttp", "-v", f"-Hauthorization: {basic('anna:secret')}", server.url("/hello.txt", "http")],
        capture_output=True, text=True, timeout=30)  # fmt: skip
    assert ":status: 200" in said.stdout, said.stdout + said.stderr


def test_weft_get_is_let_in(guarded):
    server = guarded()
    for arguments, words in ((["-u", "anna:secret"], "hello, world\n"), ([], "401")):
        said = subprocess.run([PROGRAM, "get", "-k", *arguments, server.url("/hello.txt")],
                              capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)  # fmt: skip
        assert words in said.stdout, said.stdout + said.stderr


def test_what_is_answered_is_for_no_shared_cache(guarded):
    """RFC 9111 §3.5"""
    fields = {"Authorization": basic("anna:secret")}
    assert ask(guarded(), headers=fields)[1]["cache-control"] == "private, no-cache"
    server = guarded("--header", 'cache-control: public, max-age=60, s-maxage=600, must-revalidate, private="x"')
    for path in ("/hello.txt", "/large.bin", "/none", "/docs"):
        control = ask(server, path, headers=fields)[1]["cache-control"]
        assert control == "private, max-age=60, must-revalidate", path
    assert ask(server)[1]["cache-control"] == "private, max-age=60, must-revalidate"


def test_the_log_has_the_user(guarded, tmp_path):
    for form in ("combined", "json"):
        log = tmp_path / f"{form}.log"
        server = guarded("--access-log", str(log), "--log-format", form)
        assert status_of(server, "anna:secret") == 200
        assert status_of(server, "zoe:wrong") == 401
        assert ask(server)[0] == 401
        assert status_of(server, "Jörg M:pässwörd: 密码") == 200
        assert server.stop() == 0
        lines = log.read_text().splitlines()
        if form == "json":
            assert [json.loads(line).get("user") for line in lines] == ["anna", None, None, "Jörg M"]
        else:
            users = [line.split(" ")[2] for line in lines]
            assert users == ["anna", "-", "-", "J\\xc3\\xb6rg\\x20M"]


def test_wrong_passwords_of_a_client_are_slowed_down(guarded):
    server = guarded("--limit", "failed_login_burst=2", "--limit", "failed_login_rate=1", *METRICS)
    watch = Watch(server)
    for _ in range(3):
        assert status_of(server, "zoe:secret") == 200  # what is right costs nothing
    for _ in range(2):
        assert status_of(server, "anna:wrong") == 401
    status, fields, _ = ask(server, headers={"Authorization": basic("anna:secret")})
    assert status == 429 and 1 <= int(fields["retry-after"]) <= 61
    assert status_of(server, "zoe:secret") == 200  # whom it knows
    assert ask(server)[0] == 401  # and who says nothing is asked
    watch.wait('weft_limit_reached_total{limit="failed_login_burst"}', 1)


def test_passwords_wait_only_so_many(guarded, passwords):
    passwords.write_text(f"anna:{SLOW}\n")
    server = guarded("--limit", "login_queue=1", *METRICS)
    watch = Watch(server)
    with Client(server) as client:
        streams = [client.get("/hello.txt", fields=login(f"anna:{guess}")) for guess in range(12)]
        client.wait(*streams)
        heads = [client.heads[stream] for stream in streams]
        busy = [head for head in heads if head[":status"] == "503"]
        assert 8 <= len(busy) <= 11 and all(int(head["retry-after"]) > 0 for head in busy)
        assert sum(head[":status"] == "401" for head in heads) == 12 - len(busy)
        assert watch.wait('weft_limit_reached_total{limit="login_queue"}', len(busy)) == len(busy)
        stream = client.get("/hello.txt", fields=login("anna:secret"))  # nothing was charged for those
        client.wait(stream)
        assert client.heads[stream][":status"] == "200"


def test_others_do_not_wait_while_a_password_is_tried(guarded, passwords):
    passwords.write_text(f"anna:{SLOW}\nzoe:{QUICK}\n")
    server = guarded()
    with Client(server) as client:
        first = client.get("/hello.txt", fields=login("zoe:secret"))
        client.wait(first)
        slow = client.get("/hello.txt", fields=login("anna:secret"))
        quick = client.get("/hello.txt", fields=login("zoe:secret"))
        client.wait(quick, slow)
        assert client.heads[slow][":status"] == "200"
        order = [stream for stream, _ in client.order]
        assert order.index(quick) < order.index(slow)


@pytest.mark.parametrize("how", ["reset", "end", "stream"])
def test_who_leaves_while_waiting_leaves_nothing_behind(guarded, passwords, tmp_path, how):
    passwords.write_text(f"anna:{SLOW}\nzoe:{QUICK}\n")
    log = tmp_path / "access.log"
    server = guarded("--access-log", str(log), "--log-format", "json", *METRICS)
    watch = Watch(server)
    right = known = 0
    if how == "stream":
        client = Client(server)
        client.wait(client.get("/hello.txt", fields=login("zoe:secret")))
        client.h2.reset_stream(client.get("/hello.txt", fields=login("anna:secret")))
        client.flush()
        stream = client.get("/hello.txt", fields=login("anna:secret"))
        client.wait(client.get("/hello.txt", fields=login("zoe:secret")))  # by then the other has come
        client.h2.reset_stream(stream)
        client.flush()
        right, known = 1, 1  # zoe's
    else:
        connection = server.connect()
        connection.sendall(f"GET /hello.txt HTTP/1.1\r\nHost: x\r\nAuthorization: {basic('anna:secret')}\r\n\r\n".encode())
        if how == "reset":
            # what has not been read would be lost
            until(lambda: watch.moved("weft_streams_open") + watch.moved(RIGHT), "the request was not heard", 30)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    watch.wait(RIGHT, right + 1, timeout=30)
    assert status_of(server, "anna:secret") == 200  # what was found out is known
    watch.wait(KNOWN, known + 1)
    assert server.stop() == 0


def test_the_end_waits_for_a_password(guarded, passwords):
    passwords.write_text(f"anna:{SLOW}\nzoe:{QUICK}\n")
    server = guarded()
    with Client(server) as client:
        client.wait(client.get("/hello.txt", fields=login("zoe:secret")))
        slow = client.get("/hello.txt", fields=login("anna:secret"))
        client.wait(client.get("/hello.txt", fields=login("zoe:secret")))  # so that one has come, too
        server.process.send_signal(signal.SIGTERM)
        client.wait(slow)
        assert client.bodies[slow] == b"hello, world\n"
    assert server.stop() == 0


def test_a_reload_reads_the_passwords_anew_and_forgets_who_was_known(guarded, passwords):
    server = guarded()
    assert status_of(server, "anna:secret") == 200
    passwords.write_text(f"zoe:{QUICK}\n")
    assert status_of(server, "anna:secret") == 200  # it holds what it has read
    server.process.send_signal(signal.SIGHUP)
    said(server, "weft: reloaded: ", most=30)
    assert status_of(server, "anna:secret") == 401
    assert status_of(server, "zoe:secret") == 200


def test_a_reload_with_a_wrong_file_leaves_all_as_it_was(guarded, passwords):
    server = guarded()
    good = passwords.read_text()
    passwords.write_text(f"zoe:{QUICK}\nanna:secret\n")
    server.process.send_signal(signal.SIGHUP)
    said(server, "not reloaded: ", most=30)
    assert f"{passwords}:2: " in server.output() and "htpasswd -B" in server.output()
    assert status_of(server, "anna:secret") == 200
    passwords.write_text(good)
    server.process.send_signal(signal.SIGHUP)
    said(server, "weft: reloaded: ", most=30)
    assert status_of(server, "anna:secret") == 200


def weft(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "text, words",
    cases(
        ("in the clear", "a:secret\n", ":1: this is no hash"),
        ("MD5", "#\na:$apr1$r31$xyz\n", ":2: this is no hash"),
        ("SHA-1", "a:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", "mkpasswd -m yescrypt"),
        ("cut", f"a:{QUICK[:-1]}\n", ":1: the hash is cut short"),
        ("twice", f"a:{QUICK}\na:{QUICK}\n", "'a' stands twice"),
        ("nobody", "\n# nobody\n", "nobody stands in it"),
    ),
)
def test_a_file_that_is_wrong_is_refused_at_the_start(root, passwords, text, words):
    passwords.write_text(text)
    said = weft("serve", root, "--listen", "http://127.0.0.1:0", "--auth", f"x:{passwords}")
    assert said.returncode == 1 and f"{passwords}:" in said.stderr and words in said.stderr, said.stderr


def test_what_cannot_be_meant_is_refused(root, tmp_path, passwords):
    inside = root / "docs/passwd"
    inside.write_text(passwords.read_text())
    (tmp_path / "link").symlink_to(inside)
    for file in (inside, tmp_path / "link"):
        said = weft("serve", root, "--listen", "http://127.0.0.1:0", "--auth", f"x:{file}")
        assert said.returncode == 1 and "would be served" in said.stderr, said.stderr
    for value in ("x", ":x", "x:", "a\nb:x", "r" * 129 + ":x"):
        assert weft("serve", root, "--auth", value).returncode == 2
    said = weft("serve", root, "--listen", "http://127.0.0.1:0", "--auth", f"x:{tmp_path / 'none'}")
    assert said.returncode == 1 and "No such file" in said.stderr


class Configured(Server):
    def __init__(self, file, certificate, *arguments):
        self.start([str(PROGRAM), "serve", "--config", str(file), *arguments], 2)


@pytest.fixture
def configured(tmp_path, certificate, root, passwords):
    """Serves sites by a file."""
    started = []

    def start(sites):
        file = tmp_path / "weft.yaml"
        file.write_text(
            "listen: [http://127.0.0.1:0, https://127.0.0.1:0]\nthreads: 1\n"
            f"certificates:\n- {{certificate: {certificate.file}, key: {certificate.key}}}\nsites:\n{sites}"
        )
        started.append(Configured(file, certificate))
        return started[-1]

    yield start
    for server in started:
        assert server.stop() == 0, server.output()


def ask_host(server, host, user=None, path="/hello.txt"):
    fields = login(user) if user else []
    connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=30)
    connection.request("GET", path, headers={"Host": host, **dict(fields)})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict((name.lower(), value) for name, value in answer.getheaders()), body


def test_each_site_has_its_own_door(configured, root, tmp_path):
    (tmp_path / "others").write_text(f"bert:{QUICK}\n")
    server = configured(
        f"- {{names: a.test, root: {root}, auth: {{realm: A, file: passwd}}}}\n"
        f"- {{names: b.test, root: {root}, auth: {{file: {tmp_path}/others}}}}\n"
        f"- {{names: c.test, root: {root}}}\n"
    )
    assert ask_host(server, "a.test")[1]["www-authenticate"] == 'Basic realm="A", charset="UTF-8"'
    assert ask_host(server, "b.test")[1]["www-authenticate"] == 'Basic realm="Restricted", charset="UTF-8"'
    status, fields, body = ask_host(server, "c.test", "anna:nonsense")
    assert (status, fields["cache-control"], body) == (200, "no-cache", b"hello, world\n")
    for _ in range(2):
        assert ask_host(server, "a.test", "anna:secret")[0] == 200
        assert ask_host(server, "b.test", "anna:secret")[0] == 401
        assert ask_host(server, "b.test", "bert:secret")[0] == 200
        assert ask_host(server, "a.test", "bert:secret")[0] == 401
    assert ask_host(server, "d.test", "anna:secret")[0] == 421


def test_nobody_is_asked_in_the_clear_where_https_is_there(configured, root):
    server = configured(
        f"- root: {root}\n  https_only: true\n  auth: {{file: passwd}}\n"
        "  headers: [{set: {link: '</secret.css>; rel=preload; as=style'}}]\n"
    )
    status, fields, _ = ask_host(server, "localhost", "anna:secret")
    assert status == 301 and "www-authenticate" not in fields and "link" not in fields
    assert ask(server, scheme="https")[0] == 401
    assert status_of(server, "anna:secret", scheme="https") == 200


def test_who_is_not_let_in_gets_the_fields_of_the_path_that_was_asked_for(configured, root):
    server = configured(
        f"- root: {root}\n  auth: {{file: passwd}}\n  headers: [{{path: /docs/*, set: {{x-part: docs}}}}]\n"
    )
    for _ in range(2):
        for path, part in (("/docs/a.css", "docs"), ("/hello.txt", None)):
            status, fields, _ = ask_host(server, "localhost", path=path)
            assert (status, fields.get("x-part")) == (401, part)
        assert ask_host(server, "localhost", "anna:secret", "/docs/a.css")[1]["x-part"] == "docs"


def test_a_wrong_file_is_told_by_check(tmp_path, root, passwords):
    file = tmp_path / "weft.yaml"
    file.write_text(f"sites:\n- root: {root}\n  auth: {{realm: x, file: passwd}}\n")
    assert weft("check", file).returncode == 0
    shown = weft("check", "--show", file)
    assert f'file: "{passwords}"' in shown.stdout and 'realm: "x"' in shown.stdout
    passwords.write_text("anna:secret\n")
    said = weft("check", file)
    assert said.returncode == 1 and f"{passwords}:1: this is no hash" in said.stderr, said.stderr
    passwords.write_text(f"anna:{QUICK}\nzoe:{QUICK.replace('$04$', '$31$')}\n")
    said = weft("check", file)
    assert said.returncode == 1 and f"{passwords}:2: the hash is so costly" in said.stderr, said.stderr
    assert "bcrypt, a cost of 31; expected at most 15" in said.stderr
    file.write_text(f"sites:\n- root: {root}\n  auth: {{realm: '', file: passwd}}\n")
    assert weft("check", file).returncode == 1


MANIFEST = "pages:\n  /:\n    - {path: /docs/a.css, as: style}\n"


class PushClient(Client):
    """Knows what it is promised."""

    def __init__(self, server, push=1):
        self.promises, self.hints = [], []
        super().__init__(server, push=push)

    def take(self, event):
        match type(event).__name__:
            case "PushedStreamReceived":
                self.promises.append(dict(event.headers)[":path"])
                self.bodies[event.pushed_stream_id] = b""
            case "InformationalResponseReceived":
                self.hints.append(dict(event.headers))
            case _:
                super().take(event)


def test_nothing_is_hinted_or_pushed_to_who_is_not_let_in(guarded, root, tmp_path):
    (root / "docs/a.css").write_text("p{}\n")
    (tmp_path / "manifest.yaml").write_text(MANIFEST)
    log = tmp_path / "access.log"
    server = guarded(
        "--manifest", str(tmp_path / "manifest.yaml"), "--early-hints", "always", "--access-log", str(log),
        "--log-format", "json", "--header", "link: </docs/b.css>; rel=preload; as=style", "--header",
        "cache-control: max-age=600",
    )  # fmt: skip
    for push in (0, 1):
        for user in (None, "anna:wrong"):
            with PushClient(server, push) as client:
                stream = client.get("/", fields=login(user) if user else ())
                client.wait(stream)
                assert client.heads[stream][":status"] == "401" and "link" not in client.heads[stream]
                assert b"a.css" not in client.bodies[stream] and not client.promises and not client.hints
    with PushClient(server) as client:
        stream = client.get("/", fields=login("anna:secret"))
        client.wait(stream)
        assert client.promises == ["/docs/a.css"] and "link" in client.heads[stream]
        while len(client.ended) < 2:
            client.pump()
    assert server.stop() == 0
    users = {(line["target"], line.get("user")) for line in map(json.loads, log.read_text().splitlines()) if line["status"] == 200}
    assert users == {("/", "anna"), ("/docs/a.css", "anna")}  # what was pushed is theirs to whom the page went


def test_a_site_may_have_its_own_words_for_who_is_not_let_in(guarded, root):
    (root / "401.html").write_text("<title>ask the caretaker</title>")
    server = guarded()
    status, fields, body = ask(server)
    assert (status, body) == (401, b"<title>ask the caretaker</title>")
    assert fields["www-authenticate"] == CHALLENGE


@pytest.mark.parametrize("user, status", [(None, 401), ("anna:wrong", 401), ("anna:secret", 405)])
@pytest.mark.parametrize("size", [10, 3_000_000])
def test_content_is_taken_while_a_password_is_tried(guarded, user, status, size):
    server = guarded()
    fields = login(user) if user else []
    with Client(server) as client:
        stream = client.get("/hello.txt", "POST", [*fields, ("content-length", str(size))], end=False)
        left = size
        while left > 0 and stream not in client.ended:
            room = min(left, client.h2.local_flow_control_window(stream), 16384)
            if room == 0:
                client.pump()
                continue
            client.h2.send_data(stream, b"x" * room, end_stream=left == room)
            client.flush()
            left -= room
        client.wait(stream)
        assert client.heads[stream][":status"] == str(status)


def test_many_at_once_on_several_threads(guarded):
    server = guarded("--threads=3")
    failed = []

    def load(user, status):
        try:
            with Client(server, "https") as client:
                streams = [client.get("/hello.txt", fields=login(user)) for _ in range(40)]
                client.wait(*streams)
                assert {client.heads[stream][":status"] for stream in streams} == {status}
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=load, args=args) for args in [("anna:secret", "200"), ("zoe:wrong", "401")] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


@pytest.mark.parametrize(
    "listen, words, is_told",
    cases(
        ("others reach it", "http://0.0.0.0:8080", "", True),
        ("every address", "http://*:8080", "", True),
        ("only this machine does", "http://127.0.0.1:8080", "", False),
        ("by its name", "http://localhost:8080", "", False),
        ("over TLS", "https://*:8443", "", False),
        ("sent to https", "http://*:8080, https://*:8443", "https_only: true, ", False),
    ),
)
def test_passwords_in_the_clear_are_warned_of(tmp_path, root, passwords, listen, words, is_told):
    file = tmp_path / "weft.yaml"
    file.write_text(f"listen: [{', '.join(repr(url) for url in listen.split(', '))}]\nsites:\n- {{root: {root}, {words}auth: {{realm: Staff, file: passwd}}}}\n")
    said = subprocess.run([PROGRAM, "check", file], capture_output=True, text=True, timeout=20)
    assert said.returncode == 0, said.stderr
    warning = f'warning: passwords for "Staff" cross the network in the clear on {listen.split(", ")[0]}:'
    assert said.stderr.count(warning) == is_told and said.stderr.count("clear") == is_told


def test_a_server_warns_of_passwords_in_the_clear_as_it_starts(serve, root, passwords, certificate):
    server = serve(root, "--auth", f"Staff:{passwords}", "--listen", "http://0.0.0.0:0", "--listen", "https://127.0.0.1:0")
    assert server.output().count("warning: passwords for \"Staff\" cross the network in the clear") == 1
