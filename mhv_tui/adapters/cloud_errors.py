"""Converts every error of a call to the cloud to a FindingError.

Quotes an error text of the cloud only after the login and shortened, because it may repeat a password that was sent.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from mhv_tui.adapters.failures import causes, failure, short, unexpected
from mhv_tui.adapters.limits import AnswerTooLong, DeadlinePassed
from mhv_tui.core.errors import FindingError
from mhv_tui.core.findings import Finding

#: HTTP status -> finding code; every other error status is OS10.
STATUS_CODES: Mapping[int, str] = {403: "OS07"}
TOKEN_REFUSED = (
    "Keystone accepts the login, but this service refuses its token. Check the section [keystone_authtoken] "
)
TOKEN_REFUSED += "of the service, and its clock."


BROKEN = (ConnectionError, http.client.IncompleteRead, ssl.SSLEOFError)
"""The errors of a connection that breaks, or that a server which restarts refuses."""


class CallFailed(FindingError):
    """A service refused a call, or the connection broke.

    `status`: of the answer, 0 if there is none. `retry_after`: the seconds that the service asks for before a new call.
    """

    def __init__(self, finding: Finding, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(finding)
        self.status = status
        self.retry_after = retry_after


def refused(error: FindingError, status: int, headers: Mapping[str, str]) -> CallFailed:
    """Returns an error with the status and the headers of the answer."""
    return CallFailed(error.finding, status, _retry_after(headers))


def _retry_after(headers: Mapping[str, str]) -> float:
    """Returns the seconds in the header Retry-After, which may also be a date; 0 if there is none."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return 0.0


def cloud_error(error: Exception, service: str, name: str, action: str) -> FindingError:
    """Returns the FindingError for a failed request. `name` names the service in the message, `action` the request."""
    from mhv_tui.adapters.cloud_http import Redirected

    code = "OS01" if service == "identity" else "OS10"
    if isinstance(error, DeadlinePassed | AnswerTooLong):
        return failure(code, f"{error.sentence(name)} (request to {action})", subject=name)
    if isinstance(error, Redirected):
        return _redirected(error, code)
    return (
        _connection_error(error, code, name)
        or _library_error(error, code, name)
        or failure(
            "OS10",
            f"the answer of {name} to the request to {action} has an unexpected form ({unexpected(error)})",
            subject=service,
        )
    )


def status_error(service: str, action: str, status: int, message: str) -> FindingError:
    """Returns the FindingError for an HTTP answer with status 4xx or 5xx."""
    reason = f": {message[:300]}" if message else ""
    detail = f"{service} did not {action} ({status}){reason}"
    remedy = TOKEN_REFUSED if status == 401 else None
    return failure(STATUS_CODES.get(status, "OS10"), detail, subject=service, remedy=remedy)


def message_of(content: bytes) -> str:
    """Returns the message in the JSON of an error answer, at any depth. If it is not JSON, returns the page's text."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return short(re.sub(r"<[^>]*>", " ", content[:4096].decode("utf-8", "replace")))
    while isinstance(body, dict) and body:
        body = body.get("message") or next(iter(body.values()))
    return short(str(body))


def configuration_error(error: Exception, name: str) -> FindingError:
    """Returns the FindingError for a clouds.yaml entry, or for a login in the answers, that openstacksdk cannot use.

    Quotes only texts without values, because a value of clouds.yaml may be a secret in the wrong place.
    """
    from keystoneauth1.exceptions import MissingRequiredOptions, NoMatchingPlugin, OptionError
    from openstack.exceptions import ConfigException

    source = "clouds.yaml: " if name else ""
    if isinstance(error, MissingRequiredOptions | OptionError | ConfigException):
        return failure("OS05", f"{source}{short(str(error))}")
    if isinstance(error, NoMatchingPlugin):
        return failure("OS05", f"{source}auth_type names a login method that is not installed on this machine")
    if isinstance(error, ImportError):
        return failure("OS05", f"{source}the login needs a Python library that is not installed on this machine")
    option = re.search(r"unexpected keyword argument '(\w+)'", str(error)) if isinstance(error, TypeError) else None
    if option:
        return failure("OS05", f"{source}auth has {option[1]}, which a login of this auth_type does not accept")
    return failure("OS05", f"{source}the cloud's configuration cannot be used ({unexpected(error)})")


def _redirected(error: Exception, code: str) -> FindingError:
    detail = f"{error}; mhv-tui does not send the login to the other server"
    remedy = "Set the auth URL (or the endpoint in the catalogue) to the address that answers without a redirect."
    return failure(code, detail, remedy=remedy)


def _connection_error(error: Exception, code: str, name: str) -> FindingError | None:
    """Returns the FindingError for a failed connection; None if the connection did not fail."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message or "OpenSSL gives no reason"
            return failure("OS02", f"the certificate of {name} is not trusted: {reason}", subject=name)
        if isinstance(cause, ssl.SSLError) and cause.library == "X509":
            return failure("OS02", f"the CA file for {name} (cacert) contains no certificate", remedy="Correct cacert.")
        if type(cause) is OSError and cause.errno is None:
            # requests opens the files of clouds.yaml only when it connects.
            detail = f"a certificate file for {name} (cacert, cert or key) does not exist"
            return failure("OS02", detail, remedy="Correct cacert, cert and key.")
        reason = _reason(cause)
        if reason:
            result = failure(code, f"{name} does not answer: {reason}", subject=name)
            return CallFailed(result.finding) if isinstance(cause, BROKEN) else result
    return None


def _reason(cause: BaseException) -> str:
    """Returns why a connection failed; "" for an exception of a library that only wraps the cause."""
    reasons: tuple[tuple[type[BaseException], str], ...] = (
        (socket.gaierror, "the host name in the URL of the service does not resolve on this machine"),
        (ConnectionRefusedError, "the server refuses the connection"),
        (http.client.RemoteDisconnected, "the server closed the connection"),
        (TimeoutError, "the connection timed out"),
        (http.client.HTTPException, f"the server does not speak HTTP ({type(cause).__name__})"),
        (UnicodeError, "the host name in its URL is not valid"),
    )
    if isinstance(cause, ssl.SSLError):
        return f"the TLS handshake failed ({cause.reason or 'the connection was closed'})"
    known = next((reason for kind, reason in reasons if isinstance(cause, kind)), "")
    return known or (cause.strerror or "" if isinstance(cause, OSError) else "")


def _library_error(error: Exception, code: str, name: str) -> FindingError | None:
    """Returns the FindingError for an error of keystoneauth itself; None for any other error."""
    from keystoneauth1 import exceptions

    if isinstance(error, exceptions.DiscoveryFailure | exceptions.VersionNotAvailable):
        return failure("OS01", f"{name} has no version document", subject=name)
    if isinstance(error, exceptions.MissingRequiredOptions):
        return failure("OS05", f"the login is incomplete: {short(str(error))}")
    if type(error) is exceptions.AuthorizationFailure:
        return failure("OS05", f"keystoneauth cannot use the login: {short(str(error))}")
    if isinstance(error, exceptions.ConnectionError):
        return failure(code, f"{name} does not answer ({unexpected(error)})", subject=name)
    return None
