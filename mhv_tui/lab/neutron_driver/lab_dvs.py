"""A STAND-IN for a VMware back end of Neutron, only for the lab: an ML2 mechanism driver that binds ports as `dvs`.

It only reports to nova which port group belongs to a network. It creates no port group, sets no VLAN and never connects
to a vCenter. It leaves the ports of hosts with a Neutron agent to other mechanism drivers."""

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
        help="Map of network names to port group names. A network that is not in it has a port group of the same name.",
    ),
]

VIF_TYPE = "dvs"
"""The VIF type `dvs` of nova (nova.network.model.VIF_TYPE_DVS), for which Neutron has no constant."""

SEGMENTS = (constants.TYPE_FLAT, constants.TYPE_VLAN)
"""Network types that a port group on a physical switch can carry."""

AGENTS = (constants.AGENT_TYPE_LINUXBRIDGE, constants.AGENT_TYPE_OVS)


class LabDvsMechanismDriver(api.MechanismDriver):  # type: ignore[misc]
    """Binds normal ports on hosts without a Neutron agent; in the lab, those are the hosts of nova's VMware driver."""

    def initialize(self) -> None:
        """Registers the driver's options. ML2 calls this method once."""
        cfg.CONF.register_opts(OPTIONS, group="lab_dvs")
        LOG.warning("lab_dvs is a stand-in for the lab: it binds ports but configures no switch")

    def bind_port(self, context: api.PortContext) -> None:
        """Binds a port to the first flat or VLAN segment and gives nova's VMware driver the port group's name."""
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
    """Returns the name of the port group for the name of a network."""
    return str(cfg.CONF.lab_dvs.port_groups.get(network, network))
