# Starts a detached job, unless it is running or its end is not acknowledged yet. Arguments: the job's id, the script
# unpacked.sh, the verb, packages. Standard input is the job's script. Prints: running | ended | started.
id=$1 list_unpacked=$2 dir=/var/lib/mhv-tui/jobs/$1
shift 2
umask 022
mkdir -p "$dir" || exit 1
pid=$(cat "$dir/pid" 2>/dev/null)
# A refresh that ended unacknowledged may be days old, so a new one is started.
if [ -f "$dir/rc" ] && [ "$1" = refresh ] && ! grep -q mhv-tui "/proc/$pid/cmdline" 2>/dev/null; then rm -f "$dir/rc"; fi
if [ -f "$dir/rc" ]; then
    echo ended
    exit
fi
if [ -n "$pid" ] && grep -q mhv-tui "/proc/$pid/cmdline" 2>/dev/null; then
    echo running
    exit
fi
# Records the packages of earlier runs before their log is deleted: its mtime shows when the last run ended.
if [ "$1" = install ] && { [ ! -e "$dir/unpacked" ] || [ -e "$dir/began" ]; }; then
    sh -c "$list_unpacked" mhv-tui "$id" >"$dir/unpacked.new" && mv -f "$dir/unpacked.new" "$dir/unpacked" || exit 1
    rm -f "$dir/began"
fi
rm -f "$dir/rc.ack" "$dir/pid" "$dir/status" "$dir/log"
cat >"$dir/script" || exit 1
# A systemd unit survives the login session if logind kills its processes; without systemd, setsid must do.
if ! { [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1 &&
    systemd-run --quiet --collect --unit="mhv-tui-$id-$$" sh "$dir/script" "$dir" "$@" </dev/null 2>/dev/null; }; then
    setsid sh "$dir/script" "$dir" "$@" </dev/null >/dev/null 2>&1 &
fi
tries=0
while [ ! -s "$dir/pid" ] && [ $tries -lt 200 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
echo started
