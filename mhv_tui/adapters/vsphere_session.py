"""One logged-in vCenter session: login, reading in few round trips, and SOAP faults as findings.

Logs in once only: it does not retry a wrong password, and it does not replace a session that vCenter ended.
"""

from __future__ import annotations

import contextlib
import http.client
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

from mhv_tui.adapters import trust
from mhv_tui.adapters.failures import failure
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Revealed
from mhv_tui.core.text import host_port
from mhv_tui.core.vsphere import VcenterLogin

CALL_TIMEOUT = 60.0
"""Seconds without a byte from vCenter during one SOAP call."""
TASK_TIMEOUT = 180.0
"""Seconds to wait for the end of a task; after that the task continues in vCenter."""

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

    def __init__(self, login: VcenterLogin, password: Revealed) -> None:
        self.address = host_port(login.host, login.port)
        self._host, self._port = login.host, login.port
        self.calls = 0
        self.lost = False
        self.used = time.monotonic()
        context = trust.context_for(login.host, login.port, login.trust_kind, login.trust_value)
        version = _version(login.host, login.port, context)
        with self.translated_errors("log in", login.username):
            self._log_in(login, password, context, version)
        self.calls = 0

    def _log_in(self, login: VcenterLogin, password: Revealed, context: ssl.SSLContext, version: str) -> None:
        from pyVmomi import SoapStubAdapter, vim

        self.stub = SoapStubAdapter(
            host=login.host,
            port=login.port,
            path="/sdk",
            version=version,
            sslContext=context,
            httpConnectionTimeout=CALL_TIMEOUT,
        )
        self.instance: Any = vim.ServiceInstance("ServiceInstance", self.stub)
        try:
            content: Any = self.instance.RetrieveContent()
            self.content = content
            self.user: Any = content.sessionManager.Login(login.username, password.value, None)
        except Exception:
            self.stub.DropConnections()
            raise

    @contextlib.contextmanager
    def translated_errors(
        self, action: str, subject: str = "", codes: Mapping[str, str] = FAULT_CODES
    ) -> Iterator[None]:
        """Converts the errors of SDK calls in the `with` block to FindingError.

        `action` completes the sentence "vCenter did not ...". `codes` has priority over FAULT_CODES, for faults whose
        meaning depends on the call.
        """
        from pyVmomi import vmodl

        self.calls += 1
        self.used = time.monotonic()
        try:
            yield
        except vmodl.MethodFault as fault:
            raise self.fault_error(fault, action, subject, codes) from None
        except TimeoutError:
            detail = f"{self.address} did not answer in {CALL_TIMEOUT:.0f} s to the request to {action}"
            raise failure("WZ07", detail) from None
        except ssl.SSLCertVerificationError:
            detail = f"the certificate of {self.address} has changed since the login"
            raise failure("VC05", detail, subject=self.address) from None
        except (OSError, http.client.HTTPException, ExpatError) as error:
            self.lost = True
            raise _broken(self._host, self._port, error, action) from None

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
            if not self.lost:
                with self.translated_errors(action):
                    view.Destroy()

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
            rows += [(content.obj, self._row(content)) for content in page.objects]
            if not page.token:
                break
            with self.translated_errors(action):
                page = collector.ContinueRetrievePropertiesEx(page.token)
        return rows

    def _row(self, content: Any) -> PropertyValues:
        # vCenter reports a lost session as missing properties, not as a fault; it must not be read as an empty object.
        for missing in content.missingSet or ():
            if fault_name(missing.fault) == "NotAuthenticated":
                raise self.fault_error(missing.fault, "read the inventory")
        return {p.name: p.val for p in content.propSet or ()}

    def wait(self, task: Any, action: str, subject: str = "", codes: Mapping[str, str] = FAULT_CODES) -> Any:
        """Polls a task until it ends and returns its result. Raises FindingError on failure or after TASK_TIMEOUT."""
        end, pause = time.monotonic() + TASK_TIMEOUT, 0.1
        while time.monotonic() < end:
            rows = self.read([task], {"Task": ("info.state", "info.error", "info.result")}, action)
            row: PropertyValues = rows[0][1] if rows else {}
            if row.get("info.state") == "success":
                return row.get("info.result")
            if row.get("info.state") == "error":
                raise self.fault_error(row.get("info.error"), action, subject, codes)
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)
        detail = f"{self.address} has not finished the task to {action} after {TASK_TIMEOUT:.0f} s"
        raise failure("WZ07", detail, subject=subject)

    def close(self) -> None:
        """Logs out, unless the session is lost, and closes the connections."""
        if not self.lost:
            with contextlib.suppress(FindingError), self.translated_errors("log out"):
                self.content.sessionManager.Logout()
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
    connection = http.client.HTTPSConnection(host, port, timeout=trust.TIMEOUT, context=context)
    address = host_port(host, port)
    try:
        connection.request("GET", "/sdk/vimServiceVersions.xml")
        answer = connection.getresponse()
        body = answer.read(1_000_000)
    except (OSError, http.client.HTTPException) as error:
        raise _broken(host, port, error, "list its API versions") from None
    finally:
        connection.close()
    if answer.status != 200:
        detail = f"{address} is no vCenter: it answers the request for its API versions with status {answer.status}"
        raise failure("VC02", detail)
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        detail = f"{address} is no vCenter: it does not answer the request for its API versions with XML"
        raise failure("VC02", detail) from None
    spaces = [n for n in root.findall("namespace") if n.findtext("name") == "urn:vim25"]
    return [v.text for n in spaces for v in (*n.findall("version"), *n.findall("priorVersions/version")) if v.text]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _broken(host: str, port: int, error: BaseException, action: str) -> Exception:
    """The exception for a connection that failed, or for an answer that is not SOAP."""
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        reason = str(error) or type(error).__name__
        detail = f"the answer of {host_port(host, port)} to the request to {action} is not HTTP ({reason[:120]})"
        return failure("VC02", detail)
    if isinstance(error, ExpatError):
        return failure("VC02", f"the answer of {host_port(host, port)} to the request to {action} is not SOAP")
    return trust.unreachable(host, port, error)


def _sentence(address: str, name: str, fault: Any, action: str, subject: str) -> str:
    if name == "InvalidLogin":
        return f"{address} refused {subject} with this password; it was tried only once"
    if name == "NotAuthenticated":
        return f"{address} has ended the session"
    if name == "NoPermission":
        return f"the login may not {action}: it lacks {getattr(fault, 'privilegeId', '') or 'a privilege'}"
    message = str(getattr(fault, "msg", "") or "").strip().rstrip(".")
    return f"vCenter did not {action}: {name}" + (f", {message}" if message and message != name else "")
