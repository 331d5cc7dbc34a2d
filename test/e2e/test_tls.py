"""TLS as its users and its enemies meet it: versions, ALPN, names, resumption, what is refused and what is cut off."""

import re
import socket
import ssl
import subprocess
import time

import pytest
from conftest import Certificate
from h1_client import answers, receive
from h2_client import PREFACE, SETTINGS, frame

REQUEST = b"GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def context(low=ssl.TLSVersion.TLSv1_2, high=ssl.TLSVersion.TLSv1_3, alpn=(), ciphers=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if low < ssl.TLSVersion.TLSv1_2:
        made.set_ciphers("ALL:@SECLEVEL=0")  # or OpenSSL would not even offer it
    if ciphers:
        made.set_ciphers(ciphers)
    made.minimum_version, made.maximum_version = low, high
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


def connect(server, made, name="localhost", session=None):
    raw = socket.create_connection(("127.0.0.1", server.https), 10)
    return made.wrap_socket(raw, server_hostname=name, session=session)


def openssl(server, *arguments, said=b"", seconds=20):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.https}", "-servername", "localhost", *arguments],
        input=said, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds,
    )  # fmt: skip
    return done.stdout.decode("latin-1")


@pytest.mark.parametrize("version, name", [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")])
@pytest.mark.parametrize("protocol", ["h2", "http/1.1"])
def test_both_versions_with_both_protocols(server, version, name, protocol):
    with connect(server, context(version, version, alpn=[protocol])) as connection:
        assert (connection.version(), connection.selected_alpn_protocol()) == (name, protocol)
        if protocol == "http/1.1":
            connection.sendall(REQUEST)
            assert answers(receive(connection))[0].body == b"hello, world\n"
        else:
            connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
            assert connection.recv(9)[3] == SETTINGS


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_refused(server, version):
    """RFC 9113 §9.2, RFC 8996."""
    with pytest.raises((ssl.SSLError, ConnectionResetError), match="(?i)alert|reset"):
        connect(server, context(version, version))


def test_the_servers_order_of_protocols_counts(server):
    """RFC 7301 §3.2."""
    for offered in (["h2", "http/1.1"], ["http/1.1", "h2"]):
        with connect(server, context(alpn=offered)) as connection:
            assert connection.selected_alpn_protocol() == "h2", offered
    with connect(server, context(alpn=["spdy/3", "http/1.0", "http/1.1"])) as connection:
        assert connection.selected_alpn_protocol() in ("http/1.1", "http/1.0")


@pytest.mark.parametrize("offered", [["h3"], ["h2c"], ["spdy/3", "imap"], ["H2"], ["h2x"]])
def test_no_common_protocol_is_an_alert(server, offered):
    """RFC 7301 §3.2: no_application_protocol (120); h2c is never chosen over TLS, RFC 9113 §3.1."""
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        connect(server, context(alpn=offered))


def test_without_alpn_it_is_http_1_1(server):
    with connect(server, context()) as connection:
        assert connection.selected_alpn_protocol() is None
        connection.sendall(REQUEST)
        assert answers(receive(connection))[0].version == "1.1"


def test_http_1_bytes_behind_alpn_h2_are_no_request(server):
    with connect(server, context(alpn=["h2"])) as connection:
        connection.sendall(REQUEST)
        raw = receive(connection)
        assert b"hello, world" not in raw and not raw.startswith(b"HTTP/1")


def test_forward_secrecy_and_aead_alone(server):
    """RFC 9113 §9.2.2: the one cipher that must be there is, or its like for an ECDSA key; those of appendix A are not."""
    two = ssl.TLSVersion.TLSv1_2
    for ciphers in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"):
        with connect(server, context(two, two, ["h2"], ciphers)) as connection:
            assert connection.selected_alpn_protocol() == "h2"
    for ciphers in ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM8"):
        with pytest.raises(ssl.SSLError):
            connect(server, context(two, two, ["h2"], ciphers))


def test_an_rsa_key_works_with_the_mandatory_cipher(serve, root, tmp_path):
    """RFC 9113 §9.2.2: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 with P-256."""
    rsa = Certificate(tmp_path, kind="rsa")
    server = serve(root, certificate=rsa)
    said = openssl(server, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "-curves", "P-256", "-alpn", "h2")
    assert "ALPN protocol: h2" in said and "Cipher is ECDHE-RSA-AES128-GCM-SHA256" in said, said[-1500:]


@pytest.mark.parametrize("group", ["X25519", "P-256"])
def test_the_usual_groups_need_no_second_round(server, group):
    said = openssl(server, "-tls1_3", "-groups", group, "-msg")
    assert said.count("ServerHello") == 1 and "Cipher is TLS_" in said, said[-1500:]


@pytest.fixture
def two_names(serve, root, tmp_path):
    made = []
    for name in ("one.example", "two.example"):
        (tmp_path / name).mkdir()
        made.append(Certificate(tmp_path / name, names=(name, f"*.{name}")))
    one, two = made
    return serve(root, "--cert", two.file, "--key", two.key, certificate=one)


@pytest.mark.parametrize("asked, given", [
    ("one.example", "one.example"), ("two.example", "two.example"), ("www.two.example", "two.example"),
    ("TWO.example", "two.example"), ("a.b.two.example", "one.example"), ("other.example", "one.example"), (None, "one.example"),
])  # fmt: skip
def test_the_name_that_is_asked_for_decides(two_names, asked, given):
    """RFC 6066 §3; a wildcard stands for one label, RFC 6125 §6.4.3; the first certificate where none fits."""
    with connect(two_names, context(), asked) as connection:
        held = ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))
    said = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=held, capture_output=True, text=True).stdout
    assert given in said, (asked, said)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed_by_its_ticket(server, version):
    made = context(version, version)
    with connect(server, made) as connection:
        connection.sendall(REQUEST)
        receive(connection)  # in 1.3 the tickets come behind the handshake
        session = connection.session
        assert session is not None and session.has_ticket and not connection.session_reused
        assert 0 < session.ticket_lifetime_hint <= 7 * 24 * 3600  # RFC 8446 §4.6.1
    with connect(server, made, session=session) as connection:
        assert connection.session_reused
        connection.sendall(REQUEST)
        assert answers(receive(connection))[0].body == b"hello, world\n"


