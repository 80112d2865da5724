# Discards a finished job after its packages were removed, so that its name can be reused. Arguments: its id.
dir=/var/lib/mhv-tui/jobs/$1
[ ! -f "$dir/rc" ] || mv -f "$dir/rc" "$dir/rc.ack"
[ ! -d "$dir" ] || : >"$dir/unpacked"
rm -f "$dir/began"
