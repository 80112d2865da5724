"""A STAND-IN for a VMware back end of Neutron, for the lab alone: an ML2 mechanism driver that binds ports as `dvs`.

It tells nova which port group a network stands for and does nothing else: it makes no port group, sets no VLAN and
knows no vCenter. Ports of hosts with an agent of their own it leaves to other mechanism drivers."""

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api
from oslo_config import cfg
from oslo_log import log

LOG = log.getLogger(__name__)

OPTIONS = [
    cfg.DictOpt(
        "port_groups",
        default={},
        help="Network name to port group name; a network that is not named here has a port group of its own name.",
    ),
]

VIF_TYPE = "dvs"
"""nova.network.model.VIF_TYPE_DVS; Neutron itself has no name for it."""

SEGMENTS = (constants.TYPE_FLAT, constants.TYPE_VLAN)
"""Network types that a port group on a physical switch can carry."""

AGENTS = (constants.AGENT_TYPE_LINUXBRIDGE, constants.AGENT_TYPE_OVS)


class LabDvsMechanismDriver(api.MechanismDriver):  # type: ignore[misc]
    """Binds normal ports on hosts without an agent, which in the lab are those of nova's VMware driver."""

    def initialize(self) -> None:
        """Registers the options; part of ML2's contract."""
        cfg.CONF.register_opts(OPTIONS, group="lab_dvs")
        LOG.warning("lab_dvs is a stand-in for rehearsals: it binds ports and configures no switch")

    def bind_port(self, context: api.PortContext) -> None:
        """Binds to the first segment that fits; the detail is what nova's VMware driver finds the port group by."""
        if context.current[portbindings.VNIC_TYPE] != portbindings.VNIC_NORMAL:
            return
        if any(context.host_agents(kind) for kind in AGENTS):
            return
        for segment in context.segments_to_bind:
            if segment[api.NETWORK_TYPE] in SEGMENTS:
                details = {"dvs_port_group_name": port_group(context.network.current["name"])}
                context.set_binding(segment[api.ID], VIF_TYPE, details, constants.PORT_STATUS_ACTIVE)
                return


def port_group(network: str) -> str:
    """The name of the port group that stands for a network."""
    return str(cfg.CONF.lab_dvs.port_groups.get(network, network))
