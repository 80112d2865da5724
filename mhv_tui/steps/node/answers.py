"""The answers of the page `node`: how to reach the compute node, whose settings it copies, and nova's own [vmware]
options. Only values that nova itself would refuse are refused.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from functools import cache

from mhv_tui.core.answers import answer_field
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.hosts import host_key_rule, host_rule, port_rule, proxy_rule
from mhv_tui.core.machine import ACCOUNT, SshHost
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.text import quoted


def _count(value: int) -> str:
    return "" if value >= 0 else f"{value} is negative; write 0 or more"


def _pool(value: int) -> str:
    return "" if value >= 10 else f"{value} is below nova's minimum; write 10 or more"


def _seconds(value: str) -> str:
    try:
        good = not value or float(value) > 0
    except ValueError:
        good = False
    return "" if good else f'{quoted(value)} is not a number of seconds; write one such as "0.5"'


def _absolute(value: str) -> str:
    good = not value or value.startswith("/")
    return "" if good else f"{quoted(value)} is a relative path; write one that begins with /"


def _driver_help(name: str, purpose: str = "") -> Callable[[], str]:
    """The help of an option of nova's [vmware] group, with the releases that know it."""

    def text() -> str:
        from mhv_tui.domain import nova
        from mhv_tui.domain.releases import all_releases

        option = nova.OPTIONS[f"vmware/{name}"]
        since = f" From {option.since.name.capitalize()} on." if option.since > all_releases()[0] else ""
        until = f" Until {option.until.name.capitalize()}." if option.until else ""
        return f"nova's [vmware] {name}{': ' if purpose else ''}{purpose}.{since}{until}"

    return text


def _location(value: str) -> str:
    """Checks the URL of a WSDL file: nova cannot open another text."""
    if not value or re.match(r"(https?://[^/\s]|file:///)\S", value):
        return ""
    return f"{quoted(value)} is not a URL; write file:/// and the path, or https:// or http://, the host and the path"


