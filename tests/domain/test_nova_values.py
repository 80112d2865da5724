"""Values of nova.conf: types and references are judged as oslo.config judges them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from oslo_config import cfg, types

from mhv_tui.domain import nova, nova_values
from mhv_tui.domain.releases import by_name

ZED = by_name("zed")

KINDS: dict[str, tuple[str, Any]] = {
    "bool": ("vmware/insecure", types.Boolean()),
    "int": ("vmware/api_retry_count", types.Integer(min=0)),
    "float": ("vmware/task_poll_interval", types.Float()),
    "port": ("vmware/host_port", types.Port()),
    "uri": ("vmware/serial_port_proxy_uri", types.URI(schemes=["telnet", "telnets"])),
    "any uri": ("vnc/novncproxy_base_url", types.URI()),
    "host": ("vmware/host_ip", types.HostAddress()),
    "text": ("vmware/cache_prefix", types.String()),
}

VALUES = (
    *("true", "False", "YES", "off", "0", "1", "2", "maybe", "t", "", " true", "False   <ssl connection option>"),
    *("-1", "10", " 7 ", "1_0", "0x10", "1.5", "1e3", "nan", "ten", "443;", "65535", "65536", "443 # vCenter"),
    *(
        "telnet://vspc:13370",
        "telnets://192.0.2.1",
        "TELNET://vspc",
        "http://vspc:1",
        "vspc:13370",
        "telnet://",
        "vspc",
    ),
    *("telnet:vspc", "telnet://[2001:db8::1]:5", "http://c.example.org:6080/vnc_auto.html", "http://a b", "https:///x"),
    *(
        "vc.example.org",
        "vc_1.example.org",
        "vc.example.org.",
        "-vc",
        "192.0.2.1",
        "192.0.2.300",
        "2001:db8::1",
        "vc..org",
    ),
    *(
        "192.0.2.68        <vCenter host IP>",
        "https://vc.example.org",
        "vc.example.org:443",
        "a" * 64,
        "VC",
        "[::1]",
        "vc.5",
    ),
)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_refused_if_oslo_config_refuses_it(kind: str, value: str) -> None:
    key, rule = KINDS[kind]
    try:
        rule(value)
        accepted = True
    except ValueError:
        accepted = False
    assert (nova_values.refusal(nova.OPTIONS[key], value, ZED) == "") is accepted


@pytest.mark.parametrize(
    ("option", "value", "release", "expected"),
    (
        ("vmware/serial_port_proxy_uri", "vspc:13370", "ocata", ""),
        (
            "vmware/serial_port_proxy_uri",
            "vspc:13370",
            "pike",
            "a URI such as telnet://HOST:PORT and telnets://HOST:PORT",
        ),
        ("vmware/host_ip", "vc_1", "ocata", ""),
        ("vmware/host_ip", "vc_1", "pike", "an address or a host name of letters, digits, hyphens and dots"),
        ("vmware/api_retry_count", "-1", "mitaka", ""),
        ("vmware/api_retry_count", "-1", "newton", "0 or more"),
        ("vmware/api_retry_count", "ten", "newton", "a whole number, 0 or more"),
        ("vmware/connection_pool_size", "9", "queens", "10 or more"),
        ("DEFAULT/force_config_drive", "always", "liberty", ""),
        ("DEFAULT/force_config_drive", "always", "mitaka", "true or false"),
        ("vmware/insecure", "maybe", "kilo", ""),
        ("vmware/insecure", "$some_option", "zed", ""),
        ("vmware/insecure", "$$", "zed", "true or false"),
        ("vmware/task_poll_interval", "half", "havana", "a number"),
        ("vmware/host_port", "443/tcp", "juno", "a port from 0 to 65535"),
    ),
)
def test_each_release_checks_its_own_kinds(option: str, value: str, release: str, expected: str) -> None:
    assert nova_values.refusal(nova.OPTIONS[option], value, by_name(release)) == expected


def test_every_kind_of_the_table_has_a_rule() -> None:
    assert {option.kind for option in nova.OPTIONS.values()} == set(nova_values.KINDS)


def substituted(value: str, path: Path) -> tuple[str, str | None]:
    """The value that oslo.config reads and "", or its error's type and None."""
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt("host", default="HOST"), cfg.StrOpt("my_ip", default="IP")])
    conf.register_opts([cfg.StrOpt("a"), cfg.StrOpt("cache_prefix", default="CACHE")], "vmware")
    path.write_text(f"[vmware]\na = {value}\n", encoding="utf-8")
    conf(["--config-file", str(path)], project="nova", default_config_files=[], default_config_dirs=[])
    try:
        return conf.vmware.a, ""
    except (cfg.NoSuchOptError, cfg.NoSuchGroupError, cfg.TemplateSubstitutionError) as error:
        return type(error).__name__, None


RAW = (
    *("$host", "${host}", "a$host-b", "$HOST", "$host.example.org", "${host}.example.org", "$host.", "$cache_prefix"),
    *("$vmware.cache_prefix", "$vmware", "$DEFAULT.host", "$gold", "${gold}", "$gold.x", "pa$$word", r"pa\$host", "x$"),
    *(
        "^(a|b$)$",
        "$1",
        "$ host",
        "${}",
        "${host",
        "$ä",
        "$_",
        "$my_ip:9292",
        "$$$host",
        r"$\$host",
        "$$host$host",
        "$",
    ),
)


@pytest.mark.parametrize("value", RAW)
def test_a_reference_is_unknown_if_oslo_config_fails_on_it(value: str, tmp_path: Path) -> None:
    _, read = substituted(value, tmp_path / "nova.conf")
    assert bool(nova_values.unknown_references(value, "vmware", ZED)) is (read is None)


@example(value=r"x$\$$x")
@given(st.text("$\\{}ahost.1_ ", max_size=9).map("x{}x".format))
def test_a_value_without_references_is_read_literally(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    if not nova_values.references(value):
        path = tmp_path_factory.getbasetemp() / "references.conf"
        assert substituted(value, path) == (nova.unescape(value), "")


@pytest.mark.parametrize(
    ("name", "release", "known"),
    (("bindir", "victoria", True), ("bindir", "wallaby", False), ("state_path", "havana", True), ("x", "zed", False)),
)
def test_a_reference_is_known_in_the_releases_that_have_the_option(name: str, release: str, known: bool) -> None:
    assert (nova_values.unknown_references(f"${name}/x", "vmware", by_name(release)) == ()) is known
