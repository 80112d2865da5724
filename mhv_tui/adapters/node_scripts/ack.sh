# The end of a job has been heard: the next start is a new one. Arguments: its id. Answers the last lines of its log.
dir=/var/lib/mhv-tui/jobs/$1
mv -f "$dir/rc" "$dir/rc.ack" 2>/dev/null
tail -n 40 "$dir/log" 2>/dev/null
