"""The lab's package server: a caching HTTP proxy for apt, and the files of the lab's own repositories.

Nodes ask it for everything that apt fetches over plain http, so that a package is downloaded once for all labs. It
keeps only what never changes under its address (.deb files, by-hash indexes), passes everything else through, and
refuses whatever is neither GET nor HEAD. apt verifies all of it by signature and hash as ever."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from email.message import Message
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from mhv_tui.lab import host
from mhv_tui.lab.host import LabError

PORT = 3142
MARK = "mhv_tui.lab.apt_proxy"
TIMEOUT = 60
"""Seconds without a byte from upstream."""

ASKED = ("If-Modified-Since", "Cache-Control", "Accept")
ANSWERED = ("Content-Type", "Content-Length", "Last-Modified", "ETag")


class AptProxy(ThreadingHTTPServer):
    """The server with its two directories and the way to the world."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], cache: Path, files: Path, proxy: str) -> None:
        super().__init__(address, Request)
        self.cache, self.files = cache, files
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy} if proxy else {}))
        self.locks: dict[str, threading.Lock] = {}


class Request(BaseHTTPRequestHandler):
    """One connection of apt."""

    protocol_version = "HTTP/1.1"
    server: AptProxy
    timeout = 300

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the log to what failed."""
        if len(args) > 1 and str(args[1]) >= "500":
            super().log_message(format, *args)

    def do_GET(self) -> None:
        """A file of ours, a kept file, or what upstream says."""
        target = urlsplit(self.path)
        own = f"{self.server.server_address[0]!s}:{self.server.server_address[1]}"
        if not target.netloc or target.netloc == own:
            return self._send_file(self._own_file(target.path))
        if target.scheme != "http":
            return self.send_error(501, "Only plain http passes through here")
        if not lasting(target.path):
            return self._pass()
        with self.server.locks.setdefault(self.path, threading.Lock()):
            kept = self.server.cache / key(self.path)
            if kept.exists():
                return self._send_file(kept)
            return self._pass(kept)

    do_HEAD = do_GET

    def _own_file(self, path: str) -> Path:
        wanted = (self.server.files / unquote(path).lstrip("/")).resolve()
        return wanted if wanted.is_relative_to(self.server.files.resolve()) else self.server.files / "nothing"

    def _send_file(self, path: Path) -> None:
        try:
            file = path.open("rb")
        except OSError:
            return self.send_error(404)
        with file:
            status = os.fstat(file.fileno())
            self.send_response(200)
            self.send_header("Content-Length", str(status.st_size))
            self.send_header("Last-Modified", self.date_time_string(int(status.st_mtime)))
            self.end_headers()
            if self.command == "GET":
                shutil.copyfileobj(file, self.wfile, 1 << 18)

    def _pass(self, keep: Path | None = None) -> None:
        wanted = {name: self.headers[name] for name in ASKED if name in self.headers}
        request = urllib.request.Request(self.path, headers=wanted, method=self.command)
        try:
            with self.server.opener.open(request, timeout=TIMEOUT) as answer:
                self._answer(answer.status, answer.headers)
                if self.command == "GET":
                    self._stream(answer, int(answer.headers.get("Content-Length", -1)), keep)
        except urllib.error.HTTPError as error:
            self._answer(error.code, error.headers, empty=True)
            error.close()
        except (OSError, HTTPException) as error:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.send_error(502, f"The package source does not answer: {type(error).__name__}")

    def _answer(self, status: int, headers: Message, empty: bool = False) -> None:
        self.send_response(status)
        for name in ANSWERED:
            if name in headers and not (empty and name == "Content-Length"):
                self.send_header(name, headers[name])
        if empty and status != 304:
            self.send_header("Content-Length", "0")
        if not empty and "Content-Length" not in headers:
            self.send_header("Connection", "close")
        self.end_headers()

    def _stream(self, source: IO[bytes], length: int, keep: Path | None) -> None:
        """Hands on as it comes; what arrived whole is kept."""
        with tempfile.NamedTemporaryFile(dir=self.server.cache, prefix=".part-", delete=False) as scratch:
            try:
                got = 0
                while block := source.read(1 << 17):
                    got += len(block)
                    self.wfile.write(block)
                    if keep:
                        scratch.write(block)
                if keep and got == length:
                    scratch.flush()
                    Path(scratch.name).rename(keep)
                elif got < length:
                    self.close_connection = True
            finally:
                Path(scratch.name).unlink(missing_ok=True)


def lasting(path: str) -> bool:
    """Whether what stands at this path never changes: a package, or an index named by its hash."""
    return path.endswith((".deb", ".udeb")) or "/by-hash/" in path


def key(url: str) -> str:
    """The name under which a URL is kept; the file's own name stays readable in it."""
    return hashlib.sha256(url.encode()).hexdigest()[:24] + "-" + Path(urlsplit(url).path).name[-100:]


def url(address: str) -> str:
    """The server's URL for the nodes of the lab whose outside address this is."""
    return f"http://{address}:{PORT}"


def repositories_dir(state: Path) -> Path:
    """What the server shows as its own: one directory for each repository of the lab."""
    path = state / "repositories"
    path.mkdir(exist_ok=True, mode=0o755)
    return path


def start(state: Path, address: str, proxy: str = "") -> None:
    """Starts the server of a lab, detached; does nothing where it runs. LabError where it does not answer in 10 s."""
    if host.read_pid(state / "apt-proxy.pid", MARK) is not None:
        return
    cache = host.cache_dir() / "archives"
    cache.mkdir(exist_ok=True)
    ready = state / "apt-proxy.ready"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", MARK, f"--address={address}", f"--proxy={proxy}", f"--cache={cache}"]
    command += [f"--files={repositories_dir(state)}", f"--ready={ready}"]
    package_parent = str(Path(__file__).resolve().parents[2])
    search = os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH", "")]))
    pid = host.detach(command, state / "apt-proxy.log", {**os.environ, "PYTHONPATH": search})
    host.write_atomic(state / "apt-proxy.pid", str(pid))
    end = time.monotonic() + 10
    while time.monotonic() < end and host.alive(pid, MARK):
        if ready.exists():
            return
        time.sleep(0.05)
    log_text = (state / "apt-proxy.log").read_text(errors="replace")
    raise LabError(f"The lab's package server does not listen on {address}:{PORT}.\n{host.last_lines(log_text, 3)}")


def stop(state: Path) -> None:
    """Ends the server of a lab, if it runs."""
    pid = host.read_pid(state / "apt-proxy.pid", MARK)
    if pid is not None:
        host.end_process(pid, MARK)
    (state / "apt-proxy.pid").unlink(missing_ok=True)


def main() -> None:
    """Serves until it is ended; started by `start`, not by people."""
    parser = argparse.ArgumentParser(prog=MARK)
    for name in ("--address", "--cache", "--files", "--ready"):
        parser.add_argument(name, required=True)
    parser.add_argument("--proxy", default="")
    options = parser.parse_args()
    server = AptProxy((options.address, PORT), Path(options.cache), Path(options.files), options.proxy)
    Path(options.ready).touch()
    server.serve_forever()


if __name__ == "__main__":
    main()
