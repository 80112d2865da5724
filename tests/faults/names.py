"""A name service for the proxies: their names resolve, are gone, or get no answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.adapters.servers import HOST
from tests.faults.proxy import FaultProxy
from tests.faults.stream_proxy import StreamProxy


class Names:
    """Resolves the names of proxies, and every other name as before."""

    def __init__(self) -> None:
        self.proxies: dict[str, FaultProxy] = {}
        self.streams: dict[str, StreamProxy] = {}
        self.asked: list[str] = []
        """Unknown names below .test that a client asked for."""
        self.ended = threading.Event()
        self._resolve = socket.getaddrinfo

    def getaddrinfo(self, host: Any, *args: Any, **options: Any) -> list[Any]:
        """In place of socket.getaddrinfo."""
        if not str(host).endswith(".test"):
            return list(self._resolve(host, *args, **options))
        stage, fault = self._fault(str(host))
        if stage == "name" and fault == "name server silent":
            self.ended.wait(300)
        if stage in ("name", "unknown"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return list(self._resolve(HOST, *args, **options))

    def _fault(self, host: str) -> tuple[str, str]:
        """The stage and the name of the fault that the next connection to a host meets."""
        if host in self.streams:
            return self.streams[host].stage, getattr(self.streams[host].fault, "name", "")
        if host in self.proxies:
            return self.proxies[host].next_stage, getattr(self.proxies[host].fault, "name", "")
        self.asked.append(host)
        return "unknown", ""


@contextmanager
def name_service() -> Iterator[Names]:
    """Replaces the system's resolver during the `with` block."""
    names = Names()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", names.getaddrinfo)
        yield names
        names.ended.set()
