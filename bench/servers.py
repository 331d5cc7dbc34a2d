"""The servers that are measured, each as it would be set up fairly: one worker on one core, the same files and
certificate, TLS 1.3 with AES-128-GCM, no access log, caches and sendfile on, keep-alive without a bound."""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import load

PORTS = {  # +0 clear, +1 TLS
    "weft": 21000, "h2o": 21010, "nginx": 21020, "nghttpd": 21030, "floor": 21040, "bare": 21050,
}  # fmt: skip


class Server:
    """One server process on one core; `tls` and `clear` are its ports."""

    name = ""
    host = "127.0.0.1"  # where it listens
    threads = 1

    def __init__(self, work, root, cert, key, core, program=None):
        self.work = os.path.join(work, self.name)
        os.makedirs(self.work, exist_ok=True)
        self.root, self.cert, self.key, self.core = root, cert, key, core
        self.program = program or shutil.which(self.name) or shutil.which(self.name, path="/usr/sbin:/usr/bin")
        self.clear = PORTS[self.name]
        self.tls = self.clear + 1
        self.process = None
        self.is_wrapped = False  # runs below valgrind and the like

    def command(self):
        raise NotImplementedError

    def url(self, work):
        """Where the first file of a workload is, up to the slash."""
        port = self.tls if work.is_tls else self.h2c_port() if work.protocol == "h2c" else self.clear
        return f"{'https' if work.is_tls else 'http'}://{self.host}:{port}"

    def h2c_port(self):
        return self.clear

    def ports(self):
        return (self.clear, self.tls)

    @staticmethod
    def takes_part(work):
        """Can it be asked for a workload?"""
        return True

    def prepare(self, work):
        """What it takes to be asked for a workload: for most, nothing."""

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def start(self, wrapper=()):
        self.is_wrapped = bool(wrapper)
        pin = load.pinned(self.core)
        log = open(self.path("log"), "w")
        self.process = subprocess.Popen(
            [*pin, *wrapper, *self.command()], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        load.go_first(self.process.pid)
        deadline = time.monotonic() + 30
        for port in self.ports():
            while True:
                if self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} ended at once; see {self.path('log')}")
                try:
                    socket.create_connection((self.host, port), 1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"{self.name} does not listen on port {port}") from None
                    time.sleep(0.05)
        return self

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, how)
            self.process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def pids(self):
        """The server's process and all below it."""
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            try:
                with open(f"/proc/{pid}/task/{pid}/children") as file:
                    queue += [int(child) for child in file.read().split()]
            except OSError:
                pass
        return found

    def threads_of_all(self):
        """The folders in /proc of all threads."""
        return [f"/proc/{pid}/task/{task}" for pid in self.pids() for task in os.listdir(f"/proc/{pid}/task")]

    def cpu_ns(self):
        """Time on a processor, of all threads, in nanoseconds."""
        total = 0
        for thread in self.threads_of_all():
            try:
                with open(f"{thread}/schedstat") as file:
                    total += int(file.read().split()[0])
            except FileNotFoundError:  # it ended meanwhile: a helper that had nothing to do
                pass
        return total

    def sleeps(self):
        """How often threads had nothing to do and slept."""
        total = 0
        for thread in self.threads_of_all():
            try:
                with open(f"{thread}/status") as file:
                    total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M)[1])
            except FileNotFoundError:
                pass
        return total

    def memory_kb(self):
        """Proportional set size, so that shared pages count once."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup") as file:
                for line in file:
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total

    def version(self):
        return ""


class Weft(Server):
    name = "weft"

    def command(self):
        return [
            self.program, "serve", self.root, "--threads", str(self.threads), "--no-access-log",
            "--cert", self.cert, "--key", self.key, "--limit", "requests_per_connection=4000000000",
            "--limit", "idle_timeout_ms=600000",
            "--listen", f"http://{self.host}:{self.clear}", "--listen", f"https://{self.host}:{self.tls}",
            *(["--single-process", "--sandbox", "off", "--user", getpass.getuser()] if self.is_wrapped else []),  # valgrind writes as who started it
        ]  # fmt: skip

    def version(self):
        return first_line([self.program, "--version"])


class H2o(Server):
    name = "h2o"

    def command(self):
        config = self.write(
            "h2o.conf",
            f"""num-threads: 1
