#!/bin/bash
# Configures the QEMU compute node of the lab's cloud without starting services. Runs once, as root, in a root with the
# packages. Settings that depend on the lab's addresses are written at each boot by address.sh.
set -euo pipefail
. /opt/mhv-lab/cloud/functions.sh
cd /

options /etc/nova/nova.conf $nova_options nova-compute
options /etc/neutron/neutron.conf $neutron_options
options /etc/neutron/plugins/ml2/ml2_conf.ini ml2
options "$settings" "$settings_options"
# A container has no writable cgroup v1 controllers.
sed -i 's/^#\?cgroup_controllers = .*/cgroup_controllers = [ ]/; t; $a cgroup_controllers = [ ]' /etc/libvirt/qemu.conf
install -m 644 $lab/units/phys0.netdev $lab/units/phys0.network -t /etc/systemd/network/
install -m 644 $lab/units/lab-address.service /etc/systemd/system/
no_iscsi
rm -f /usr/sbin/policy-rc.d
systemctl enable -q nova-compute $agent libvirtd lab-address