def test_resumption_with_openssl_s_client(server, tmp_path):
    kept = str(tmp_path / "session")
    for version in ("-tls1_2", "-tls1_3"):
        first = openssl(server, version, "-sess_out", kept, "-ign_eof", said=REQUEST)
        again = openssl(server, version, "-sess_in", kept, "-ign_eof", said=REQUEST)
        assert "\nNew, TLSv1" in first and "\nReused, TLSv1" in again, again[-1500:]


def test_a_ticket_of_one_name_is_not_taken_for_another(two_names):
    """A session of one host is no key to the other (CVE-2025-23419)."""
    made = context(ssl.TLSVersion.TLSv1_3)
    with connect(two_names, made, "one.example") as connection:
        connection.sendall(REQUEST)
        receive(connection)
        session = connection.session
    with connect(two_names, made, "two.example", session=session) as connection:
        assert not connection.session_reused


def test_a_forged_ticket_is_a_full_handshake(server, serve, root):
    """A ticket that another server made."""
    made = context(ssl.TLSVersion.TLSv1_3)
    with connect(serve(root), made) as connection:
        connection.sendall(REQUEST)
        receive(connection)
        session = connection.session
    with connect(server, made, session=session) as connection:
        assert not connection.session_reused
        connection.sendall(REQUEST)
        assert answers(receive(connection))[0].status == 200


def test_renegotiation_is_refused(server):
    """RFC 9113 §9.2.1. OpenSSL's R asks for it in the middle of the connection."""
    said = openssl(server, "-tls1_2", "-alpn", "http/1.1", said=b"R\n" + REQUEST)
    assert "RENEGOTIATING" in said and "hello, world" not in said, said[-1500:]
    assert re.search("(?i)no.renegotiation|alert|unexpected|errno", said), said[-1500:]


def test_nothing_is_compressed(server):
    """RFC 9113 §9.2.1."""
    for version in ("-tls1_2", "-tls1_3"):
        assert "Compression: NONE" in openssl(server, version, "-comp")


def test_no_early_data_is_offered(server):
    """RFC 8470 §3: who does not handle replays takes none."""
    said = openssl(server, "-tls1_3", "-ign_eof", "-msg", said=REQUEST)
    assert "Max Early Data: 0" in said, said[-1500:]


def end_of(connection, seconds=5):
    """What comes until the end; fails where the connection stays open."""
    connection.settimeout(seconds)
    return receive(connection)


