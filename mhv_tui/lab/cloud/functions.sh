# Functions for the scripts of the lab's cloud; sourced inside a node, never run.

lab=/opt/mhv-lab/cloud
# What differs between releases, as variables with the names of suites.toml.
. $lab/release.sh

# options FILE NAME...: sets the options of options/NAME.ini in the configuration file of a package.
options() {
    file=$1; shift
    for name in "$@"; do
        python3 $lab/set_options.py "$file" < "$lab/options/$name.ini"
    done
}

# no_iscsi: disables iSCSI, which the lab does not use. Without iSCSI in the kernel, bullseye waits 90 s for it at each boot.
no_iscsi() {
    systemctl mask -q iscsid
}

# wait_for_http PORT SECONDS: waits until a service on localhost answers HTTP; fails after that time.
wait_for_http() {
    for _ in $(seq $(($2 * 4))); do
        curl -s -o /dev/null --max-time 5 "http://localhost:$1/" && return 0
        sleep 0.25
    done
    echo "port $1 does not answer HTTP after $2 s" >&2
    return 1
}
