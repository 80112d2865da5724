"""The verbs: what is done to files, packages, services, a vCenter and a cloud, each with its way back."""

from mhv_tui.changes.vsphere import AddDistributedPortGroup, AddPortGroup, SetDrs

#: Every kind of change by its class name: how a journal's entry becomes a change again.
KINDS: dict[str, type] = {
    "AddDistributedPortGroup": AddDistributedPortGroup,
    "AddPortGroup": AddPortGroup,
    "SetDrs": SetDrs,
}
