#!/bin/bash
# Writes this node's address into the configuration, because all labs share the node's root. Runs at each boot, before OpenStack.
set -euo pipefail
. /opt/mhv-lab/cloud/functions.sh

own=$(ip -4 -o address show dev host0 scope global | awk '{ sub("/.*", "", $4); print $4; exit }')
[ -n "$own" ]
if [ -e /etc/keystone/keystone.conf ]; then
    prefix=http://$own:
    if [ -e /etc/haproxy/lab-cloud.pem ]; then
        prefix=https://$own:1
        mysql nova_api -e "UPDATE cell_mappings SET transport_url = REPLACE(transport_url, ':5672/', ':5671/')"
    fi
    mysql keystone -e "UPDATE endpoint SET url = REGEXP_REPLACE(url, '^https?://[^:/]+:1?(\\\\d{4})', '$prefix\\\\1')"
fi
if [ -e /etc/nova/nova-compute.conf ]; then
    printf '[DEFAULT]\nmy_ip = %s\n' "$own" | python3 $lab/set_options.py /etc/nova/nova.conf
    printf '[%s]\nlocal_ip = %s\n' "$tunnel_section" "$own" | python3 $lab/set_options.py "$settings"
    $bridge_command
fi
