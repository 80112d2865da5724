"""The lab's apt proxy: a caching HTTP proxy that also serves the lab's own repositories.

The nodes' apt sends all plain http requests through it, so each package is downloaded once for all labs. It caches only
files that never change at their URL (.deb files, by-hash indexes) and accepts only GET and HEAD. apt still verifies
signatures and hashes."""

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

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import host
from mhv_tui.lab.host import LabError

PORT = 3142
MARK = "mhv_tui.lab.apt_proxy"
"""The module that `python -m` runs. This name in a command line identifies the process of the proxy."""

TIMEOUT = 60
"""Seconds to wait for data from the upstream server."""

FORWARDED_TO_UPSTREAM = ("If-Modified-Since", "Cache-Control", "Accept")
FORWARDED_TO_CLIENT = ("Content-Type", "Content-Length", "Last-Modified", "ETag")
"""HTTP headers."""


class AptProxy(ThreadingHTTPServer):
    """The HTTP server. `cache`, `files`: directories of cached files and repositories; `proxy`: next proxy or empty."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], cache: Path, files: Path, proxy: str) -> None:
        super().__init__(address, Request)
        self.cache, self.files = cache, files
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy} if proxy else {}))
        self.locks: dict[str, threading.Lock] = {}


class Request(BaseHTTPRequestHandler):
    """Handles one connection from apt."""

    protocol_version = "HTTP/1.1"
    server: AptProxy
    timeout = 300

    def log_message(self, format: str, *args: object) -> None:
        """Logs only server errors (5xx)."""
        if len(args) > 1 and str(args[1]) >= "500":
            super().log_message(format, *args)

    def do_GET(self) -> None:
        """Sends a file of the lab's repositories, a cached file, or the upstream server's response."""
        target = urlsplit(self.path)
        own = f"{self.server.server_address[0]!s}:{self.server.server_address[1]}"
        if not target.netloc or target.netloc == own:
            return self._send_file(self._own_file(target.path))
        if target.scheme != "http":
            return self.send_error(501, "This proxy supports plain http only")
        if not never_changes(target.path):
            return self._forward()
        with self.server.locks.setdefault(self.path, threading.Lock()):
            cached = self.server.cache / cache_name(self.path)
            if cached.exists():
                return self._send_file(cached)
            return self._forward(cached)

    do_HEAD = do_GET

    def _own_file(self, path: str) -> Path:
        file = (self.server.files / unquote(path).lstrip("/")).resolve()
        return file if file.is_relative_to(self.server.files.resolve()) else self.server.files / "does-not-exist"

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

    def _forward(self, cache_file: Path | None = None) -> None:
        headers = {name: self.headers[name] for name in FORWARDED_TO_UPSTREAM if name in self.headers}
        request = urllib.request.Request(self.path, headers=headers, method=self.command)
        try:
            with self.server.opener.open(request, timeout=TIMEOUT) as response:
                self._send_head(response.status, response.headers)
                if self.command == "GET":
                    self._stream(response, int(response.headers.get("Content-Length", -1)), cache_file)
        except urllib.error.HTTPError as error:
            self._send_head(error.code, error.headers, empty=True)
            error.close()
        except (OSError, HTTPException) as error:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.send_error(502, f"The package source does not answer: {type(error).__name__}")

    def _send_head(self, status: int, headers: Message, empty: bool = False) -> None:
        self.send_response(status)
        for name in FORWARDED_TO_CLIENT:
            if name in headers and not (empty and name == "Content-Length"):
                self.send_header(name, headers[name])
        if empty and status != 304:
            self.send_header("Content-Length", "0")
        if not empty and "Content-Length" not in headers:
            self.send_header("Connection", "close")
        self.end_headers()

    def _stream(self, source: IO[bytes], length: int, cache_file: Path | None) -> None:
        """Forwards a response as it arrives; saves it as `cache_file` if it is complete."""
        with tempfile.NamedTemporaryFile(dir=self.server.cache, prefix=".part-", delete=False) as scratch:
            try:
                received = 0
                while block := source.read(1 << 17):
                    received += len(block)
                    self.wfile.write(block)
                    if cache_file:
                        scratch.write(block)
                if cache_file and received == length:
                    scratch.flush()
                    Path(scratch.name).rename(cache_file)
                elif received < length:
                    self.close_connection = True
            finally:
                Path(scratch.name).unlink(missing_ok=True)


def never_changes(path: str) -> bool:
    """Returns True if the file at this URL path never changes: a package, or an index named by its hash."""
    return path.endswith((".deb", ".udeb")) or "/by-hash/" in path


def cache_name(url: str) -> str:
    """Returns the name of a URL's cache file: a hash, then the end of the file name in the URL."""
    return hashlib.sha256(url.encode()).hexdigest()[:24] + "-" + Path(urlsplit(url).path).name[-100:]


def url(address: str) -> str:
    """Returns the proxy's URL; `address` is the lab's gateway."""
    return f"http://{address}:{PORT}"


def repositories_dir(state: Path) -> Path:
    """Returns the directory of the lab's own repositories, created if missing; each has a subdirectory."""
    path = state / "repositories"
    path.mkdir(exist_ok=True, mode=0o755)
    return path


def start(state: Path, address: str, proxy: str = "") -> None:
    """Starts a lab's proxy as a detached process unless it runs; raises LabError if it is not ready after 10 s."""
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
    write_atomic(state / "apt-proxy.pid", str(pid))
    end = time.monotonic() + 10
    while time.monotonic() < end and host.alive(pid, MARK):
        if ready.exists():
            return
        time.sleep(0.05)
    log_text = (state / "apt-proxy.log").read_text(errors="replace")
    raise LabError(f"The lab's apt proxy does not listen on {address}:{PORT}.\n{host.last_lines(log_text, 3)}")


def stop(state: Path) -> None:
    """Stops a lab's proxy, if it runs."""
    pid = host.read_pid(state / "apt-proxy.pid", MARK)
    if pid is not None:
        host.end_process(pid, MARK)
    (state / "apt-proxy.pid").unlink(missing_ok=True)


def main() -> None:
    """Runs the proxy until the process is killed; `start` runs this function as a program."""
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
