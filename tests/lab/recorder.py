"""Records the lab's vCenter in the format of `govc object.save`: a file with all properties of each object."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from mhv_tui.lab.simulator import Simulator
from tests.lab.vcenter_client import connect

RETRIEVE = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Body><RetrievePropertiesEx xmlns="urn:vim25">
<_this type="PropertyCollector">{collector}</_this><specSet><propSet><type>{kind}</type><all>true</all></propSet>
<objectSet><obj type="{kind}">{id}</obj></objectSet></specSet><options/></RetrievePropertiesEx></s:Body></s:Envelope>"""

Edit = Callable[[str], str]


def soap(sim: Simulator, si: Any, body: str) -> str:
    """Sends a request in the session of `si`; returns the response, which may be a fault."""
    context = ssl.create_default_context(cafile=str(sim.pem))
    connection = http.client.HTTPSConnection(sim.host, sim.port, context=context, timeout=30)
    try:
        headers = {"Content-Type": "text/xml", "Cookie": si._stub.cookie, "SOAPAction": "urn:vim25/8.0.3.0"}
        connection.request("POST", "/sdk", body.encode(), headers)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def record(sim: Simulator, target: Path, edits: Mapping[str, Edit] | None = None) -> Path:
    """Writes a recording into the new directory `target` and returns it.

    `edits`: type -> a function that changes the text of each object of the type, as a poorer recording has it. A text
    that is empty then is not written."""
    si = connect(sim)
    target.mkdir()
    content = si.RetrieveContent()
    for number, obj in enumerate([si, *_services(content), content.rootFolder, *_entities(content)]):
        kind = str(obj._wsdlName)
        recorded = "VmwareDistributedVirtualSwitch" if kind == "DistributedVirtualSwitch" else kind
        text = _object(sim, si, content.propertyCollector._moId, kind, obj._moId)
        text = (edits or {}).get(recorded, str)(text.replace(f'type="{kind}"', f'type="{recorded}"'))
        if text:
            (target / f"{number:04}-{recorded}-{obj._moId}.xml").write_text(text, encoding="utf-8")
    return target


def _object(sim: Simulator, si: Any, collector: str, kind: str, identity: str) -> str:
    root = ElementTree.fromstring(soap(sim, si, RETRIEVE.format(collector=collector, kind=kind, id=identity)))
    (found,) = root.iter("{urn:vim25}objects")
    for element in found.iter():
        element.tag = element.tag.removeprefix("{urn:vim25}")
    found.tag = "ObjectContent"
    return ElementTree.tostring(found, encoding="unicode")


def _services(content: Any) -> list[Any]:
    from pyVmomi import VmomiSupport

    values = [getattr(content, name.name) for name in content._GetPropertyList()]
    return [value for value in values if isinstance(value, VmomiSupport.ManagedObject) and value != content.rootFolder]


def _entities(content: Any) -> list[Any]:
    from pyVmomi import vim

    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.ManagedEntity], True)
    entities = list(view.view)
    hosts = [entity for entity in entities if isinstance(entity, vim.HostSystem)]
    browsers = [entity.browser for entity in entities if isinstance(entity, vim.Datastore)]
    view.Destroy()
    return [*entities, *browsers, *(host.configManager.networkSystem for host in hosts)]
