"""The answers of the page `node`: how to reach the compute node, whose settings it copies, and nova's own [vmware]
options. Refuses nothing but values that nova itself would refuse.
"""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import answer_field
from mhv_tui.core.hosts import host_key_rule, port_rule
from mhv_tui.core.machine import ACCOUNT, SshHost
from mhv_tui.core.secret import SecretRef


def _count(value: int) -> str:
    return "" if value >= 0 else f"{value} is negative; write 0 or more"


def _pool(value: int) -> str:
    return "" if value >= 10 else f"{value} is below nova's minimum; write 10 or more"


def _seconds(value: str) -> str:
    try:
        good = not value or float(value) > 0
    except ValueError:
        good = False
    return "" if good else f'{value!r} is no number of seconds; write one such as "0.5"'


def _absolute(value: str) -> str:
    return "" if not value or value.startswith("/") else f"{value!r} is a relative path; write the path from / on"


@dataclass(frozen=True)
class NodeAnswers:
    """The table [node] of the answer file."""

    host: str = answer_field(
        "The machine that will run nova-compute for vCenter, by name or address.", required=True, example="novavmware1"
    )
    port: int = answer_field("Its SSH port.", 22, kind="int", rule=port_rule)
    username: str = answer_field(
        "Whom to log in as; empty: what ~/.ssh/config says, else your own name.", example="ubuntu"
    )
    key_file: str = answer_field(
        "The private key to log in with; empty: the agent and what ~/.ssh/config says.",
        kind="path",
        example="~/.ssh/id_ed25519",
    )
    key_passphrase: SecretRef | None = answer_field(
        "The key's passphrase, as a reference.", None, kind="secret", advanced=True, account=ACCOUNT
    )
    password: SecretRef | None = answer_field(
        "The login's password, where no key serves, as a reference.",
        None,
        kind="secret",
        advanced=True,
        account=ACCOUNT,
    )
    sudo_password: SecretRef | None = answer_field(
        "The password that sudo asks for on the node, as a reference; not needed as root or with NOPASSWD.",
        None,
        kind="secret",
        advanced=True,
        account=ACCOUNT,
    )
    host_key: str = answer_field(
        "The only host key accepted, SHA256:...; empty: known_hosts. At first sight the wizard asks, apply refuses.",
        rule=host_key_rule,
        example="SHA256:uNiVztksCsDhcc0u9e8BrVSiMYbVn7FUlrC8oTLdqU4",
        advanced=True,
    )
    proxy: str = answer_field(
        "A jump host, [user@]host[:port]; empty: what ~/.ssh/config says.", example="ops@bastion:22", advanced=True
    )
    copy_settings_from: SshHost | None = answer_field(
        "A working compute node of this cloud: AMQP, Keystone, Placement, Glance and network settings come from its "
        "nova.conf, secrets included, shown to nobody. An SSH host, or a table with the keys above.",
        None,
        kind="host",
        example="compute1",
    )
    ca_file: str = answer_field(
        "nova's [vmware] ca_file: a PEM bundle that is on the node; empty: made from [vcenter] trust. From Liberty on.",
        kind="path",
        rule=_absolute,
        example="/etc/ssl/certs/vcenter.pem",
        advanced=True,
    )
    cache_prefix: str = answer_field(
        "nova's [vmware] cache_prefix: names the image cache's folder on the datastore. From Kilo on.",
        example="cloud1",
        advanced=True,
    )
    use_linked_clone: bool = answer_field(
        "nova's [vmware] use_linked_clone: servers share the cached disk of their image.",
        True,
        kind="bool",
        advanced=True,
    )
    wsdl_location: str = answer_field(
        "nova's [vmware] wsdl_location: vimService.wsdl on the node, for vCenter 5.0 and older. Until Newton.",
        example="file:///vmware-sdk/SDK/vsphere-ws/wsdl/vim25/vimService.wsdl",
        advanced=True,
    )
    api_retry_count: int = answer_field("nova's [vmware] api_retry_count.", 10, kind="int", rule=_count, advanced=True)
    task_poll_interval: str = answer_field(
        "nova's [vmware] task_poll_interval in seconds; empty: the release's own.",
        rule=_seconds,
        example="0.5",
        advanced=True,
    )
    maximum_objects: int = answer_field(
        "nova's [vmware] maximum_objects: how many objects one answer of vCenter may carry.",
        100,
        kind="int",
        rule=_count,
        advanced=True,
    )
    connection_pool_size: int = answer_field(
        "nova's [vmware] connection_pool_size. From Queens on.", 10, kind="int", rule=_pool, advanced=True
    )
    vlan_interface: str = answer_field(
        "nova's [vmware] vlan_interface: the ESXi NIC whose switch carries nova-network's VLANs. Until Train.",
        example="vmnic0",
        advanced=True,
    )
    vnc_port: int = answer_field(
        "nova's [vmware] vnc_port: first port of the guests' consoles.", 5900, kind="int", rule=port_rule, advanced=True
    )
    vnc_port_total: int = answer_field("nova's [vmware] vnc_port_total.", 10000, kind="int", rule=_count, advanced=True)
    vnc_keymap: str = answer_field("nova's [vmware] vnc_keymap. From Rocky on.", example="en-us", advanced=True)
    console_delay_seconds: int = answer_field(
        "nova's [vmware] console_delay_seconds. From Liberty on.", 0, kind="int", rule=_count, advanced=True
    )
    serial_port_service_uri: str = answer_field(
        "nova's [vmware] serial_port_service_uri: the virtual serial port concentrator. From Liberty on.", advanced=True
    )
    serial_port_proxy_uri: str = answer_field("nova's [vmware] serial_port_proxy_uri. From Liberty on.", advanced=True)
    serial_log_dir: str = answer_field(
        "nova's [vmware] serial_log_dir: as the concentrator has it. From Queens on.",
        kind="path",
        rule=_absolute,
        advanced=True,
    )
    pbm_enabled: bool = answer_field(
        "nova's [vmware] pbm_enabled: storage policies choose the datastore, datastore_regex is ignored. From Kilo on.",
        False,
        kind="bool",
        advanced=True,
    )
    pbm_wsdl_location: str = answer_field("nova's [vmware] pbm_wsdl_location. From Kilo on.", advanced=True)
    pbm_default_policy: str = answer_field(
        "nova's [vmware] pbm_default_policy: needed where pbm_enabled is true.", example="gold", advanced=True
    )
    reserved_host_memory_mb: int = answer_field(
        "nova's reserved_host_memory_mb: nova keeps 512 of the cluster's MB back unless told not to.",
        0,
        kind="int",
        rule=_count,
        advanced=True,
    )


