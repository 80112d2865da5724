"""The matrix of the page `network`: per host the port group, its VLAN and switch, and the uplinks."""

from __future__ import annotations

from collections.abc import Sequence

from mhv_tui.core import vsphere
from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import (
    Matrix,
    MatrixCell,
    MatrixColumn,
    MatrixRow,
    Problems,
    judged,
    natural,
    problems_of,
    short_names,
)
from mhv_tui.steps.network.checks import hosts_without_uplink
from mhv_tui.steps.network.facts import (
    NetworkView,
    chosen_dvs,
    distributed_port_group,
    standard_port_groups,
)

STANDARD = ("port group", "VLAN", "switch", "uplinks", "MTU")
DISTRIBUTED = ("switch", "port group", "VLAN", "binding")


def matrix(view: NetworkView, findings: Sequence[Finding]) -> Matrix | None:
    """Returns the hosts × port group, VLAN, switch and uplinks. None if no port group is named or there is no host."""
    name, problems = view.answers.port_group, problems_of(findings)
    if any(f.stops for f in findings):  # the plan is not known, so no cell says that something is planned
        problems = {key: f for key, f in problems.items() if f.level != "missing"}
    hosts = sorted(view.facts.hosts, key=lambda host: natural(host.name))
    if not name or not hosts:
        return None
    names = short_names([host.name for host in hosts])
    is_standard = view.answers.kind == "standard"
    cells = standard_cells if is_standard else distributed_cells
    rows = [MatrixRow(short, cells(view, host, problems)) for host, short in zip(hosts, names, strict=True)]
    columns = STANDARD if is_standard else DISTRIBUTED
    return Matrix(f"Hosts × port group {name}", "host", tuple(map(MatrixColumn, columns)), tuple(rows))


def standard_cells(view: NetworkView, host: vsphere.Host, problems: Problems) -> tuple[MatrixCell, ...]:
    """Returns the cells of a host with a standard switch, for the columns STANDARD."""
    port_group = standard_port_groups(view).get(host.name)
    name = port_group.switch if port_group else view.answers.switch
    switch = next((s for s in host.switches if s.name == name), None)
    return (
        _port_group(view, host, problems),
        _vlan(view, host, port_group, problems),
        _switch(view, host, port_group, switch, problems),
        _uplinks(view, host, switch, problems),
        _mtu(view, host, switch, problems),
    )


def _port_group(view: NetworkView, host: vsphere.Host, problems: Problems) -> MatrixCell:
    name = view.answers.port_group
    if host.name in standard_port_groups(view):
        return MatrixCell("exists", f"{name} exists on {host.name}")
    finding = problems.get(("NW03", name))
    if host.state != "connected":
        return judged("not known", f"{host.name} is not connected, so its port groups are not known", finding)
    sentence = f"{name} does not exist on {host.name} yet"
    if finding is None:
        return MatrixCell("missing", sentence, "skipped")
    return judged("planned" if finding.level == "missing" and view.answers.manage else "missing", sentence, finding)


def _vlan(
    view: NetworkView, host: vsphere.Host, port_group: vsphere.HostPortGroup | None, problems: Problems
) -> MatrixCell:
    answers, name = view.answers, view.answers.port_group
    if port_group is None:
        planned = problems.get(("NW03", name)) if host.state == "connected" and answers.manage else None
        word, sentence = str(answers.vlan_id), f"{name} on {host.name} will have VLAN {answers.vlan_id}"
        return (
            judged(word, sentence, planned)
            if planned
            else MatrixCell("–", f"{host.name} does not have {name}", "skipped")
        )
    sentence = f"{name} on {host.name} has VLAN {port_group.vlan_id}"
    if port_group.vlan_id == answers.vlan_id:
        return MatrixCell(str(port_group.vlan_id), sentence)
    finding = problems.get(("NW07", name)) or problems.get(("NW17", host.name))
    return judged(str(port_group.vlan_id), f"{sentence}, not {answers.vlan_id}", finding)


