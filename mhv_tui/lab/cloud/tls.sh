#!/bin/bash
# Configures a node of the cloud for https before its first boot. Runs as root in the node's mounted root, which has the packages; that
# of the controller also has tls.pem, a certificate and its key. Each service keeps its http port; https has this port with a 1 before it.
set -euo pipefail
. /opt/mhv-lab/cloud/functions.sh
cd /

# use_https FILE NAME...: lets a service use https for Keystone and TLS for the message queue; sets the options as `options` does.
use_https() {
    sed -i 's,http://controller.lab.test:5000,https://controller.lab.test:15000,; s,@controller.lab.test:5672/,@controller.lab.test:5671/,' "$1"
    options "$@"
}

# The proxy in front of the services, as on a controller of a real cloud. It tells them that their clients use https.
proxy() {
    install -m 600 /opt/mhv-lab/tls.pem /etc/haproxy/lab-cloud.pem
    cp $lab/haproxy.cfg /etc/haproxy/haproxy.cfg
    for port in 5000 9292 8778 8774 9696; do
        echo "listen port-$port"
        echo "    bind :1$port ssl crt /etc/haproxy/lab-cloud.pem"
        echo "    http-request set-header X-Forwarded-Proto https"
        echo "    server local 127.0.0.1:$port"
    done >> /etc/haproxy/haproxy.cfg
    systemctl enable -q haproxy
}

queue() {
    install -m 640 -g rabbitmq /opt/mhv-lab/tls.pem /etc/rabbitmq/lab-cloud.pem
    cat $lab/rabbitmq-tls.conf >> /etc/rabbitmq/rabbitmq.conf
}

use_https /etc/nova/nova.conf tls-nova tls-queue
use_https /etc/neutron/neutron.conf tls-neutron tls-queue
if [ -e /etc/keystone/keystone.conf ]; then
    use_https /etc/glance/glance-api.conf tls-authtoken
    use_https /etc/placement/placement.conf tls-authtoken
    for file in keystone/keystone glance/glance-api placement/placement nova/nova neutron/neutron; do
        options /etc/$file.conf tls-proxy
    done
    proxy
    queue
    rm /opt/mhv-lab/tls.pem
fi