@dataclass(frozen=True)
class NodeAnswers:
    """The table [node] of the answer file."""

    host: str = answer_field(
        "The machine that will run nova-compute for vCenter, by name or address.",
        required=True,
        rule=host_rule,
        example="novavmware1",
    )
    port: int = answer_field("The SSH port of the node.", 22, kind="int", rule=port_rule)
    username: str = answer_field(
        "The SSH user on the node. Empty: the user in ~/.ssh/config, else your own user name.", example="ubuntu"
    )
    key_file: str = answer_field(
        "The private SSH key. Empty: the keys of the SSH agent and of ~/.ssh/config.",
        kind="path",
        example="~/.ssh/id_ed25519",
    )
    key_passphrase: SecretRef | None = answer_field(
        'The passphrase of the private key; in the answer file a reference such as { env = "NAME" }.',
        None,
        kind="secret",
        advanced=True,
        account=ACCOUNT,
    )
    password: SecretRef | None = answer_field(
        'The password of the SSH login, if there is no key; in the answer file a reference such as { env = "NAME" }.',
        None,
        kind="secret",
        advanced=True,
        account=ACCOUNT,
    )
    sudo_password: SecretRef | None = answer_field(
        'The password for sudo on the node, if it needs one; in the answer file a reference such as { env = "NAME" }.',
        None,
        kind="secret",
        advanced=True,
        account=ACCOUNT,
    )
    host_key: str = answer_field(
        "The only accepted host key, SHA256:... Empty: known_hosts; the wizard asks about unknown keys, apply fails.",
        rule=host_key_rule,
        example="SHA256:uNiVztksCsDhcc0u9e8BrVSiMYbVn7FUlrC8oTLdqU4",
        advanced=True,
    )
    proxy: str = answer_field(
        "The SSH jump host, as [user@]host[:port]. Empty: the one in ~/.ssh/config.",
        rule=proxy_rule,
        example="ops@bastion:22",
        advanced=True,
    )
    copy_settings_from: SshHost | None = answer_field(
        "The SSH host of a compute node of this cloud. mhv-tui copies its AMQP, Keystone, Placement, Glance and "
        "network settings. Secrets are never shown.",
        None,
        kind="host",
        example="compute1",
    )
    ca_file: str = answer_field(
        _driver_help("ca_file", "a PEM bundle on the node; empty: made from vcenter.trust"),
        kind="path",
        rule=_absolute,
        example="/etc/ssl/certs/vcenter.pem",
        advanced=True,
    )
    cache_prefix: str = answer_field(
        _driver_help("cache_prefix", "the prefix of the image cache's folder on the datastore"),
        example="cloud1",
        advanced=True,
    )
    use_linked_clone: bool = answer_field(
        _driver_help("use_linked_clone", "if true, servers share the cached disk of their image"),
        True,
        kind="bool",
        advanced=True,
    )
    wsdl_location: str = answer_field(
        _driver_help("wsdl_location", "the URL of vimService.wsdl on the node, for vCenter 5.0 and older"),
        rule=_location,
        example="file:///vmware-sdk/SDK/vsphere-ws/wsdl/vim25/vimService.wsdl",
        advanced=True,
    )
    api_retry_count: int = answer_field(
        _driver_help("api_retry_count", "how often nova repeats a failed call to vCenter"),
        10,
        kind="int",
        rule=_count,
        advanced=True,
    )
    task_poll_interval: str = answer_field(
        _driver_help(
            "task_poll_interval", "seconds between two queries of a task's state; empty: the release's default"
        ),
        rule=_seconds,
        example="0.5",
        advanced=True,
    )
    maximum_objects: int = answer_field(
        _driver_help("maximum_objects", "the maximum number of objects in one response of vCenter"),
        100,
        kind="int",
        rule=_count,
        advanced=True,
    )
    connection_pool_size: int = answer_field(
        _driver_help("connection_pool_size", "the number of HTTP connections to vCenter"),
        10,
        kind="int",
        rule=_pool,
        advanced=True,
    )
    vlan_interface: str = answer_field(
        _driver_help("vlan_interface", "the ESXi network adapter whose switch has nova-network's VLANs"),
        example="vmnic0",
        advanced=True,
    )
    vnc_port: int = answer_field(
        _driver_help("vnc_port", "the first port for the servers' VNC consoles"),
        5900,
        kind="int",
        rule=port_rule,
        advanced=True,
    )
    vnc_port_total: int = answer_field(
        _driver_help("vnc_port_total", "the number of ports for VNC consoles"),
        10000,
        kind="int",
        rule=_count,
        advanced=True,
    )
    vnc_keymap: str = answer_field(
        _driver_help("vnc_keymap", "the keyboard layout of VNC consoles"), example="en-us", advanced=True
    )
    console_delay_seconds: int = answer_field(
        _driver_help("console_delay_seconds", "delay against repeated characters in consoles over slow networks"),
        0,
        kind="int",
        rule=_count,
        advanced=True,
    )
    serial_port_service_uri: str = answer_field(
        _driver_help("serial_port_service_uri", "the address of the virtual serial port concentrator"),
        example="vspc.example.org:13370",
        advanced=True,
    )
    serial_port_proxy_uri: str = answer_field(
        _driver_help(
            "serial_port_proxy_uri", "the proxy for serial ports, as telnet://HOST:PORT or telnets://HOST:PORT"
        ),
        example="telnets://vspc.example.org:13370",
        advanced=True,
    )
    serial_log_dir: str = answer_field(
        _driver_help("serial_log_dir", "the log directory of the virtual serial port concentrator"),
        kind="path",
        rule=_absolute,
        example="/opt/vmware/vspc",
        advanced=True,
    )
    pbm_enabled: bool = answer_field(
        _driver_help("pbm_enabled", "if true, storage policies choose the datastore, and nova ignores datastore_regex"),
        False,
        kind="bool",
        advanced=True,
    )
    pbm_wsdl_location: str = answer_field(
        _driver_help("pbm_wsdl_location", "the URL of pbmService.wsdl"),
        rule=_location,
        example="file:///opt/vmware/spbm/pbmService.wsdl",
        advanced=True,
    )
    pbm_default_policy: str = answer_field(
        _driver_help("pbm_default_policy", "the default storage policy, needed if pbm_enabled is true"),
        example="gold",
        advanced=True,
    )
    reserved_host_memory_mb: int = answer_field(
        "nova's reserved_host_memory_mb: MB of the cluster that nova does not use. nova's own default is 512.",
        0,
        kind="int",
        rule=_count,
        advanced=True,
    )


def ssh_host(answers: NodeAnswers) -> SshHost:
    """The node as an SSH host."""
    return SshHost(
        host=answers.host,
        port=answers.port,
        username=answers.username,
        key_file=answers.key_file,
        key_passphrase=answers.key_passphrase,
        password=answers.password,
        sudo_password=answers.sudo_password,
        host_key=answers.host_key,
        proxy=answers.proxy,
        answer="node",
    )


def short_name(answers: NodeAnswers) -> str:
    """The name under which nova-compute will probably register: the first label of node.host; "" for an address."""
    label = answers.host.partition(".")[0]
    return "" if ":" in answers.host or label.isdigit() else label


def driver_options(answers: NodeAnswers) -> dict[str, str]:
    """nova's [vmware] options that the operator set; those left at their default are absent."""
    defaults = NodeAnswers()
    changed = {key: getattr(answers, key) for key in vmware_keys() if getattr(answers, key) != getattr(defaults, key)}
    return {key: str(value) for key, value in changed.items()}


@cache
def vmware_keys() -> tuple[str, ...]:
    """The answers of the page `node` that are options of nova's [vmware] group; they have nova's names."""
    from mhv_tui.domain import nova

    return tuple(f.name for f in dataclasses.fields(NodeAnswers) if f"vmware/{f.name}" in nova.OPTIONS)
