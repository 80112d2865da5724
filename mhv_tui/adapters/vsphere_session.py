"""One logged-in vCenter session: login, reading in few round trips, and SOAP faults as findings.

Logs in once only: it does not retry a wrong password, and it does not replace a session that vCenter ended.
"""

from __future__ import annotations

import contextlib
import http.client
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.parsers.expat import ExpatError

from mhv_tui.adapters import trust
from mhv_tui.adapters.failures import causes, failure, own_errors, short, unexpected
from mhv_tui.adapters.limits import LIMITS, AnswerTooLong, DeadlinePassed, Limit, Limits, limited
from mhv_tui.adapters.vsphere_http import NotSoap, SoapConnection, api_version
from mhv_tui.core.errors import FindingError
from mhv_tui.core.redaction import remember_session
from mhv_tui.core.secret import Revealed
from mhv_tui.core.text import host_port
from mhv_tui.core.vsphere import VcenterLogin
from mhv_tui.domain.vsphere_read import PropertyValues

LOGIN = "log in"
CONTACT = "show its version"
BEFORE_SESSION = (CONTACT, LOGIN)
"""The actions that take place before vCenter opens the session."""

#: Name of a fault -> finding code; every other fault is VC21.
FAULT_CODES: Mapping[str, str] = {
    "InvalidLogin": "VC07",
    "NoPermission": "VC12",
    "NotAuthenticated": "VC20",
    "AlreadyExists": "NW17",
    "DuplicateName": "NW17",
    "ResourceInUse": "NW17",
    "HostNotConnected": "CL04",
    "HostNotReachable": "CL04",
    "LicenseRestricted": "CL07",
    "NotEnoughLicenses": "CL07",
    "FeatureRequirementsNotMet": "CL07",
}

BUSY = frozenset(("429", "500", "502", "503", "504"))
"""HTTP status of a vCenter whose services do not work."""
_WAIT = "vCenter is starting, down or too busy. Check its services in the appliance management (port 5480), "
_WAIT += "and try again."


