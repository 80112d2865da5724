"""HTTPS for vCenter's API within the budget of `limits`: an answer must be SOAP, and the answer to this request.

pyVmomi itself would read a web page as an answer without values, so that an inventory would be empty.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import ssl
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.limits import MIB, AnswerTooLong, LimitedResponse, budget, connect
from mhv_tui.core.text import host_port

MOST_TAGS = 700_000
"""In one XML answer. A page of an inventory has about one tag in 20 bytes, so a page of 13 MiB has as many."""
MOST_TEXT = MIB
"""Bytes of one XML answer without a tag. The SDK copies the text so far with each piece that it reads."""

_REQUEST = re.compile(rb"Body>\s*<(\w+)")
_ANSWER = re.compile(rb"<(?:[\w.-]+:)?Envelope\b.*?<(?:[\w.-]+:)?Body\b[^>]*>\s*<(?:[\w.-]+:)?(\w+)", re.DOTALL)


class NotSoap(Exception):
    """The answer to a SOAP request is something else, such as a web page."""


class _SoapResponse(LimitedResponse):
    """An answer with a limited number of XML tags, and of bytes between two tags.

    A tag of 4 bytes can take 100 times its size in memory.
    """

    soap_method = b""
    """The SOAP method of the request; empty if it is no SOAP request."""
    _tags = _text = 0

    def read(self, amt: int | None = None) -> bytes:
        """Raises NotSoap, or HTTPException with the status, if the first bytes do not begin the right answer."""
        content = super().read(amt)
        self._tags += content.count(b"<")
        self._text = len(content) - position if (position := content.rfind(b"<")) >= 0 else self._text + len(content)
        if self._text > MOST_TEXT:
            raise AnswerTooLong(f"{MOST_TEXT // MIB} MiB of text in one XML element")
        if self._tags > MOST_TAGS:
            raise AnswerTooLong(f"{MOST_TAGS} XML tags")
        if content and self.soap_method:
            self._check_begin(content)
            self.soap_method = b""
        return content

    def _check_begin(self, content: bytes) -> None:
        element = _ANSWER.search(content)
        if element and element[1] in (self.soap_method + b"Response", b"Fault"):
            return
        if self.status != 200:
            raise http.client.HTTPException(f"{self.status} {self.reason}")
        raise NotSoap


class SoapConnection(http.client.HTTPSConnection):
    """An HTTPS connection within the budget. It asks for no compression and refuses a compressed answer."""

    response_class = _SoapResponse

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        self._answer: http.client.HTTPResponse | None = None
        self._soap_method = b""
        super().__init__(host, port, context=context)
        self._tls = context

    def connect(self) -> None:
        raw = connect(self.host, self.port)
        try:
            self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise

    def request(self, method: str, url: str, body: Any = None, *args: Any, **options: Any) -> None:
        """Keeps the SOAP method of the body, to compare the answer with it."""
        element = _REQUEST.search(body if isinstance(body, bytes) else str(body or "").encode())
        self._soap_method = element[1] if element else b""
        with self._closed_on_error():
            super().request(method, url, body, *args, **options)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(budget().remaining())
        super().send(data)

    def getresponse(self) -> http.client.HTTPResponse:
        with self._closed_on_error():
            answer = self._answer = super().getresponse()
            if answer.getheader("Content-Encoding", "identity").lower() != "identity":
                raise http.client.UnknownTransferEncoding("compressed")
        if isinstance(answer, _SoapResponse):
            answer.soap_method = self._soap_method
        return answer

    @contextlib.contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        """Closes the connection if the block fails, because pyVmomi only forgets it."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the answer as well, which otherwise keeps the socket open if the answer has no length."""
        super().close()
        if self._answer is not None:
            self._answer.close()


def api_version(host: str, port: int, context: ssl.SSLContext) -> str:
    """The newest API version that vCenter and pyVmomi both support, in pyVmomi's spelling.

    The SDK's own function for this has no time limit.
    """
    from pyVmomi.VmomiSupport import versionIdMap

    names = {number: name for name, number in versionIdMap.items() if name.startswith("vim.version.")}
    common = [number for number in _offered_versions(host, port, context) if number in names]
    newest = max(common, key=_numbers, default="")
    return names[newest] if newest else "vim.version.version9"


def _offered_versions(host: str, port: int, context: ssl.SSLContext) -> list[str]:
    connection = SoapConnection(host, port, context)
    address = host_port(host, port)
    try:
        connection.request("GET", "/sdk/vimServiceVersions.xml")
        answer = connection.getresponse()
        body = answer.read() if answer.status == 200 else b""
    finally:
        connection.close()
    if answer.status != 200:
        raise http.client.HTTPException(f"{answer.status} {answer.reason}")
    return versions_in(body, address)


def versions_in(document: bytes, address: str) -> list[str]:
    """The API versions of a version document. Raises FindingError VC02 if it is not one."""
    try:
        root = ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError, LookupError):
        # LookupError: the document names an encoding that Python does not know.
        detail = f"{address} is no vCenter: it does not answer the request for its API versions with XML"
        raise failure("VC02", detail) from None
    spaces = [n for n in root.findall("namespace") if n.findtext("name") == "urn:vim25"]
    if not spaces:
        raise failure("VC02", f"{address} is no vCenter: its API versions do not list vSphere")
    return [v.text for n in spaces for v in (*n.findall("version"), *n.findall("priorVersions/version")) if v.text]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))