def test_a_connection_cut_in_a_handshake_harms_nothing(server, curl):
    hello = client_hello()
    for size in (1, 4, 5, 6, 50, len(hello) - 1, len(hello)):
        with socket.create_connection(("127.0.0.1", server.https), 5) as connection:
            connection.sendall(hello[:size])
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def client_hello():
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    pending = context(alpn=["h2"]).wrap_bio(into, out, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        pending.do_handshake()
    return out.read()


def test_a_hello_in_single_bytes_is_taken(server):
    with socket.create_connection(("127.0.0.1", server.https), 5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        hello = client_hello()
        for i in range(len(hello)):
            connection.sendall(hello[i : i + 1])
        assert connection.recv(5)[:1] == b"\x16"  # a handshake record


@pytest.mark.parametrize("junk", [
    REQUEST, PREFACE, b"SSH-2.0-x\r\n", b"\x80\x2e\x01\x00\x02", b"\x16\x03\x01\xff\xff" + bytes(70000), b"\x16\x03\x01\x00\x00" * 100,
    b"\x17\x03\x03\x00\x10" + bytes(16), b"\x15\x03\x01\x00\x02\x02\x28", bytes(1000),
], ids=["http", "h2", "ssh", "sslv2", "huge record", "empty records", "data", "alert", "zeroes"])  # fmt: skip
def test_what_is_no_hello_ends_the_connection(server, curl, junk):
    with socket.create_connection(("127.0.0.1", server.https), 5) as connection:
        try:
            connection.sendall(junk)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        raw = end_of(connection)
        assert b"hello, world" not in raw and not raw.startswith(b"\x16"), raw[:50]
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_plain_http_on_the_tls_port_is_ended_without_waiting(server):
    with socket.create_connection(("127.0.0.1", server.https), 5) as connection:
        connection.sendall(REQUEST)
        started = time.monotonic()
        end_of(connection)
        assert time.monotonic() - started < 3


def test_tls_on_the_plain_port_is_ended_without_waiting(server):
    with socket.create_connection(("127.0.0.1", server.http), 5) as connection:
        connection.sendall(client_hello())
        started = time.monotonic()
        assert b"hello" not in end_of(connection)
        assert time.monotonic() - started < 3


def test_a_record_that_was_tampered_with_ends_the_connection(server, curl):
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    made = context(alpn=["http/1.1"]).wrap_bio(into, out, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", server.https), 5) as connection:
        while True:
            try:
                made.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(out.read())
                into.write(connection.recv(65536))
        connection.sendall(out.read())
        made.write(REQUEST)
        record = bytearray(out.read())
        record[-1] ^= 1
        connection.sendall(record)
        raw = end_of(connection)
        into.write(raw)
        plain = b""
        try:
            while piece := made.read(65536):
                plain += piece
        except ssl.SSLError as error:
            assert error.args
        assert b"hello, world" not in plain
    assert curl(server.url("/hello.txt")) == "hello, world\n"


def test_a_slow_handshake_is_ended_in_all(serve, root):
    """Bytes that drip do not extend it."""
    server = serve(root, "--limit", "handshake_timeout_ms=500")
    hello, started = client_hello(), time.monotonic()
    with socket.create_connection(("127.0.0.1", server.https), 15) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(0.1)
        for i in range(len(hello) - 1):
            try:
                connection.sendall(hello[i : i + 1])
                if not connection.recv(1000):
                    break
            except TimeoutError:
                pass
            except OSError:
                break
            assert time.monotonic() - started < 12, "the handshake goes on for ever"
    assert time.monotonic() - started < 11


def test_the_certificate_made_on_the_spot_is_for_localhost_and_kept(serve, root, tmp_path):
    """Without --cert: the same one after a restart, its key for the user alone."""
    seen = []
    for _ in range(2):
        server = serve(root, certificate=None, env={"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)})
        with connect(server, context()) as connection:
            seen.append(connection.getpeercert(binary_form=True))
        server.stop()
    assert seen[0] == seen[1]
    (tmp_path / "held.pem").write_text(ssl.DER_cert_to_PEM_cert(seen[0]))
    said = subprocess.run(["openssl", "x509", "-in", str(tmp_path / "held.pem"), "-noout", "-text"], capture_output=True, text=True).stdout
    assert "DNS:localhost" in said and "127.0.0.1" in said and "prime256v1" in said, said
    keys = [path for path in tmp_path.rglob("*") if path.is_file() and "PRIVATE KEY" in path.read_text(errors="ignore")]
    assert keys and all(path.stat().st_mode & 0o077 == 0 for path in keys), keys
    assert str(keys[0].parent) in server.output(), "it does not say where the certificate is"