class VcenterSession:
    """A session that lasts until `close`. `calls` counts the SOAP calls since the login."""

    def __init__(self, login: VcenterLogin, password: Revealed, limits: Limits = LIMITS) -> None:
        self.address = host_port(login.host, login.port)
        self.limits = limits
        self._host, self._port = login.host, login.port
        self.calls = 0
        self.lost = False
        self.used = time.monotonic()
        self.stub: Any = None
        try:
            with self.translated_errors(CONTACT, limit=limits.first_contact):
                self._contact(login)
            with self.translated_errors(LOGIN, login.username, limit=limits.login):
                self.user: Any = self.content.sessionManager.Login(login.username, password.value, None).key
                self._remember_session()
        except BaseException:
            self._drop()
            raise
        self.calls = 0

    def _remember_session(self) -> None:
        """Masks the session's key, a secret, in every text from now on."""
        remember_session(str(self.stub.cookie).partition("=")[2].partition(";")[0].strip('" '))

    def _contact(self, login: VcenterLogin) -> None:
        """Checks the certificate, selects the API version and reads the ServiceContent, all before the login."""
        from pyVmomi import SoapStubAdapter, vim

        context = trust.context_for(login.host, login.port, login.trust_kind, login.trust_value)
        version = api_version(login.host, login.port, context)
        self.stub = SoapStubAdapter(
            host=login.host, port=login.port, path="/sdk", version=version, acceptCompressedResponses=False
        )
        self.stub.scheme, self.stub.schemeArgs = SoapConnection, {"context": context}
        self.instance: Any = vim.ServiceInstance("ServiceInstance", self.stub)
        self.content: Any = self.instance.RetrieveContent()

    @contextlib.contextmanager
    def translated_errors(
        self, action: str, subject: str = "", codes: Mapping[str, str] = FAULT_CODES, limit: Limit | None = None
    ) -> Iterator[None]:
        """Limits the SDK calls in the `with` block, and converts every error in it to FindingError.

        `action` completes the sentence "vCenter did not ...". `codes` has priority over FAULT_CODES, for faults whose
        meaning depends on the call. `limit` replaces the limit of a single call.
        """
        self.calls += 1
        self.used = time.monotonic()
        with (
            own_errors(lambda error: self.error_of(error, action, subject, codes)),
            limited(limit or self.limits.soap, self._host),
        ):
            yield

    def error_of(
        self, error: Exception, action: str, subject: str = "", codes: Mapping[str, str] = FAULT_CODES
    ) -> FindingError:
        """Returns the FindingError for any error of a vCenter call."""
        from pyVmomi import vmodl

        if isinstance(error, vmodl.MethodFault):
            return self.fault_error(error, action, subject, codes)
        if isinstance(error, DeadlinePassed) and action not in BEFORE_SESSION:
            return failure("WZ07", f"{error.sentence(self.address)} (request to {action})")
        self.lost = True
        for cause in causes(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                return trust.changed(self._host, self._port, cause)
        if isinstance(error, OSError | http.client.HTTPException) and not isinstance(error, AnswerTooLong):
            return _broken(self._host, self._port, error, action)
        return self._strange(error, action, subject)

    def _strange(self, error: Exception, action: str, subject: str) -> FindingError:
        """Returns the FindingError for an answer that does not have the form of the vSphere API."""
        if isinstance(error, UnicodeEncodeError):
            detail = f"the user name {subject} or its password has a character that is not Unicode text"
            return failure("VC07", detail.encode("ascii", "replace").decode(), remedy="Correct the login.")
        answer = f"the answer of {self.address} to the request to {action}"
        if isinstance(error, AnswerTooLong):
            return failure("VC02", f"{error.sentence(self.address)} (request to {action})")
        if isinstance(error, ExpatError | NotSoap):
            return failure("VC02", f"{answer} is not SOAP")
        return failure("VC02", f"{answer} has an unexpected form ({unexpected(error)})")

    def fault_error(
        self, fault: Any, action: str, subject: str = "", codes: Mapping[str, str] = FAULT_CODES
    ) -> FindingError:
        """Returns the FindingError for a SOAP fault."""
        name = fault_name(fault)
        code = codes.get(name) or FAULT_CODES.get(name, "VC21")
        self.lost = self.lost or name == "NotAuthenticated"
        return failure(code, _sentence(self.address, name, fault, action, subject), subject=subject)

    def objects(self, kind: str, ids: Iterable[str]) -> list[Any]:
        """Returns the managed objects of a type ("HostSystem") with these ids. Makes no call."""
        from pyVmomi import vim

        return [getattr(vim, kind)(moid, self.stub) for moid in ids]

    def view(
        self, container: Any, properties: Mapping[str, Sequence[str]], action: str
    ) -> list[tuple[Any, PropertyValues]]:
        """Returns all objects below `container` whose type is in `properties`, with these properties.

        Makes three calls, and one more for each further page.
        """
        from pyVmomi import vim, vmodl

        kinds = [getattr(vim, kind) for kind in properties]
        with self.translated_errors(action):
            view = self.content.viewManager.CreateContainerView(container, kinds, True)
        query = vmodl.query.PropertyCollector
        traversal = query.TraversalSpec(name="view", path="view", skip=False, type=vim.view.ContainerView)
        start = query.ObjectSpec(obj=view, skip=True, selectSet=[traversal])
        try:
            return self._retrieve([start], properties, action)
        finally:
            self.quietly(view.Destroy)

    def read(
        self, objects: Sequence[Any], properties: Mapping[str, Sequence[str]], action: str
    ) -> list[tuple[Any, PropertyValues]]:
        """Returns properties of objects, read with one call. `properties`: type of object -> property paths."""
        from pyVmomi import vmodl

        query = vmodl.query.PropertyCollector
        return self._retrieve([query.ObjectSpec(obj=o) for o in objects], properties, action) if objects else []

    def _retrieve(
        self, starts: list[Any], properties: Mapping[str, Sequence[str]], action: str
    ) -> list[tuple[Any, PropertyValues]]:
        from pyVmomi import vim, vmodl

        query = vmodl.query.PropertyCollector
        specs = [query.PropertySpec(type=getattr(vim, k), pathSet=list(paths)) for k, paths in properties.items()]
        collector = self.content.propertyCollector
        rows: list[tuple[Any, PropertyValues]] = []
        with self.translated_errors(action):
            spec = query.FilterSpec(objectSet=starts, propSet=specs)
            page = collector.RetrievePropertiesEx([spec], query.RetrieveOptions())
        while page is not None:
            with self.translated_errors(action):
                rows += [(content.obj, self._row(content)) for content in page.objects]
                page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
        return rows

    def _row(self, content: Any) -> PropertyValues:
        # vCenter reports a lost session as missing properties, not as a fault; it must not be read as an empty object.
        for missing in content.missingSet or ():
            if fault_name(missing.fault) == "NotAuthenticated":
                raise self.fault_error(missing.fault, "read the inventory")
        return {p.name: p.val for p in content.propSet or ()}

    def wait(self, task: Any, action: str, subject: str = "", codes: Mapping[str, str] = FAULT_CODES) -> Any:
        """Waits until a task ends and returns its result. Raises FindingError if it fails or exceeds its time limit."""
        seconds = self.limits.task.seconds
        end, pause = time.monotonic() + seconds, 0.1
        while time.monotonic() < end:
            rows = self.read([task], {"Task": ("info.state", "info.error", "info.result")}, action)
            row: PropertyValues = rows[0][1] if rows else {}
            if row.get("info.state") == "success":
                return row.get("info.result")
            if row.get("info.state") == "error":
                raise self.fault_error(row.get("info.error"), action, subject, codes)
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)
        detail = f"{self.address} has not finished the task to {action} after {seconds:g} s"
        raise failure("WZ07", detail, subject=subject)

    def close(self) -> None:
        """Logs out, unless the session is lost, and closes the connections."""
        self.quietly(self.content.sessionManager.Logout)
        self._drop()

    def quietly(self, call: Callable[[], object]) -> None:
        """Makes a call and ignores its failure. Makes no call if the session is lost."""
        if not self.lost:
            with contextlib.suppress(FindingError), self.translated_errors("log out", limit=self.limits.close):
                call()

    def _drop(self) -> None:
        if self.stub is not None:
            self.stub.DropConnections()


