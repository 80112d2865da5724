# What a job installed has been taken back: the next job of that name is a new one. Arguments: its id.
dir=/var/lib/mhv-tui/jobs/$1
[ ! -f "$dir/rc" ] || mv -f "$dir/rc" "$dir/rc.ack"
[ ! -d "$dir" ] || : >"$dir/unpacked"
rm -f "$dir/began"