def _switch(
    view: NetworkView,
    host: vsphere.Host,
    port_group: vsphere.HostPortGroup | None,
    switch: vsphere.Switch | None,
    problems: Problems,
) -> MatrixCell:
    answer = view.answers.switch
    if port_group and port_group.switch != answer:
        sentence = f"{port_group.name} on {host.name} is on the switch {port_group.switch}, not on {answer}"
        return judged(port_group.switch, sentence, problems.get(("NW17", host.name)))
    if switch:
        return MatrixCell(switch.name, f"{host.name} has the switch {switch.name}")
    if host.state != "connected":
        return MatrixCell("–", f"{host.name} is not connected, so its switches are not known", "skipped")
    return judged(f"no {answer}", f"{host.name} has no switch {answer}", problems.get(("NW09", answer)))


def _uplinks(view: NetworkView, host: vsphere.Host, switch: vsphere.Switch | None, problems: Problems) -> MatrixCell:
    if switch is None:
        return MatrixCell("–", f"the uplinks of {host.name} are not known", "skipped")
    speeds = {nic.name: nic.link_mbit for nic in host.nics}
    word = ", ".join(f"{pnic} {_speed(speeds[pnic])}" if pnic in speeds else pnic for pnic in switch.pnics) or "none"
    finding = problems.get(("NW15", switch.name)) if host.name in hosts_without_uplink(view) else None
    return judged(word, f"the uplinks of {switch.name} on {host.name}: {word}", finding)


def _speed(mbit: int | None) -> str:
    if not mbit:
        return "down"
    return f"{mbit // 1000}G" if mbit % 1000 == 0 else f"{mbit}M"


def _mtu(view: NetworkView, host: vsphere.Host, switch: vsphere.Switch | None, problems: Problems) -> MatrixCell:
    if switch is None:
        return MatrixCell("–", f"the MTU on {host.name} is not known", "skipped")
    sentence = f"the MTU of {switch.name} on {host.name} is {switch.mtu}"
    return judged(str(switch.mtu), sentence, problems.get(("NW12", switch.name)))


def distributed_cells(view: NetworkView, host: vsphere.Host, problems: Problems) -> tuple[MatrixCell, ...]:
    """Returns the cells of a host with a distributed switch, for the columns DISTRIBUTED."""
    dvs, network, name = chosen_dvs(view), distributed_port_group(view), view.answers.port_group
    if dvs is None:
        missing = judged("none", "no distributed switch is chosen", problems.get(("NW09", view.answers.dvs)))
        blank = MatrixCell("–", "this is not known without a distributed switch", "skipped")
        return (missing, blank, blank, blank)
    if host.id in dvs.host_ids:
        switch = MatrixCell(dvs.name, f"{host.name} is on {dvs.name}")
    else:
        switch = judged(f"not on {dvs.name}", f"{host.name} is not on {dvs.name}", problems.get(("NW06", dvs.name)))
    if network is None:
        return (switch, *_planned(view, problems))
    vlan = "trunk" if network.trunk else "not known" if network.vlan_id is None else str(network.vlan_id)
    wrong_vlan = problems.get(("NW17", dvs.name)) or problems.get(("NW17", name))
    standard = problems.get(("NW17", host.name))
    exists = judged("standard too", f"{host.name} also has a standard port group {name}", standard)
    return (
        switch,
        exists if standard else MatrixCell("exists", f"{name} exists on {dvs.name}"),
        judged(vlan, f"the VLAN of {name} on {dvs.name}: {vlan}", wrong_vlan),
        judged(network.binding or "not known", f"{name} has {network.binding} binding", problems.get(("NW05", name))),
    )


def _planned(view: NetworkView, problems: Problems) -> tuple[MatrixCell, MatrixCell, MatrixCell]:
    """Returns the cells for a distributed port group that does not exist yet."""
    name, finding = view.answers.port_group, problems.get(("NW03", view.answers.port_group))
    blank = MatrixCell("–", f"{name} does not exist yet", "skipped")
    if finding is None:
        return MatrixCell("missing", f"{name} does not exist", "skipped"), blank, blank
    if finding.level != "missing" or not view.answers.manage:
        return judged("missing", f"{name} does not exist", finding), blank, blank
    vlan = str(view.answers.vlan_id)
    return (
        judged("planned", f"{name} does not exist yet; the plan creates it", finding),
        judged(vlan, f"{name} will have VLAN {vlan}", finding),
        judged("ephemeral", f"{name} will have ephemeral binding", finding),
    )
