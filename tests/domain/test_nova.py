"""nova.conf by release: nothing unknown is written, values are read back literally, names become expressions."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhv_tui.core.secret import Revealed
from mhv_tui.domain import ini_editor, nova
from mhv_tui.domain.nova_values import references
from mhv_tui.domain.releases import all_releases, by_name

WANTED = nova.VmwareSettings(
    host_ip="vc.example.org",
    host_username="openstack@vsphere.local",
    host_password=Revealed("pa$$w$rd "),
    cluster_names=("DC0_C0",),
    datastore_regex="^nfs-gold$",
    host_port=8443,
    ca_file="/etc/nova/vcenter.pem",
    vmware={"wsdl_location": "https://vc/sdk/vimService.wsdl", "cache_prefix": "c0", "connection_pool_size": "20"},
    vnc_enabled=False,
    vnc_listen="0.0.0.0",
)


def written(release: str, settings: nova.VmwareSettings = WANTED) -> dict[str, str]:
    rows = nova.vmware_settings(by_name(release), settings)
    return {f"{s}/{k}": v.value if isinstance(v, Revealed) else v for s, k, v in rows}


def test_the_password_stays_a_secret_in_the_option_rows() -> None:
    rows = nova.vmware_settings(by_name("zed"), WANTED)
    assert [name for _, name, value in rows if isinstance(value, Revealed)] == ["host_password"]
    assert "pa$$w" not in f"{rows} {WANTED}"


@pytest.mark.parametrize("release", [r.name for r in all_releases()])
def test_nothing_is_written_that_the_release_does_not_know(release: str) -> None:
    known = {f"{o.section}/{o.name}" for o in nova.options(by_name(release))}
    found = written(release)
    assert set(found) <= known
    assert found["DEFAULT/compute_driver"] == "vmwareapi.VMwareVCDriver"
    assert found["vmware/cluster_name"] == "DC0_C0"
    assert found["DEFAULT/reserved_host_memory_mb"] == "0"


@pytest.mark.parametrize(
    ("option", "first", "last"),
    [
        ("vmware/ca_file", "liberty", "hibiscus"),
        ("vmware/host_port", "juno", "hibiscus"),
        ("vmware/wsdl_location", "havana", "newton"),
        ("vmware/cache_prefix", "kilo", "hibiscus"),
        ("vmware/connection_pool_size", "queens", "hibiscus"),
        ("DEFAULT/vnc_enabled", "havana", "kilo"),
        ("vnc/enabled", "liberty", "hibiscus"),
        ("DEFAULT/vncserver_listen", "havana", "kilo"),
        ("vnc/vncserver_listen", "liberty", "pike"),
        ("vnc/server_listen", "queens", "hibiscus"),
    ],
)
def test_an_option_is_written_only_in_its_releases(option: str, first: str, last: str) -> None:
    releases = [r for r in all_releases() if option in written(r.name)]
    assert (releases[0].name, releases[-1].name) == (first, last)
    assert len(releases) == releases[-1].number - releases[0].number + 1


def test_old_releases_take_the_port_with_the_host() -> None:
    assert written("havana")["vmware/host_ip"] == "vc.example.org:8443"
    assert written("juno")["vmware/host_ip"] == "vc.example.org"


def test_several_clusters_need_an_option_that_repeats() -> None:
    from dataclasses import replace

    two = replace(WANTED, cluster_names=("A", "B"))
    pairs = nova.vmware_settings(by_name("kilo"), two)
    assert [v for _, k, v in pairs if k == "cluster_name"] == ["A", "B"]
    assert ("vmware", "cluster_name", ("A", "B")) in nova.by_option(pairs)
    with pytest.raises(ValueError, match="one cluster"):
        nova.vmware_settings(by_name("liberty"), two)


def test_nova_network_by_release() -> None:
    from dataclasses import replace

    settings = replace(WANTED, nova_network=nova.NovaNetworkSettings("br100", flat_interface="eth1", multi_host=True))
    havana, newton = written("havana", settings), written("newton", settings)
    assert havana["DEFAULT/network_api_class"] == "nova.network.api.API"
    assert newton["DEFAULT/use_neutron"] == "False" and "DEFAULT/network_api_class" not in newton
    for found in (havana, newton):
        assert found["DEFAULT/flat_network_bridge"] == "br100"
        assert found["DEFAULT/multi_host"] == "True"
        assert "DEFAULT/vlan_interface" not in found
    with pytest.raises(ValueError, match="nova-network"):
        written("ussuri", settings)


@pytest.mark.parametrize(
    ("release", "option", "default"),
    [
        ("havana", "vmware/task_poll_interval", "5.0"),
        ("icehouse", "vmware/task_poll_interval", "0.5"),
        ("liberty", "vmware/integration_bridge", "br-int"),
        ("mitaka", "vmware/integration_bridge", None),
        ("newton", "DEFAULT/use_neutron", "False"),
        ("ocata", "DEFAULT/use_neutron", "True"),
        ("havana", "DEFAULT/flat_network_bridge", None),
        ("havana", "vmware/insecure", None),
    ],
)
def test_defaults_that_changed(release: str, option: str, default: str | None) -> None:
    assert nova.OPTIONS[option].default(by_name(release)) == default


def test_options_that_are_not_written_are_listed() -> None:
    names = ["wsdl_location", "cache_prefix", "datacenter"]
    assert nova.unknown_options(by_name("zed"), names) == ["wsdl_location", "datacenter"]
    assert nova.unknown_options(by_name("havana"), names) == ["cache_prefix", "datacenter"]


def test_the_password_is_not_shown() -> None:
    assert "pa$" not in repr(WANTED)


@pytest.mark.parametrize("value", ["plain", "a$b", "$", "$$", "a$$b$", "\\", "\\n", "100%", ' "x" '])
def test_escaped_values_are_read_back_by_oslo_config(value: str, tmp_path: Path) -> None:
    cfg = pytest.importorskip("oslo_config.cfg")
    assert nova.unescape(nova.escape(value)) == value
    assert not references(nova.escape(value))
    path = tmp_path / "nova.conf"
    text = ini_editor.set_values("", [("vmware", "host_password", nova.escape(value))])
    path.write_text(text + f"copy = {nova.verbatim(value)}\n", encoding="utf-8")
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt("host_password"), cfg.StrOpt("copy")], "vmware")
    conf(["--config-file", str(path)], project="nova", default_config_files=[], default_config_dirs=[])
    assert conf.vmware.host_password == value
    assert conf.vmware.copy == value


def test_a_backslash_before_a_dollar_is_refused() -> None:
    with pytest.raises(ValueError):
        nova.escape(r"a\$b")


@pytest.mark.parametrize(
    "names", [["nfs-gold"], ["a", "ab"], ["a.b", "a+b"], ["(x) [1]"], ["pay$day", "a|b"], ["mit blank"], ["ä"]]
)
def test_the_expression_matches_exactly_the_chosen_datastores(names: list[str]) -> None:
    regex = nova.datastore_regex(names)
    others = ["nfs-gold2", "xnfs-gold", "abc", "aXb", "pay", "b"]
    assert nova.regex_matches(regex, [*others, *names]) == names
    assert nova.unescape(nova.escape(regex)) == regex


def test_expressions_as_operators_write_them() -> None:
    assert nova.datastore_regex(["a", "b"]) == "^(?:a|b)$"
    assert nova.regex_matches("nfs", ["nfs-gold", "old-nfs"]) == ["nfs-gold"]
    with pytest.raises(ValueError, match="regular expression"):
        nova.regex_matches("nas*(", [])
    with pytest.raises(ValueError):
        nova.datastore_regex([])


@pytest.mark.parametrize(
    ("value", "word"), [("two\nlines", "line break"), ("two\rlines", "line break"), (r"a\$b", "backslash"), ("a$b", "")]
)
def test_what_nova_conf_cannot_hold_is_named(value: str, word: str) -> None:
    assert word in nova.cannot_hold(value) and bool(word) == bool(nova.cannot_hold(value))