def host_of(asked: NodeAnswers) -> SshHost:
    """The node as an SSH host."""
    return SshHost(
        asked.host,
        asked.port,
        asked.username,
        asked.key_file,
        asked.key_passphrase,
        asked.password,
        asked.sudo_password,
        asked.host_key,
        asked.proxy,
        answer="node",
    )


def driver_options(asked: NodeAnswers) -> dict[str, str]:
    """nova's [vmware] options as the operator set them; those left at their default are not among them."""
    fresh = NodeAnswers()
    given = {key: getattr(asked, key) for key in VMWARE_KEYS if getattr(asked, key) != getattr(fresh, key)}
    return {key: str(value) for key, value in given.items()}


VMWARE_KEYS = (
    "ca_file",
    "cache_prefix",
    "use_linked_clone",
    "wsdl_location",
    "api_retry_count",
    "task_poll_interval",
    "maximum_objects",
    "connection_pool_size",
    "vlan_interface",
    "vnc_port",
    "vnc_port_total",
    "vnc_keymap",
    "console_delay_seconds",
    "serial_port_service_uri",
    "serial_port_proxy_uri",
    "serial_log_dir",
    "pbm_enabled",
    "pbm_wsdl_location",
    "pbm_default_policy",
)
"""Keys of this page that are options of nova's [vmware] group, by nova's own names."""
