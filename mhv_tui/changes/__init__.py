"""The classes of changes: to files, packages, services, a vCenter and a cloud. Each `undo` states what it undoes."""

from mhv_tui.changes.cloud import DiscoverHosts, JoinZone, TagImage
from mhv_tui.changes.code import CorrectCode
from mhv_tui.changes.files import EditConfig, WriteFile
from mhv_tui.changes.images import UploadImage
from mhv_tui.changes.packages import AddCloudArchive, ConfigurePackages, InstallPackages, RefreshPackages
from mhv_tui.changes.records import DeleteService, EnableService
from mhv_tui.changes.servers import BootServer
from mhv_tui.changes.services import StartService
from mhv_tui.changes.vsphere import AddDistributedPortGroup, AddPortGroup, SetDrs
from mhv_tui.core.changes import Change

KINDS: dict[str, type[Change]] = {
    "AddCloudArchive": AddCloudArchive,
    "AddDistributedPortGroup": AddDistributedPortGroup,
    "AddPortGroup": AddPortGroup,
    "BootServer": BootServer,
    "ConfigurePackages": ConfigurePackages,
    "CorrectCode": CorrectCode,
    "DeleteService": DeleteService,
    "DiscoverHosts": DiscoverHosts,
    "EditConfig": EditConfig,
    "EnableService": EnableService,
    "InstallPackages": InstallPackages,
    "JoinZone": JoinZone,
    "RefreshPackages": RefreshPackages,
    "SetDrs": SetDrs,
    "StartService": StartService,
    "TagImage": TagImage,
    "UploadImage": UploadImage,
    "WriteFile": WriteFile,
}
"""Class name -> class of every change. A journal stores the class name of each change."""
