"""Runs nova's own code: reads a JSON list of image properties on stdin, and writes what nova uses for each to stdout.

Runs on its own, with the Python of an environment that has nova and oslo.vmware. nova back to 19.0.0 runs with today's
libraries: what they lack, and what has no part in reading properties, is replaced.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib import import_module
from types import SimpleNamespace
from unittest import mock

for name in ("netifaces", "oslo_db.concurrency"):
    sys.modules[name] = mock.MagicMock()
vars(import_module("oslo_db"))["concurrency"] = sys.modules["oslo_db.concurrency"]
vars(import_module("oslo_utils.secretutils"))["md5"] = hashlib.md5

image_meta = import_module("nova.objects.image_meta")
constants, images, vm_util, vmops = (
    import_module(f"nova.virt.vmwareapi.{name}") for name in ("constants", "images", "vm_util", "vmops")
)
GLANCE = {"disk_format": "vmdk", "container_format": "bare", "size": 1 << 20}


def result_of(properties: Mapping[str, str]) -> list[str]:
    """What nova uses, in the order of nova.tsv; or only the class of the error with which every boot ends."""
    try:
        meta = image_meta.ImageMeta.from_dict({**GLANCE, "properties": dict(properties)})
        with mock.patch.object(images, "get_vsphere_location", return_value=None):
            image = images.VMwareImage.from_image(None, "image", meta)
        vmops.VMwareVMOps._get_image_callbacks(mock.Mock(), SimpleNamespace(ii=image))
        nic = vm_util.convert_vif_model(image.vif_model)
    except (ValueError, TypeError, import_module("nova.exception").NovaException) as error:
        return [type(error).__name__]
    hypervisor = meta.properties.get("img_hv_type", "")
    guest = f"{image.os_type}{'' if image.os_type in constants.VALID_OS_TYPES else ' (not known)'}"
    return [hypervisor, image.disk_type, image.adapter_type or "", nic, guest, str(image.linked_clone)]


if __name__ == "__main__":
    json.dump([result_of(properties) for properties in json.load(sys.stdin)], sys.stdout)
