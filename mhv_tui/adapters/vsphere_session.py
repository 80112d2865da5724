"""One logged-in vCenter session: the way in, SOAP faults in our own words, and reading in few round trips.

Refuses a second login by itself: a wrong password is tried once, a lost session stays lost until the next look.
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
from mhv_tui.adapters.failures import endpoint, failure
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Revealed
from mhv_tui.core.vsphere import VcenterLogin

CALL_TIMEOUT = 60.0
"""Seconds without a byte from vCenter, for one SOAP call."""
TASK_TIMEOUT = 180.0
"""Seconds until a task that has not ended is given up (it goes on in vCenter)."""

#: A fault's name -> the code of the finding that tells of it; every other fault is VC21.
FAULTS: Mapping[str, str] = {
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

Row = Mapping[str, Any]
"""One object's properties by path; a path that vCenter did not give is absent."""


class Session:
    """A login that lasts until `close`. `calls` counts the SOAP calls since the login."""

    def __init__(self, login: VcenterLogin, password: Revealed) -> None:
        self.where = endpoint(login.host, login.port)
        self._host, self._port = login.host, login.port
        self.calls = 0
        self.lost = False
        self.used = time.monotonic()
        context = trust.context_for(login.host, login.port, login.trust_kind, login.trust_value)
        version = _version(login.host, login.port, context)
        with self.asking("log in", login.username):
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
    def asking(self, doing: str, subject: str = "", codes: Mapping[str, str] = FAULTS) -> Iterator[None]:
        """Around SDK calls that `doing` names ("add the port group"): whatever goes wrong leaves as a FindingError.

        `codes` says more than FAULTS where a fault's meaning depends on the call.
        """
        from pyVmomi import vmodl

        self.calls += 1
        self.used = time.monotonic()
        try:
            yield
        except vmodl.MethodFault as fault:
            raise self.refused(fault, doing, subject, codes) from None
        except TimeoutError:
            raise failure(
                "WZ07", f"{self.where} did not answer in {CALL_TIMEOUT:.0f} s when asked to {doing}"
            ) from None
        except ssl.SSLCertVerificationError:
            raise failure(
                "VC05", f"{self.where} shows another certificate than a moment ago", subject=self.where
            ) from None
        except (OSError, http.client.HTTPException, ExpatError) as error:
            self.lost = True
            raise _broken(self._host, self._port, error, doing) from None

    def refused(self, fault: Any, doing: str, subject: str = "", codes: Mapping[str, str] = FAULTS) -> FindingError:
        """The FindingError that tells of a fault."""
        name = fault_name(fault)
        code = codes.get(name) or FAULTS.get(name, "VC21")
        self.lost = self.lost or name == "NotAuthenticated"
        return failure(code, _sentence(self.where, name, fault, doing, subject), subject=subject)

    def objects(self, kind: str, ids: Iterable[str]) -> list[Any]:
        """Managed objects of a type ("HostSystem") by id, without asking vCenter."""
        from pyVmomi import vim

        return [getattr(vim, kind)(moid, self.stub) for moid in ids]

    def view(self, container: Any, kinds: Mapping[str, Sequence[str]], doing: str) -> list[tuple[Any, Row]]:
        """Every object below `container` of these types with these properties: three calls, one more a page."""
        from pyVmomi import vim, vmodl

        with self.asking(doing):
            view = self.content.viewManager.CreateContainerView(container, [getattr(vim, k) for k in kinds], True)
        query = vmodl.query.PropertyCollector
        walk = query.TraversalSpec(name="view", path="view", skip=False, type=vim.view.ContainerView)
        start = query.ObjectSpec(obj=view, skip=True, selectSet=[walk])
        try:
            return self._retrieve([start], kinds, doing)
        finally:
            if not self.lost:
                with self.asking(doing):
                    view.Destroy()

    def read(self, things: Sequence[Any], kinds: Mapping[str, Sequence[str]], doing: str) -> list[tuple[Any, Row]]:
        """The properties of objects that are known already: one call."""
        from pyVmomi import vmodl

        query = vmodl.query.PropertyCollector
        return self._retrieve([query.ObjectSpec(obj=t) for t in things], kinds, doing) if things else []

    def _retrieve(self, starts: list[Any], kinds: Mapping[str, Sequence[str]], doing: str) -> list[tuple[Any, Row]]:
        from pyVmomi import vim, vmodl

        query = vmodl.query.PropertyCollector
        wanted = [query.PropertySpec(type=getattr(vim, k), pathSet=list(paths)) for k, paths in kinds.items()]
        collector = self.content.propertyCollector
        rows: list[tuple[Any, Row]] = []
        with self.asking(doing):
            spec = query.FilterSpec(objectSet=starts, propSet=wanted)
            page = collector.RetrievePropertiesEx([spec], query.RetrieveOptions())
        while page is not None:
            rows += [(found.obj, self._row(found)) for found in page.objects]
            if not page.token:
                break
            with self.asking(doing):
                page = collector.ContinueRetrievePropertiesEx(page.token)
        return rows

    def _row(self, found: Any) -> Row:
        # A lost session comes as data without values, not as a fault: it must never be read as "nothing there".
        for missing in found.missingSet or ():
            if fault_name(missing.fault) == "NotAuthenticated":
                raise self.refused(missing.fault, "read the inventory")
        return {p.name: p.val for p in found.propSet or ()}

    def wait(self, task: Any, doing: str, subject: str = "", codes: Mapping[str, str] = FAULTS) -> Any:
        """Polls a task to its end and returns its result; its error leaves as a FindingError."""
        end, pause = time.monotonic() + TASK_TIMEOUT, 0.1
        while time.monotonic() < end:
            rows = self.read([task], {"Task": ("info.state", "info.error", "info.result")}, doing)
            row: Row = rows[0][1] if rows else {}
            if row.get("info.state") == "success":
                return row.get("info.result")
            if row.get("info.state") == "error":
                raise self.refused(row.get("info.error"), doing, subject, codes)
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)
        raise failure(
            "WZ07", f"{self.where} has not ended the task to {doing} after {TASK_TIMEOUT:.0f} s", subject=subject
        )

    def close(self) -> None:
        """Logs out, as far as vCenter still listens."""
        if not self.lost:
            with contextlib.suppress(FindingError), self.asking("log out"):
                self.content.sessionManager.Logout()
        self.stub.DropConnections()


