"""Calls vCenter and returns its answer as XML instead of pyVmomi's types: a recording keeps what vCenter sent.

A vCenter that is newer than pyVmomi has types that pyVmomi cannot read.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from mhv_tui.adapters.vsphere_http import NotSoap
from mhv_tui.domain import object_xml

OK = 200


def answer(stub: Any, target: Any, method: str, arguments: tuple[Any, ...]) -> Element | None:
    """Returns the `returnval` of a method's answer; None if the method returns nothing.

    Raises the fault of vCenter as pyVmomi's exception, and NotSoap for an answer of another form.
    """
    from pyVmomi.SoapAdapter import SoapResponseDeserializer

    info = type(target)._GetMethodInfo(method)
    missing = len(info.params) - len(arguments)
    status, content = _post(stub, stub.SerializeRequest(target, info, [*arguments, *[None] * missing]))
    if status != OK:
        fault = SoapResponseDeserializer(stub).Deserialize(content, info.result)
        raise fault if isinstance(fault, Exception) else NotSoap
    try:
        return object_xml.parsed(content).find("Body/*/returnval")
    except ValueError:
        raise NotSoap from None


def _post(stub: Any, request: bytes) -> tuple[int, bytes]:
    headers = {"Cookie": stub.cookie, "SOAPAction": stub.versionId, "Content-Type": "text/xml; charset=UTF-8"}
    connection = stub.GetConnection()
    try:
        connection.request("POST", stub.path, request, headers)
        response = connection.getresponse()
        content = response.read()
    except BaseException:
        connection.close()
        raise
    stub.ReturnConnection(connection)
    return response.status, content


def managed_object(stub: Any, kind: str, moid: str) -> Any:
    """Returns the object of a type such as HostNetworkSystem. Raises KeyError if pyVmomi does not know the type."""
    return managed_type(kind)(moid, stub)


def managed_type(kind: str) -> Any:
    """Returns pyVmomi's type for a name of the vSphere API. Raises KeyError if pyVmomi does not know it."""
    from pyVmomi.VmomiSupport import GetWsdlType

    return GetWsdlType("urn:vim25", kind)
