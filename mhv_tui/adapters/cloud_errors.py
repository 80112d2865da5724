"""Converts every error of a call to the cloud to a FindingError.

A text of the other system is quoted only after the login, and in few characters: it may repeat what was sent.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from collections.abc import Mapping

from mhv_tui.adapters.failures import causes, failure, short, unexpected
from mhv_tui.adapters.limits import AnswerTooLong, DeadlinePassed
from mhv_tui.core.errors import FindingError

#: HTTP status -> finding code; every other error status is OS10.
STATUS_CODES: Mapping[int, str] = {403: "OS07"}
TOKEN_REFUSED = (
    "Keystone accepts the login, but this service refuses its token. Check the section [keystone_authtoken] "
)
TOKEN_REFUSED += "of the service, and its clock."


def cloud_error(error: Exception, service: str, name: str, action: str) -> FindingError:
    """The exception for an error of a request. `name` is the service in a sentence, `action` what it did not do."""
    from mhv_tui.adapters.cloud_http import Redirected

    code = "OS01" if service == "identity" else "OS10"
    if isinstance(error, DeadlinePassed | AnswerTooLong):
        return failure(code, f"{name} {error.sentence} (request to {action})", subject=name)
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
    """The exception for an answer with status 4xx or 5xx."""
    reason = f": {message[:300]}" if message else ""
    detail = f"{service} did not {action} ({status}){reason}"
    remedy = TOKEN_REFUSED if status == 401 else None
    return failure(STATUS_CODES.get(status, "OS10"), detail, subject=service, remedy=remedy)


def message_of(content: bytes) -> str:
    """The message in the JSON of an error, however deeply it is nested; the text of the page if it is not JSON."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return short(re.sub(r"<[^>]*>", " ", content[:4096].decode("utf-8", "replace")))
    while isinstance(body, dict) and body:
        body = body.get("message") or next(iter(body.values()))
    return short(str(body))


def configuration_error(error: Exception, name: str) -> FindingError:
    """The exception for a clouds.yaml entry, or for a login in the answers, that openstacksdk cannot use.

    A value of clouds.yaml may be a secret in the wrong place. Only texts without values are quoted.
    """
    from keystoneauth1.exceptions import MissingRequiredOptions, NoMatchingPlugin, OptionError
    from openstack.exceptions import ConfigException

    source = "clouds.yaml: " if name else ""
    if isinstance(error, MissingRequiredOptions | OptionError | ConfigException):
        return failure("OS05", f"{source}{short(str(error))}")
    if isinstance(error, NoMatchingPlugin):
        return failure("OS05", f"{source}auth_type names a login method that is not installed here")
    return failure("OS05", f"{source}the cloud's configuration cannot be used ({unexpected(error)})")


def _redirected(error: Exception, code: str) -> FindingError:
    detail = f"{error}; the login is not sent there"
    remedy = "Set the auth URL (or the endpoint in the catalogue) to the address that answers without a redirect."
    return failure(code, detail, remedy=remedy)


def _connection_error(error: Exception, code: str, name: str) -> FindingError | None:
    """The exception for a failed connection, from the error of the socket; None if the connection did not fail."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message or "it was refused"
            return failure("OS02", f"the certificate of {name} is not trusted: {reason}", subject=name)
        if isinstance(cause, ssl.SSLError) and cause.library == "X509":
            return failure("OS02", f"{name}: the CA file has no certificate", remedy="Correct cacert.")
        if type(cause) is OSError and cause.errno is None:
            # requests opens the files of clouds.yaml only when it connects.
            return failure("OS02", f"{name}: a certificate file does not exist", remedy="Correct cacert, cert and key.")
        reason = _reason(cause)
        if reason:
            return failure(code, f"{name} does not answer: {reason}", subject=name)
    return None


def _reason(cause: BaseException) -> str:
    """Why a connection failed; "" for the wrapper of a library."""
    reasons: tuple[tuple[type[BaseException], str], ...] = (
        (socket.gaierror, "the name does not resolve on this machine"),
        (ConnectionRefusedError, "it refuses the connection"),
        (http.client.RemoteDisconnected, "it closed the connection"),
        (TimeoutError, "the time is over"),
        (http.client.HTTPException, f"it does not speak HTTP ({type(cause).__name__})"),
        (UnicodeError, "the name is not a valid host name"),
    )
    if isinstance(cause, ssl.SSLError):
        return f"the TLS handshake failed ({cause.reason or 'the connection was closed'})"
    known = next((reason for kind, reason in reasons if isinstance(cause, kind)), "")
    return known or (cause.strerror or "" if isinstance(cause, OSError) else "")


def _library_error(error: Exception, code: str, name: str) -> FindingError | None:
    """The exception for an error that keystoneauth found itself."""
    from keystoneauth1 import exceptions

    if isinstance(error, exceptions.DiscoveryFailure | exceptions.VersionNotAvailable):
        return failure("OS01", f"{name} has no version document", subject=name)
    if isinstance(error, exceptions.MissingRequiredOptions):
        return failure("OS05", f"the login is incomplete: {short(str(error))}")
    if type(error) is exceptions.AuthorizationFailure:
        return failure("OS05", f"the login cannot be used: {short(str(error))}")
    if isinstance(error, exceptions.ConnectionError):
        return failure(code, f"{name} does not answer ({unexpected(error)})", subject=name)
    return None
