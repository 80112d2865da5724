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
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

from mhv_tui.adapters import trust
from mhv_tui.adapters.failures import causes, failure, own_errors, short, unexpected
from mhv_tui.adapters.limits import LIMITS, AnswerTooLong, DeadlinePassed, Limit, LimitedConnection, Limits, limited
from mhv_tui.core.errors import FindingError
from mhv_tui.core.redaction import remember_session
from mhv_tui.core.secret import Revealed
from mhv_tui.core.text import host_port
from mhv_tui.core.vsphere import VcenterLogin

LOGIN = "log in"
CONTACT = "show its version"
BEFORE_SESSION = (CONTACT, LOGIN)
"""The actions of a session that does not exist yet."""

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

PropertyValues = Mapping[str, Any]
"""The properties of one object by path, without those that vCenter did not return."""


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
        """Masks the session's key in every text from now on."""
        remember_session(str(self.stub.cookie).partition("=")[2].partition(";")[0].strip('" '))

    def _contact(self, login: VcenterLogin) -> None:
        """Everything before the login: certificate, API version and the service content."""
        from pyVmomi import SoapStubAdapter, vim

        context = trust.context_for(login.host, login.port, login.trust_kind, login.trust_value)
        version = _version(login.host, login.port, context)
        self.stub = SoapStubAdapter(
            host=login.host, port=login.port, path="/sdk", version=version, acceptCompressedResponses=False
        )
        self.stub.scheme, self.stub.schemeArgs = LimitedConnection, {"context": context}
        self.instance: Any = vim.ServiceInstance("ServiceInstance", self.stub)
        self.content: Any = self.instance.RetrieveContent()

    @contextlib.contextmanager
    def translated_errors(
        self, action: str, subject: str = "", codes: Mapping[str, str] = FAULT_CODES, limit: Limit | None = None
    ) -> Iterator[None]:
        """Limits the SDK calls in the `with` block, and converts every error in it to FindingError.

        `action` completes the sentence "vCenter did not ...". `codes` has priority over FAULT_CODES, for faults whose
        meaning depends on the call. `limit` replaces that of a call.
        """
        self.calls += 1
        self.used = time.monotonic()
        with (
            own_errors(lambda error: self.error_of(error, action, subject, codes)),
            limited(limit or self.limits.soap),
        ):
            yield

    def error_of(
        self, error: Exception, action: str, subject: str = "", codes: Mapping[str, str] = FAULT_CODES
    ) -> FindingError:
        """The exception for any error of a call."""
        from pyVmomi import vmodl

        if isinstance(error, vmodl.MethodFault):
            return self.fault_error(error, action, subject, codes)
        if isinstance(error, DeadlinePassed) and action not in BEFORE_SESSION:
            return failure("WZ07", f"{self.address} {error.sentence} (request to {action})")
        self.lost = True
        for cause in causes(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                return trust.changed(self._host, self._port, cause)
        if isinstance(error, OSError | http.client.HTTPException) and not isinstance(error, AnswerTooLong):
            return _broken(self._host, self._port, error, action)
        return self._strange(error, action, subject)

    def _strange(self, error: Exception, action: str, subject: str) -> FindingError:
        """The exception for an answer that is not what the API defines."""
        if isinstance(error, UnicodeEncodeError):
            detail = f"the user name {subject} or its password has a character that is not Unicode text"
            return failure("VC07", detail.encode("ascii", "replace").decode(), remedy="Correct the login.")
        answer = f"the answer of {self.address} to the request to {action}"
        if isinstance(error, AnswerTooLong):
            return failure("VC02", f"{self.address} {error.sentence} (request to {action})")
        if isinstance(error, ExpatError):
            return failure("VC02", f"{answer} is not SOAP")
        return failure("VC02", f"{answer} has an unexpected form ({unexpected(error)})")

    def fault_error(
        self, fault: Any, action: str, subject: str = "", codes: Mapping[str, str] = FAULT_CODES
    ) -> FindingError:
        """The exception for a SOAP fault."""
        name = fault_name(fault)
        code = codes.get(name) or FAULT_CODES.get(name, "VC21")
        self.lost = self.lost or name == "NotAuthenticated"
        return failure(code, _sentence(self.address, name, fault, action, subject), subject=subject)

    def objects(self, kind: str, ids: Iterable[str]) -> list[Any]:
        """Managed objects of a type ("HostSystem") by id. Makes no call."""
        from pyVmomi import vim

        return [getattr(vim, kind)(moid, self.stub) for moid in ids]

    def view(
        self, container: Any, properties: Mapping[str, Sequence[str]], action: str
    ) -> list[tuple[Any, PropertyValues]]:
        """All objects below `container` whose type is in `properties`, with those properties.

        Takes three calls, and one for each further page.
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
            self._quietly(view.Destroy)

    def read(
        self, objects: Sequence[Any], properties: Mapping[str, Sequence[str]], action: str
    ) -> list[tuple[Any, PropertyValues]]:
        """Properties of the given objects, in one call. `properties` maps the type of an object to paths."""
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
        """Polls a task until it ends and returns its result. Raises FindingError on failure or after its limit."""
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
        self._quietly(self.content.sessionManager.Logout)
        self._drop()

    def _quietly(self, call: Callable[[], object]) -> None:
        """A call whose failure changes nothing for the caller. Makes none if the session is lost."""
        if not self.lost:
            with contextlib.suppress(FindingError), self.translated_errors("log out", limit=self.limits.close):
                call()

    def _drop(self) -> None:
        if self.stub is not None:
            self.stub.DropConnections()


def fault_name(fault: Any) -> str:
    """The name of a pyVmomi fault without its package: `NoPermission`."""
    return type(fault).__name__.rsplit(".", 1)[-1]


def _version(host: str, port: int, context: ssl.SSLContext) -> str:
    """The newest API version that vCenter and pyVmomi both support, in pyVmomi's spelling.

    The SDK's own function for this has no time limit.
    """
    from pyVmomi.VmomiSupport import versionIdMap

    names = {number: name for name, number in versionIdMap.items() if name.startswith("vim.version.")}
    common = [number for number in _offered_versions(host, port, context) if number in names]
    newest = max(common, key=_numbers, default="")
    return names[newest] if newest else "vim.version.version9"


def _offered_versions(host: str, port: int, context: ssl.SSLContext) -> list[str]:
    connection = LimitedConnection(host, port, context)
    address = host_port(host, port)
    try:
        connection.request("GET", "/sdk/vimServiceVersions.xml")
        answer = connection.getresponse()
        body = answer.read() if answer.status == 200 else b""
    finally:
        connection.close()
    if answer.status != 200:
        detail = f"{address} is no vCenter: it answers the request for its API versions with status {answer.status}"
        raise failure("VC02", detail)
    return versions_in(body, address)


def versions_in(document: bytes, address: str) -> list[str]:
    """The API versions of a version document. Raises FindingError VC02 if it is not XML."""
    try:
        root = ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError, LookupError):
        # LookupError: the document names an encoding that Python does not know.
        detail = f"{address} is no vCenter: it does not answer the request for its API versions with XML"
        raise failure("VC02", detail) from None
    spaces = [n for n in root.findall("namespace") if n.findtext("name") == "urn:vim25"]
    return [v.text for n in spaces for v in (*n.findall("version"), *n.findall("priorVersions/version")) if v.text]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _broken(host: str, port: int, error: Exception, action: str) -> FindingError:
    """The exception for a connection that failed, or for an answer that is not HTTP. Quotes no text of the answer."""
    if isinstance(error, OSError):
        return trust.unreachable(host, port, error)
    status = str(error)[:3]
    reason = f"status {status}" if status.isdigit() else unexpected(error)
    return failure("VC02", f"the answer of {host_port(host, port)} to the request to {action} is not SOAP ({reason})")


def _sentence(address: str, name: str, fault: Any, action: str, subject: str) -> str:
    if name == "InvalidLogin":
        return f"{address} refused {subject} with this password; it was tried only once"
    if name == "NotAuthenticated":
        return f"{address} has ended the session"
    if name == "NoPermission":
        return f"the login may not {action}: it lacks {getattr(fault, 'privilegeId', '') or 'a privilege'}"
    # The message of a refused login may repeat the request with the password.
    message = "" if action == LOGIN else short(str(getattr(fault, "msg", "") or "")).rstrip(".")
    return f"vCenter did not {action}: {name}" + (f", {message}" if message and message != name else "")
