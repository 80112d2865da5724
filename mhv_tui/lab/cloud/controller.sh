#!/bin/bash
# Configures the controller of the lab's cloud: services, databases, users, catalogue, first resources. Runs once, as root, in
# a booted node that has the packages and resolves controller.lab.test. At the end, every service is stopped.
set -euo pipefail
. /opt/mhv-lab/cloud/functions.sh
cd /

openstack_units="keystone glance-api placement-api nova-api nova-conductor nova-scheduler neutron-api neutron-rpc-server"

configure() {
    options /etc/keystone/keystone.conf keystone
    options /etc/glance/glance-api.conf glance-api
    options /etc/placement/placement.conf placement
    options /etc/nova/nova.conf $nova_options nova-controller
    options /etc/neutron/neutron.conf $neutron_options neutron-controller
    options /etc/neutron/plugins/ml2/ml2_conf.ini ml2
    printf '[ml2]\nmechanism_drivers = %s,lab_dvs\n' "$driver" | python3 $lab/set_options.py /etc/neutron/plugins/ml2/ml2_conf.ini
    # These options send "Connection: close": without it, clients reuse the connection after a response without a body, and
    # the next request is reset.
    for service in keystone/keystone glance/glance-api placement/placement-api; do
        options /etc/$service-uwsgi.ini uwsgi
    done
    # nova and neutron use eventlet, which cannot wake a waiter in another thread: with several threads, a request waits
    # forever for a lock or for the message queue ("cannot switch to a different thread").
    for service in nova/nova-api neutron/neutron-api; do
        options /etc/$service-uwsgi.ini uwsgi-eventlet
    done
    cp -r /opt/mhv-lab/neutron_driver/. /usr/lib/python3/dist-packages/
    cp $lab/mariadb.cnf /etc/mysql/mariadb.conf.d/90-lab.cnf
    cp $lab/rabbitmq-env.conf /etc/rabbitmq/rabbitmq-env.conf
    cp $lab/rabbitmq.conf /etc/rabbitmq/rabbitmq.conf
}

databases() {
    systemctl restart mariadb rabbitmq-server
    for name in keystone glance placement nova nova_api nova_cell0 neutron; do
        owner=${name%%_*}
        echo "CREATE DATABASE $name CHARACTER SET utf8;"
        echo "GRANT ALL ON $name.* TO '$owner'@'127.0.0.1' IDENTIFIED BY 'lab-database';"
    done | mysql
    rabbitmqctl -q add_user openstack lab-queue
    permit_queues
    rabbitmqctl -q delete_user guest
}

permit_queues() { rabbitmqctl -q set_permissions openstack '.*' '.*' '.*'; }

as() { user=$1; shift; su -s /bin/sh "$user" -c "$*"; }

tables() {
    as keystone keystone-manage db_sync &
    as glance glance-manage db_sync &
    as placement placement-manage db sync &
    as neutron neutron-db-manage --config-file /etc/neutron/neutron.conf \
        --config-file /etc/neutron/plugins/ml2/ml2_conf.ini upgrade heads &
    as nova nova-manage api_db sync
    as nova nova-manage cell_v2 map_cell0
    as nova nova-manage cell_v2 create_cell --name=cell1
    as nova nova-manage db sync
    for job in $(jobs -p); do wait "$job"; done
}

identity() {
    keystone-manage fernet_setup --keystone-user keystone --keystone-group keystone
    keystone-manage credential_setup --keystone-user keystone --keystone-group keystone
    keystone-manage bootstrap --bootstrap-password lab-admin --bootstrap-region-id RegionOne \
        --bootstrap-admin-url http://controller.lab.test:5000/v3 \
        --bootstrap-internal-url http://controller.lab.test:5000/v3 \
        --bootstrap-public-url http://controller.lab.test:5000/v3
    systemctl start keystone
    wait_for_http 5000 90
    python3 $lab/seed.py catalogue
}

resources() {
    systemctl start $openstack_units
    for port in 9292 8778 8774 9696; do wait_for_http $port 120; done
    python3 $lab/seed.py resources
}

finish() {
    no_iscsi
    for unit in nova-conductor nova-scheduler; do
        install -m 644 -D $lab/units/wait-keystone.conf -t /etc/systemd/system/$unit.service.d
    done
    install -m 644 -D $lab/units/no-wait.conf -t /etc/systemd/system/rabbitmq-server.service.d
    install -m 644 $lab/units/lab-address.service /etc/systemd/system/
    systemctl daemon-reload
    systemctl stop $openstack_units
    # RabbitMQ 4.3 also keeps exchanges that are not durable, and with TLS the services declare durable ones.
    rabbitmqctl -q delete_vhost /
    rabbitmqctl -q add_vhost /
    permit_queues
    systemctl enable -q $openstack_units mariadb rabbitmq-server lab-address
    systemctl stop mariadb rabbitmq-server
    rm -f /var/log/{nova,neutron,keystone,glance,placement}/*.log
}

rm -f /usr/sbin/policy-rc.d
# During the build, the node does not yet have the controller's address.
sed -i 's/^[0-9.]* controller.lab.test/127.0.0.1 controller.lab.test/' /etc/hosts
for step in configure databases tables identity resources finish; do
    echo "lab: $step"
    $step
done
