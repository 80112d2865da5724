# Acknowledges a finished job and prints the last lines of its log; the next start begins a new run. Arguments: its id.
dir=/var/lib/mhv-tui/jobs/$1
mv -f "$dir/rc" "$dir/rc.ack" 2>/dev/null
tail -n 40 "$dir/log" 2>/dev/null