def fault_name(fault: Any) -> str:
    """`NoPermission` of a pyVmomi fault, whatever its package."""
    return type(fault).__name__.rsplit(".", 1)[-1]


def _version(host: str, port: int, context: ssl.SSLContext) -> str:
    """The newest API version that both sides know, as pyVmomi names it. The SDK's own look has no time limit."""
    from pyVmomi.VmomiSupport import versionIdMap

    ours = {number: name for name, number in versionIdMap.items() if name.startswith("vim.version.")}
    theirs = _versions_offered(host, port, context)
    common = [number for number in theirs if number in ours]
    newest = max(common, key=_numbers, default="")
    return ours[newest] if newest else "vim.version.version9"


def _versions_offered(host: str, port: int, context: ssl.SSLContext) -> list[str]:
    connection = http.client.HTTPSConnection(host, port, timeout=trust.TIMEOUT, context=context)
    where = endpoint(host, port)
    try:
        connection.request("GET", "/sdk/vimServiceVersions.xml")
        answer = connection.getresponse()
        body = answer.read(1_000_000)
    except (OSError, http.client.HTTPException) as error:
        raise _broken(host, port, error, "tell its API versions") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise failure("VC02", f"{where} answered {answer.status} instead of its API versions: that is no vCenter")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise failure(
            "VC02", f"{where} answered with something else than its API versions: that is no vCenter"
        ) from None
    spaces = [n for n in root.findall("namespace") if n.findtext("name") == "urn:vim25"]
    return [v.text for n in spaces for v in (*n.findall("version"), *n.findall("priorVersions/version")) if v.text]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _broken(host: str, port: int, error: BaseException, doing: str) -> Exception:
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        said = str(error) or type(error).__name__
        return failure("VC02", f"{endpoint(host, port)} answered no SOAP when asked to {doing} ({said[:120]})")
    if isinstance(error, ExpatError):
        return failure("VC02", f"{endpoint(host, port)} answered with something else than SOAP when asked to {doing}")
    return trust.unreachable(host, port, error)


def _sentence(where: str, name: str, fault: Any, doing: str, subject: str) -> str:
    if name == "InvalidLogin":
        return f"{where} refused {subject} with this password; no second try was made"
    if name == "NotAuthenticated":
        return f"{where} has ended our session"
    if name == "NoPermission":
        return f"the login may not {doing}: it lacks {getattr(fault, 'privilegeId', '') or 'a privilege'}"
    said = str(getattr(fault, "msg", "") or "").strip().rstrip(".")
    return f"vCenter did not {doing}: {name}" + (f", {said}" if said and said != name else "")
