# Prints the last lines of a unit's journal and of its log under /var/log/nova. Arguments: unit, number of lines.
journalctl -q --no-pager -o short-iso -n "$2" -u "$1" 2>/dev/null
name=${1%.service}
log=/var/log/nova/${name#openstack-}.log
[ ! -f "$log" ] || tail -n "$2" "$log"
