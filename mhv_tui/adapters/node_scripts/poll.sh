# Prints three lines about a detached job: state and exit code; the package tool's status; the number of lines in its log.
# Then the lines of the log that are new, at most 500. Arguments: its id, the number of lines that the caller has already.
# State: running, ended or died.
dir=/var/lib/mhv-tui/jobs/$1
pid=$(cat "$dir/pid" 2>/dev/null)
state=died
[ -n "$pid" ] && grep -q mhv-tui "/proc/$pid/cmdline" 2>/dev/null && state=running
[ -f "$dir/rc" ] && state=ended
echo "$state $(cat "$dir/rc" 2>/dev/null)"
tail -n 1 "$dir/status" 2>/dev/null | tr -d '\n'
echo
lines=$(wc -l 2>/dev/null <"$dir/log")
echo $((lines))
[ $((lines)) -le "$2" ] || sed -n "$(($2 + 1)),$((lines))p" "$dir/log" | tail -n 500
