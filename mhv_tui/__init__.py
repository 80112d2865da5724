"""mhv-tui adds VMware vCenter to a running OpenStack cloud as its second hypervisor, live-checked at every step."""

__version__ = "0.1.0"