def fault_name(fault: Any) -> str:
    """Returns the name of a pyVmomi fault without its package: `NoPermission`."""
    return type(fault).__name__.rsplit(".", 1)[-1]


def _broken(host: str, port: int, error: Exception, action: str) -> FindingError:
    """Returns the FindingError for a failed connection or an answer that is not HTTP. Does not quote the answer."""
    if isinstance(error, OSError):
        return trust.unreachable(host, port, error)
    status = str(error)[:3]
    answer = f"{host_port(host, port)} answers the request to {action} with status {status}"
    if status in BUSY:
        return failure("VC19", answer, subject=host_port(host, port), remedy=_WAIT)
    if status.isdigit():
        return failure("VC02", answer)
    reason = unexpected(error)
    return failure("VC02", f"the answer of {host_port(host, port)} to the request to {action} is not SOAP ({reason})")


def _sentence(address: str, name: str, fault: Any, action: str, subject: str) -> str:
    if name == "InvalidLogin":
        return f"{address} refused the user {subject} with this password; mhv-tui tried it only once"
    if name == "NotAuthenticated":
        return f"{address} has ended the session"
    if name == "NoPermission":
        return f"the vCenter user may not {action}; missing privilege: {getattr(fault, 'privilegeId', '') or 'unknown'}"
    # The message of a refused login may repeat the request with the password.
    message = "" if action == LOGIN else short(str(getattr(fault, "msg", "") or "")).rstrip(".")
    return f"vCenter did not {action}: {name}" + (f", {message}" if message and message != name else "")
