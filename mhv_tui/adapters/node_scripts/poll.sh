# Prints three lines about a detached job: state and exit code; the package tool's status; the last line of the log.
# Arguments: its id. State: running, ended or died.
dir=/var/lib/mhv-tui/jobs/$1
pid=$(cat "$dir/pid" 2>/dev/null)
state=died
[ -n "$pid" ] && grep -q mhv-tui "/proc/$pid/cmdline" 2>/dev/null && state=running
[ -f "$dir/rc" ] && state=ended
echo "$state $(cat "$dir/rc" 2>/dev/null)"
tail -n 1 "$dir/status" 2>/dev/null | tr -d '\n'
echo
tail -n 1 "$dir/log" 2>/dev/null | tr -d '\n' | tr '\r' '\n' | tail -n 1