max-connections: 20000
http2-idle-timeout: 600
http1-request-timeout: 600
http2-reprioritize-blocking-assets: OFF
ssl-session-resumption:
  mode: all
hosts:
  default:
    listen:
      port: {self.clear}
      host: {self.host}
    listen:
      port: {self.tls}
      host: {self.host}
      ssl:
        certificate-file: {self.cert}
        key-file: {self.key}
        minimum-version: TLSv1.2
        cipher-preference: server
    paths:
      /:
        file.dir: {self.root}
        file.send-compressed: OFF
{"user: root" if os.getuid() == 0 else ""}
pid-file: {self.path("pid")}
error-log: {self.path("error.log")}
""",
        )
        return [self.program, "-c", config]

    def version(self):
        return first_line([self.program, "-v"])


class Nginx(Server):
    name = "nginx"

    def command(self):
        user = "user root;" if os.getuid() == 0 else ""
        config = self.write(
            "nginx.conf",
            f"""daemon off; worker_processes 1; {user} pid {self.path("pid")}; error_log {self.path("error.log")} crit;
worker_rlimit_nofile 30000;
events {{ worker_connections 20000; }}
http {{
  include /etc/nginx/mime.types;
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=10000 inactive=60s; open_file_cache_valid 1s;
  keepalive_requests 1000000000; keepalive_timeout 3600s; http2_max_concurrent_streams 256;
  client_body_temp_path {self.work}; proxy_temp_path {self.work}; fastcgi_temp_path {self.work};
  uwsgi_temp_path {self.work}; scgi_temp_path {self.work};
  ssl_session_cache shared:s:10m; ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
  server {{ listen {self.host}:{self.clear}; root {self.root}; }}
  server {{ listen {self.host}:{self.clear + 2} http2; root {self.root}; }}
  server {{ listen {self.host}:{self.tls} ssl http2; root {self.root};
           ssl_certificate {self.cert}; ssl_certificate_key {self.key}; }}
}}
""",
        )
        return [self.program, "-c", config, "-p", self.work]

    def h2c_port(self):
        return self.clear + 2  # nginx 1.22 knows h2c only on a port of its own

    def version(self):
        return first_line([self.program, "-v"])


class Nghttpd(Server):
    name = "nghttpd"

    @staticmethod
    def takes_part(work):
        return not work.is_http1

    def command(self):
        # nghttpd has one port a process: the two of them run side by side
        shared = f"-d {self.root} -a {self.host} -n 1 -m 256"
        return [
            "sh", "-c",
            f"{self.program} {shared} --no-tls {self.clear} & exec {self.program} {shared} {self.tls} {self.key} {self.cert}",
        ]  # fmt: skip

    def version(self):
        return first_line([self.program, "--version"])


class Floor(Server):
    """bench/floor.c, with TLS through the library: one port, one protocol and its own sizes for each workload, so it
    starts anew for each."""

    name = "floor"
    records = "library"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.workload = None

    def command(self):
        sizes = ",".join(str(os.path.getsize(os.path.join(self.root, name))) for name in self.workload.files)
        protocol = "h1" if self.workload.is_http1 else "h2"
        tls = [self.cert, self.key, f"records={self.records}"] if self.workload.is_tls else []
        return [self.program, str(self.ports()[0]), sizes, protocol, *tls]

    def ports(self):
        return (self.tls if self.workload.is_tls else self.clear,)

    def start(self, wrapper=()):
        return super().start(wrapper) if self.workload else self

    def prepare(self, work):
        if work != self.workload:
            self.stop()
            self.workload = work
            self.start()

    def version(self):
        return "system calls and TLS library, of prepared answers"


class Bare(Floor):
    """The same program with records sealed and opened below the library; without TLS it would be the floor itself."""

    name = "bare"
    records = "bare"

    @staticmethod
    def takes_part(work):
        return work.is_tls

    def version(self):
        return "the floor with the cipher alone, below the library's records"


ALL = {server.name: server for server in (Weft, H2o, Nginx, Nghttpd, Floor, Bare)}


def first_line(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].strip() if lines else ""
