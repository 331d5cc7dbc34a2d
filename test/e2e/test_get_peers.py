"""weft get against the servers that people run, from Debian's packages: the same bytes in every version."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import pytest
from conftest import PROGRAM, needs

SIZE = 300_000
NODE = """
const fs = require('fs'), http2 = require('http2'), http = require('http'), path = require('path');
const [root, cert, key] = process.argv.slice(2);
const answer = (request, response) => {
    const name = path.join(root, path.basename(request.url));
    response.setHeader('content-length', fs.statSync(name).size);
    fs.createReadStream(name).pipe(response);
};
const tls = {cert: fs.readFileSync(cert), key: fs.readFileSync(key), allowHTTP1: true};
const servers = [http.createServer(answer), http2.createSecureServer(tls, answer)];
Promise.all(servers.map(s => new Promise(done => s.listen(0, '127.0.0.1', done)))).then(
    () => console.log(servers.map(s => s.address().port).join(' ')));
"""


def free_ports(count):
    """Ports that are free now. They stay so with TIME_WAIT's help no longer than it takes: who finds one taken tries again."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Peer:
    """A server of another make: `clear` and `secure` are its ports."""

    def __init__(self, certificate):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weft-peer-"))  # some serve as nobody, and have to get in
        self.certificate, self.processes = certificate, []
        self.root = self.folder / "root"
        self.root.mkdir()
        os.chmod(self.folder, 0o755)
        (self.root / "small.txt").write_text("hello, world\n")
        (self.root / "large.bin").write_bytes((bytes(i * i % 251 for i in range(251)) * (SIZE // 251 + 1))[:SIZE])

    def start(self, *command, **options):
        options = {"stdout": subprocess.DEVNULL, **options}
        process = subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, stderr=open(self.folder / "log", "ab"),
                                   start_new_session=True, **options)
        self.processes.append(process)
        return process

    def wait(self, ports):
        """Until it listens: each attempt waits in the kernel or fails at once, and the process is looked at between them."""
        pause = threading.Event()
        for _ in range(400):
            try:
                for port in ports:
                    socket.create_connection(("127.0.0.1", port), 5).close()
                return True
            except OSError:
                if any(each.poll() is not None for each in self.processes):
                    return False
                pause.wait(0.05)
        return False

    def stop(self):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(10)
            except ProcessLookupError:
                pass
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def nginx(peer, clear, secure):
    (peer.folder / "nginx.conf").write_text(f"""
        daemon off; master_process off; pid {peer.folder}/pid; error_log {peer.folder}/log; events {{}}
        http {{ access_log off; client_body_temp_path {peer.folder}; proxy_temp_path {peer.folder};
            fastcgi_temp_path {peer.folder}; uwsgi_temp_path {peer.folder}; scgi_temp_path {peer.folder};
            server {{ listen 127.0.0.1:{clear}; listen 127.0.0.1:{secure} ssl http2; root {peer.root};
                ssl_certificate {peer.certificate.file}; ssl_certificate_key {peer.certificate.key}; }} }}""")
    peer.start("nginx", "-c", peer.folder / "nginx.conf")


def h2o(peer, clear, secure):
    (peer.folder / "h2o.conf").write_text(f"""
listen: {{host: 127.0.0.1, port: {clear}}}
hosts:
  default:
    listen:
      host: 127.0.0.1
      port: {secure}
      ssl: {{certificate-file: {peer.certificate.file}, key-file: {peer.certificate.key}}}
    paths: {{/: {{file.dir: {peer.root}}}}}
""")
    peer.start("h2o", "-c", peer.folder / "h2o.conf")


def nghttpd(peer, clear, secure):
    peer.start("nghttpd", "--no-tls", "-d", peer.root, clear)
    peer.start("nghttpd", "-d", peer.root, secure, peer.certificate.key, peer.certificate.file)


def apache(peer, clear, secure):
    modules = ["mpm_event", "authz_core", "unixd", "ssl", "http2", "socache_shmcb"]
    folder = pathlib.Path("/usr/lib/apache2/modules")
    loads = "\n".join(f"LoadModule {name}_module {folder}/mod_{name}.so" for name in modules
                      if (folder / f"mod_{name}.so").exists())
    (peer.folder / "apache.conf").write_text(f"""
        ServerRoot {peer.folder}
        {loads}
        PidFile {peer.folder}/pid
        ErrorLog {peer.folder}/log
        DefaultRuntimeDir {peer.folder}
        Mutex file:{peer.folder}
        ServerName localhost
        Listen 127.0.0.1:{clear}
        Listen 127.0.0.1:{secure}
        User nobody
        Group nogroup
        DocumentRoot {peer.root}
        Protocols h2 h2c http/1.1
        <VirtualHost 127.0.0.1:{secure}>
            SSLEngine on
            SSLCertificateFile {peer.certificate.file}
            SSLCertificateKeyFile {peer.certificate.key}
            Protocols h2 http/1.1
        </VirtualHost>""")
    peer.start("apache2", "-X", "-f", peer.folder / "apache.conf")


def caddy(peer, clear, secure):
    (peer.folder / "Caddyfile").write_text(f"""{{
    admin off
    auto_https off
}}
http://127.0.0.1:{clear} {{
    root * {peer.root}
    file_server
}}
https://localhost:{secure} https://127.0.0.1:{secure} {{
    tls {peer.certificate.file} {peer.certificate.key}
    root * {peer.root}
    file_server
}}
""")
    home = {**os.environ, "HOME": str(peer.folder), "XDG_DATA_HOME": str(peer.folder), "XDG_CONFIG_HOME": str(peer.folder)}
    peer.start("caddy", "run", "--adapter", "caddyfile", "--config", peer.folder / "Caddyfile", env=home)


def node(peer, clear, secure):
    (peer.folder / "serve.js").write_text(NODE)
    process = peer.start("node", peer.folder / "serve.js", peer.root, peer.certificate.file, peer.certificate.key,
                         stdout=subprocess.PIPE, text=True)
    return tuple(map(int, process.stdout.readline().split()))


CLEAR_H2 = {"h2o", "nghttpd", "apache"}  # who speaks it by prior knowledge
NO_H1 = {"nghttpd"}
MAKES = {"nginx": (nginx, "nginx"), "h2o": (h2o, "h2o"), "nghttpd": (nghttpd, "nghttpd"), "apache": (apache, "apache2"),
         "caddy": (caddy, "caddy"), "node": (node, "node")}


@pytest.fixture(scope="module", params=[pytest.param(name, marks=needs(program)) for name, (_, program) in MAKES.items()])
def peer(request, certificate):
    for _ in range(5):
        made = Peer(certificate)
        ports = free_ports(2)
        ports = MAKES[request.param][0](made, *ports) or ports
        if made.wait(ports):
            made.name, (made.clear, made.secure) = request.param, ports
            yield made
            made.stop()
            return
        said = (made.folder / "log").read_text(errors="replace")
        made.stop()
    pytest.fail(said)


def fetch(peer, url, *options):
    urls = [f"{url}/{name}" for name in ("small.txt", "large.bin", "small.txt", "small.txt")]
    done = subprocess.run([str(PROGRAM), "get", "-v", "--cacert", peer.certificate.file, *options, *urls],
                          capture_output=True, timeout=60)
    small, large = (peer.root / "small.txt").read_bytes(), (peer.root / "large.bin").read_bytes()
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    assert done.stdout == small + large + small + small
    return done.stderr.decode()


@pytest.mark.parametrize("options", [["--http1.0"], ["--http1.1"], ["--pipeline", "4"]], ids=["1.0", "1.1", "pipelined"])
def test_http1_in_clear_text(peer, options):
    if peer.name in NO_H1:
        pytest.skip("it speaks no HTTP/1")
    fetch(peer, f"http://127.0.0.1:{peer.clear}", *options)


def test_http1_over_tls(peer):
    if peer.name in NO_H1:
        pytest.skip("it speaks no HTTP/1")
    assert "HTTP/1.1 over TLS" in fetch(peer, f"https://localhost:{peer.secure}", "--http1.1")


def test_http2_over_tls_is_what_alpn_agrees_on(peer):
    text = fetch(peer, f"https://localhost:{peer.secure}")
    assert text.count("ready: HTTP/2 over TLS") == 1, text[:2000]


def test_http2_by_prior_knowledge(peer):
    if peer.name not in CLEAR_H2:
        pytest.skip("it does not speak HTTP/2 in clear text")
    fetch(peer, f"http://127.0.0.1:{peer.clear}", "--http2-prior-knowledge")
