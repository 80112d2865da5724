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


class Names:
    """Resolves the names of proxies, and every other name as before."""

    def __init__(self) -> None:
        self.proxies: dict[str, FaultProxy] = {}
        self.asked: list[str] = []
        """Unknown names below .test that a client asked for."""
        self.ended = threading.Event()
        self._resolve = socket.getaddrinfo

    def getaddrinfo(self, host: Any, *args: Any, **options: Any) -> list[Any]:
        """In place of socket.getaddrinfo."""
        if not str(host).endswith(".test"):
            return list(self._resolve(host, *args, **options))
        proxy = self.proxies.get(str(host))
        if proxy is None:
            self.asked.append(str(host))
        elif proxy.fault is not None and proxy.next_stage == "name" and proxy.fault.name == "name server silent":
            self.ended.wait(60)
        if proxy is None or proxy.next_stage == "name":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return list(self._resolve(HOST, *args, **options))


@contextmanager
def name_service() -> Iterator[Names]:
    """Replaces the system's resolver during the `with` block."""
    names = Names()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", names.getaddrinfo)
        yield names
        names.ended.set()
